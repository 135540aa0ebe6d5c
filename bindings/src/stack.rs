//! The stack, after secrets were computed on it.

use zeroize::zeroize_stack;

/// How much of the stack is overwritten: four times what the deepest call was measured to use.
const STACK_BYTES: usize = 16 * 1024;

/// The same for calls that need little: four times what drawing random bytes or hashing a share uses.
const LITTLE_STACK_BYTES: usize = 4 * 1024;

/// Does the work of one crossing, and then overwrites the stack that it used.
///
/// What the crates hold is zeroed by themselves. But values are moved on the stack, and what the
/// libraries below keep there for themselves (the pseudo-random key of HKDF, copies of a cipher's key and
/// of a generator's key) they do not zero, so that it would stay until other calls happen to
/// reach as deep.
pub(crate) fn with_stack_overwritten<T>(work: impl FnOnce() -> T) -> T {
    let result = below(work);
    // Its frame begins where that of `below` began.
    zeroize_stack::<STACK_BYTES>();
    result
}

/// [`with_stack_overwritten`] for work that only draws random bytes or hashes a share, besides what
/// `trust-quorum-shamir` does, which overwrites its part of the stack itself.
pub(crate) fn with_small_stack_overwritten<T>(work: impl FnOnce() -> T) -> T {
    let result = below(work);
    zeroize_stack::<LITTLE_STACK_BYTES>();
    result
}

/// Keeps the frames of the work apart from the caller's, which is not overwritten.
#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    work()
}

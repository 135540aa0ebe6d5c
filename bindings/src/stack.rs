//! The stack, after secrets were computed on it.

use zeroize::Zeroize;

/// How much of the stack is overwritten: four times what the deepest call was measured to use.
const STACK_BYTES: usize = 16 * 1024;

/// Does the work of one crossing, and then overwrites the stack that it used.
///
/// What the crates hold is zeroed by themselves. But values are moved on the stack, and what the
/// libraries below keep there for themselves (the pseudo-random key of HKDF, copies of a cipher's key and
/// of a generator's seed) they do not zero, so that it would stay until other calls happen to
/// reach as deep.
pub(crate) fn overwritten_after<T>(work: impl FnOnce() -> T) -> T {
    let result = below(work);
    overwrite();
    result
}

/// Keeps the frames of the work apart from the caller's, which is not overwritten.
#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Begins where the frame of [`below`] began.
#[inline(never)]
fn overwrite() {
    let mut frame = [0u8; STACK_BYTES];
    frame.as_mut_slice().zeroize();
}

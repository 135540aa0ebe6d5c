//! Shamir's secret sharing over GF(2⁸), in constant time.
//!
//! A secret of any length is split byte by byte: each byte is the constant term of its own random
//! polynomial of degree `k - 1`, and share `x` holds the values of all those polynomials at `x`.
//! Any `k` shares give the secret back; fewer say nothing about it (Adi Shamir, *How to share a
//! secret*, Communications of the ACM 22(11), 1979).
//!
//! # Field
//!
//! GF(2)\[x\] / (x⁸ + x⁴ + x³ + x + 1), the field of AES. Addition is XOR.
//!
//! # Shares
//!
//! A share is the flat byte string `x || y[0] || y[1] …`: one byte of x-coordinate, `1..=255`, then
//! one byte for each byte of the secret. Several shares lie one after the other in one buffer, all
//! of the same length, `share_len` (one more than the secret has bytes). They are flat so that a
//! caller can place them in memory that it controls and wipes.
//!
//! # What is secret
//!
//! The secret, the coefficients and the y bytes are: no branch, no memory index and no
//! variable-time instruction depends on them. The x-coordinates, the lengths and the number of
//! shares are public. Whatever this crate allocates for secrets is zeroed before it is freed, and so
//! is the part of the stack that it used for them; the caller answers for the buffers that it passes
//! in.
//!
//! # Kernels
//!
//! The arithmetic on secrets exists for several instruction sets: `gfni` (with AVX2), `avx2` and
//! `ssse3` on `x86_64`, `neon` on `aarch64`, and `portable`. All give the same bytes, in constant
//! time; the fastest one that the processor has is chosen when it is first needed. For tests, the
//! environment variable `TRUST_QUORUM_KERNEL` chooses another one by that name. If the name is
//! unknown, or the processor lacks the instructions, every operation is refused with a
//! [`KernelError`]: a test never runs on another kernel than it asked for. [`kernel_name`] tells
//! which one is used.
//!
//! # What it does not do
//!
//! Shares are not authenticated. A changed share, or fewer shares than the threshold, combine
//! without an error into something else; a caller who must notice keeps a digest of each share, as
//! `trust-quorum-rack-secret` does.
//!
//! # Example
//!
//! ```
//! use chacha20::{ChaCha20Rng, rand_core::SeedableRng};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let seed_from_the_operating_system = [7; 32];
//! let mut rng = ChaCha20Rng::from_seed(seed_from_the_operating_system);
//! let secret = b"correct horse";
//!
//! let shares = trust_quorum_shamir::split(secret, 5, 3, &mut rng)?;
//! let share_len = 1 + secret.len();
//! let any_three = &shares[share_len..4 * share_len];
//!
//! let combined = trust_quorum_shamir::combine(any_three, share_len)?;
//! assert_eq!(*combined, secret);
//! # Ok(())
//! # }
//! ```

mod error;
mod field;
mod kernel;

use std::mem;

use rand_core::CryptoRng;
use zeroize::{Zeroizing, zeroize_bytes};

pub use crate::error::{CombineError, KernelError, SplitError};
use crate::kernel::Kernel;

/// There are as many x-coordinates as field elements other than 0.
const SHARES_MAX: usize = 255;

/// How many columns (bytes of the secret) are split at a time, so that the coefficients of a long
/// secret take at most `254 * SPLIT_COLUMNS_MAX` bytes of memory, and mostly stay in the cache.
const SPLIT_COLUMNS_MAX: usize = 1024;

/// Up to how many bytes the coefficients are on the stack: more than a secret of 32 bytes needs
/// whose threshold is at most 32.
const STACK_BYTES_MAX: usize = 1024;

/// The name of the kernel that this process uses: `gfni`, `avx2`, `ssse3`, `neon` or `portable`.
///
/// # Errors
///
/// See [`KernelError`].
///
/// # Example
///
/// ```
/// println!("splitting with {}", trust_quorum_shamir::kernel_name()?);
/// # Ok::<(), trust_quorum_shamir::KernelError>(())
/// ```
pub fn kernel_name() -> Result<&'static str, KernelError> {
    Kernel::chosen().map(Kernel::name)
}

/// Splits `secret` into `n` shares, any `k` of which combine to it, and writes them to `out`.
///
/// Share `i` (`1..=n`) has the x-coordinate `i` and lies at `out[(i - 1) * (1 + secret.len())..]`.
/// All coefficients but the constant terms are drawn from `rng`, uniformly, and the leading one may
/// be zero: a leading coefficient that cannot be zero would tell the holders of `k - 1` shares of
/// one value that the secret is not. They are drawn in a basis of the polynomials in which
/// evaluation is fast, instead of 1, x, x² …; all polynomials through the secret are equally likely
/// all the same.
///
/// # Errors
///
/// See [`SplitError`]. On an error nothing is written to `out`.
///
/// # Example
///
/// ```
/// # use chacha20::{ChaCha20Rng, rand_core::SeedableRng};
/// # let mut rng = ChaCha20Rng::from_seed([7; 32]);
/// let secret = [0x5a; 32];
/// let mut shares = [0; 3 * 33];
/// trust_quorum_shamir::split_into(&secret, 3, 2, &mut rng, &mut shares)?;
/// assert_eq!([shares[0], shares[33], shares[66]], [1, 2, 3]);
/// # Ok::<(), trust_quorum_shamir::SplitError>(())
/// ```
pub fn split_into(
    secret: &[u8],
    n: u8,
    k: u8,
    rng: &mut (impl CryptoRng + ?Sized),
    out: &mut [u8],
) -> Result<(), SplitError> {
    if k >= 2 && n >= k && usize::from(n).checked_mul(1 + secret.len()) != Some(out.len()) {
        return Err(if secret.is_empty() {
            SplitError::EmptySecret
        } else {
            SplitError::OutputLength
        });
    }
    split_columns_into(secret, 0, n, k, rng, out)
}

/// Splits the bytes of a long secret from `at` on, and writes what belongs to them to `out`, which
/// has room for all `n` shares of the whole secret: so a secret can be split piece by piece.
///
/// # Errors
///
/// See [`SplitError`]; [`SplitError::OutputLength`] if the shares in `out` have no such columns. On an
/// error nothing is written to `out`.
///
/// # Example
///
/// ```
/// # use chacha20::{ChaCha20Rng, rand_core::SeedableRng};
/// # let mut rng = ChaCha20Rng::from_seed([7; 32]);
/// let mut shares = [0; 3 * 5];
/// trust_quorum_shamir::split_columns_into(b"se", 0, 3, 2, &mut rng, &mut shares)?;
/// trust_quorum_shamir::split_columns_into(b"am", 2, 3, 2, &mut rng, &mut shares)?;
/// assert_eq!(*trust_quorum_shamir::combine(&shares[5..], 5)?, *b"seam");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn split_columns_into(
    columns: &[u8],
    at: usize,
    n: u8,
    k: u8,
    rng: &mut (impl CryptoRng + ?Sized),
    out: &mut [u8],
) -> Result<(), SplitError> {
    if k < 2 {
        return Err(SplitError::ThresholdTooSmall);
    }
    if n < k {
        return Err(SplitError::FewerSharesThanThreshold);
    }
    if columns.is_empty() {
        return Err(SplitError::EmptySecret);
    }
    let share_len = out.len() / usize::from(n);
    let end = at.checked_add(1 + columns.len());
    if !out.len().is_multiple_of(usize::from(n)) || end.is_none_or(|end| end > share_len) {
        return Err(SplitError::OutputLength);
    }

    let kernel = Kernel::chosen()?;

    let rows = usize::from(k) - 1;
    let bytes = rows * columns.len().min(SPLIT_COLUMNS_MAX);
    let (mut on_stack, mut on_heap) = ([0; STACK_BYTES_MAX], Vec::new());
    let coefficients = Wiped(if bytes <= STACK_BYTES_MAX {
        &mut on_stack[..bytes]
    } else {
        on_heap.resize(bytes, 0);
        &mut on_heap
    });
    let mut x = 0;
    for share in out.chunks_exact_mut(share_len) {
        x += 1;
        share[0] = x;
    }
    for (block, columns) in columns.chunks(SPLIT_COLUMNS_MAX).enumerate() {
        let coefficients = &mut coefficients.0[..rows * columns.len()];
        rng.fill_bytes(coefficients);
        let out = &mut out[1 + at + block * SPLIT_COLUMNS_MAX..];
        kernel.evaluate(columns, coefficients, n, out, share_len);
    }
    Ok(())
}

/// Combines *all* the given shares into the secret (the value at 0 of the polynomials through them)
/// and writes it to `out`, which has `share_len - 1` bytes.
///
/// Fewer shares than the threshold that the secret was split with combine to something else,
/// without an error.
///
/// # Errors
///
/// See [`CombineError`]. On an error nothing is written to `out`.
///
/// # Example
///
/// ```
/// // The constant polynomial 0x2a through two points.
/// let mut secret = [0];
/// trust_quorum_shamir::combine_into(&[1, 0x2a, 2, 0x2a], 2, &mut secret)?;
/// assert_eq!(secret, [0x2a]);
/// # Ok::<(), trust_quorum_shamir::CombineError>(())
/// ```
pub fn combine_into(shares: &[u8], share_len: usize, out: &mut [u8]) -> Result<(), CombineError> {
    let mut xs = [0; SHARES_MAX];
    let xs = x_coordinates(shares, share_len, &mut xs)?;
    if out.len() != share_len - 1 {
        return Err(CombineError::OutputLength);
    }
    interpolate(Kernel::chosen()?, shares, share_len, xs, 0, out);
    Ok(())
}

/// Computes the share at `x` from *all* the given shares and writes it, x-coordinate included, to
/// `out`, which has `share_len` bytes.
///
/// At the x-coordinate of a given share it is that share.
///
/// # Errors
///
/// See [`CombineError`]. On an error nothing is written to `out`.
///
/// # Example
///
/// ```
/// let mut share = [0; 2];
/// trust_quorum_shamir::compute_share_into(&[1, 0x2a, 2, 0x2a], 2, 9, &mut share)?;
/// assert_eq!(share, [9, 0x2a]);
/// # Ok::<(), trust_quorum_shamir::CombineError>(())
/// ```
pub fn compute_share_into(
    shares: &[u8],
    share_len: usize,
    x: u8,
    out: &mut [u8],
) -> Result<(), CombineError> {
    let mut xs = [0; SHARES_MAX];
    let xs = x_coordinates(shares, share_len, &mut xs)?;
    if x == 0 {
        return Err(CombineError::InvalidShareId);
    }
    if out.len() != share_len {
        return Err(CombineError::OutputLength);
    }
    let kernel = Kernel::chosen()?;
    out[0] = x;
    interpolate(kernel, shares, share_len, xs, x, &mut out[1..]);
    Ok(())
}

/// [`split_into`] a buffer of its own, which is zeroed when dropped.
///
/// # Errors
///
/// See [`SplitError`].
pub fn split(
    secret: &[u8],
    n: u8,
    k: u8,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Zeroizing<Vec<u8>>, SplitError> {
    let len = usize::from(n).checked_mul(1 + secret.len()).ok_or(SplitError::OutputLength)?;
    let mut out = Zeroizing::new(vec![0; len]);
    split_into(secret, n, k, rng, &mut out)?;
    Ok(out)
}

/// [`combine_into`] a buffer of its own, which is zeroed when dropped.
///
/// # Errors
///
/// See [`CombineError`].
pub fn combine(shares: &[u8], share_len: usize) -> Result<Zeroizing<Vec<u8>>, CombineError> {
    x_coordinates(shares, share_len, &mut [0; SHARES_MAX])?;
    let mut out = Zeroizing::new(vec![0; share_len - 1]);
    combine_into(shares, share_len, &mut out)?;
    Ok(out)
}

/// [`compute_share_into`] a buffer of its own, which is zeroed when dropped.
///
/// # Errors
///
/// See [`CombineError`].
pub fn compute_share(
    shares: &[u8],
    share_len: usize,
    x: u8,
) -> Result<Zeroizing<Vec<u8>>, CombineError> {
    x_coordinates(shares, share_len, &mut [0; SHARES_MAX])?;
    let mut out = Zeroizing::new(vec![0; share_len]);
    compute_share_into(shares, share_len, x, &mut out)?;
    Ok(out)
}

/// The x-coordinates of shares that can be interpolated: at least two, of one length, none 0 and
/// none twice. They are written to the given place.
fn x_coordinates<'a>(
    shares: &[u8],
    share_len: usize,
    xs: &'a mut [u8; SHARES_MAX],
) -> Result<&'a [u8], CombineError> {
    if share_len < 2 || !shares.len().is_multiple_of(share_len) {
        return Err(CombineError::InvalidShareLengths);
    }
    if shares.len() / share_len < 2 {
        return Err(CombineError::TooFewShares);
    }
    let mut seen = [false; 256];
    let mut count = 0;
    for share in shares.chunks_exact(share_len) {
        let x = share[0];
        if x == 0 {
            return Err(CombineError::InvalidShareId);
        }
        if mem::replace(&mut seen[usize::from(x)], true) {
            return Err(CombineError::DuplicateXCoordinates);
        }
        // There are 255 different x-coordinates, so that this never is out of bounds.
        xs[count] = x;
        count += 1;
    }
    Ok(&xs[..count])
}

/// The value at `x` of the polynomials through the shares, whose x-coordinates are `xs`.
fn interpolate(kernel: Kernel, shares: &[u8], share_len: usize, xs: &[u8], x: u8, out: &mut [u8]) {
    let mut weights = [0; SHARES_MAX];
    let weights = &mut weights[..xs.len()];
    field::lagrange_weights(xs, x, weights);
    kernel.combine(out, &shares[1..], share_len, weights);
}

/// Zeroes what it borrows when it is dropped.
struct Wiped<'a>(&'a mut [u8]);

impl Drop for Wiped<'_> {
    fn drop(&mut self) {
        zeroize_bytes(self.0);
    }
}

//! The secret sharing of LRTQ, the "low-rent trust quorum" of the bootstore.
//!
//! LRTQ shares one scalar of Curve25519 with Shamir's scheme over the field of those scalars, the
//! integers modulo 2²⁵² + 27742317777372353535851937790883648493. This crate reads what an LRTQ
//! rack holds, so that its secret is carried over when the rack is upgraded: it combines shares,
//! digests them, and opens the packages of spare shares. Splitting and sealing are here to test
//! that.
//!
//! # Shares
//!
//! A share is [`SHARE_BYTES`] long: its identifier, `1..=255`, which is the x-coordinate, then the
//! y-coordinate as 32 bytes, little-endian and canonical (below the order). Several shares lie one
//! after the other in one buffer. The secret is the canonical encoding of a scalar too.
//!
//! # Packages of spare shares
//!
//! Every rack has 255 shares, whatever its size, so that a sled can be added later. Each sled got
//! `255 / n` of them, the first in the clear and the others encrypted: ChaCha20-Poly1305 under
//! HKDF-SHA3-256(salt, ikm = secret, info = `trust-quorum-v0-key-shares-` || rack id), no
//! associated data, the plaintext being the shares one after the other (RFC 8439, RFC 5869, FIPS
//! 202).
//!
//! # What is secret
//!
//! The secret, the coefficients, the y-coordinates and what is opened: no branch, no memory index
//! and no variable-time instruction depends on them, except that a value which is refused shows
//! that it was. What this crate allocates for them is zeroed before it is freed.

mod error;
mod spare;

use curve25519_dalek::scalar::Scalar;
use rand_core::CryptoRng;
use sha3::{Digest, Sha3_256};
use zeroize::Zeroizing;

pub use crate::error::LrtqError;
pub use crate::spare::{
    NONCE_BYTES, RACK_ID_BYTES, SALT_BYTES, open_spare_shares, seal_spare_shares,
};

/// The length of a share: its identifier and its y-coordinate.
pub const SHARE_BYTES: usize = 1 + SECRET_BYTES;

/// The length of a secret, and of any scalar.
pub const SECRET_BYTES: usize = 32;

/// The length of a share's digest.
pub const DIGEST_BYTES: usize = 32;

/// Splits `secret` into `n` shares, any `k` of which combine to it, and writes them to `out`, which
/// has `n * SHARE_BYTES` bytes. Share `i` (`1..=n`) has the identifier `i`.
///
/// All coefficients but the constant term are drawn from `rng`, uniformly; the leading one may be
/// 0.
///
/// # Errors
///
/// [`LrtqError::ThresholdTooSmall`] if `k < 2`, [`LrtqError::FewerSharesThanThreshold`] if `n < k`,
/// [`LrtqError::OutputLength`], and [`LrtqError::NonCanonicalScalar`] if the secret is not a
/// scalar's canonical encoding. On an error nothing is written to `out`.
///
/// # Example
///
/// ```
/// use chacha20::{ChaCha20Rng, rand_core::SeedableRng};
/// use trust_quorum_lrtq::{SHARE_BYTES, combine, split_into};
///
/// # let seed_from_the_operating_system = [7; 32];
/// let mut rng = ChaCha20Rng::from_seed(seed_from_the_operating_system);
/// let secret = [1; 32];
/// let mut shares = [0; 5 * SHARE_BYTES];
/// split_into(&secret, 5, 3, &mut rng, &mut shares)?;
/// assert_eq!(*combine(&shares[SHARE_BYTES..4 * SHARE_BYTES])?, secret);
/// # Ok::<(), trust_quorum_lrtq::LrtqError>(())
/// ```
pub fn split_into(
    secret: &[u8; SECRET_BYTES],
    n: u8,
    k: u8,
    rng: &mut (impl CryptoRng + ?Sized),
    out: &mut [u8],
) -> Result<(), LrtqError> {
    if k < 2 {
        return Err(LrtqError::ThresholdTooSmall);
    }
    if n < k {
        return Err(LrtqError::FewerSharesThanThreshold);
    }
    if out.len() != usize::from(n) * SHARE_BYTES {
        return Err(LrtqError::OutputLength);
    }

    let constant = scalar(secret)?;
    let mut coefficients = Zeroizing::new(Vec::with_capacity(usize::from(k) - 1));
    // Twice as many bits as a scalar has, reduced, are uniform to within 2^-256.
    let mut wide = Zeroizing::new([0; 64]);
    for _ in 1..k {
        rng.fill_bytes(&mut *wide);
        coefficients.push(Scalar::from_bytes_mod_order_wide(&wide));
    }

    for (id, share) in (1..=n).zip(out.chunks_exact_mut(SHARE_BYTES)) {
        let x = Scalar::from(id);
        let mut y = Zeroizing::new(Scalar::ZERO);
        for coefficient in coefficients.iter().rev() {
            *y = (*y + coefficient) * x;
        }
        *y += *constant;
        share[0] = id;
        share[1..].copy_from_slice(y.as_bytes());
    }
    Ok(())
}

/// Combines *all* the given shares, [`SHARE_BYTES`] each, into the secret: the value at 0 of the
/// polynomial through them.
///
/// Fewer shares than the rack's threshold combine to something else, without an error.
///
/// # Errors
///
/// [`LrtqError::InvalidShareLengths`], [`LrtqError::TooFewShares`] for fewer than 2,
/// [`LrtqError::InvalidShareId`] for an identifier 0, [`LrtqError::DuplicateXCoordinates`] and
/// [`LrtqError::NonCanonicalScalar`] for a y-coordinate that is not below the order.
///
/// # Example
///
/// See [`split_into`].
pub fn combine(shares: &[u8]) -> Result<Zeroizing<[u8; SECRET_BYTES]>, LrtqError> {
    let points = points(shares)?;
    let mut secret = Zeroizing::new(Scalar::ZERO);
    for (weight, (_, y)) in lagrange_weights_at_zero(&points).iter().zip(points.iter()) {
        *secret += weight * y;
    }
    let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
    bytes.copy_from_slice(secret.as_bytes());
    Ok(bytes)
}

/// The digest by which every sled knows each of the rack's 255 shares: SHA3-256 of its bytes.
#[must_use]
pub fn share_digest(share: &[u8; SHARE_BYTES]) -> [u8; DIGEST_BYTES] {
    Sha3_256::digest(share).into()
}

/// Parses shares that can be interpolated: at least two, none with identifier 0, none twice.
fn points(shares: &[u8]) -> Result<Zeroizing<Vec<(u8, Scalar)>>, LrtqError> {
    if !shares.len().is_multiple_of(SHARE_BYTES) {
        return Err(LrtqError::InvalidShareLengths);
    }
    let count = shares.len() / SHARE_BYTES;
    if count < 2 {
        return Err(LrtqError::TooFewShares);
    }
    let mut seen = [false; 256];
    for id in shares.iter().step_by(SHARE_BYTES) {
        if *id == 0 {
            return Err(LrtqError::InvalidShareId);
        }
        if std::mem::replace(&mut seen[usize::from(*id)], true) {
            return Err(LrtqError::DuplicateXCoordinates);
        }
    }
    // Allocated at its final size, because growing would leave a copy behind.
    let mut points = Zeroizing::new(Vec::with_capacity(count));
    let mut encoding = Zeroizing::new([0; SECRET_BYTES]);
    for share in shares.chunks_exact(SHARE_BYTES) {
        encoding.copy_from_slice(&share[1..]);
        points.push((share[0], *scalar(&encoding)?));
    }
    Ok(points)
}

/// Not inlined, because this is the only branch on a secret, and `trust-quorum-constant-time` permits it by
/// the name of this function.
#[inline(never)]
fn scalar(encoding: &[u8; SECRET_BYTES]) -> Result<Zeroizing<Scalar>, LrtqError> {
    Option::from(Scalar::from_canonical_bytes(*encoding))
        .map(Zeroizing::new)
        .ok_or(LrtqError::NonCanonicalScalar)
}

/// The weights with which the y-coordinates add up to the value at 0: `weight[i] = Π x[j] / (x[j] -
/// x[i])` over all `j ≠ i`. They depend on the identifiers only.
fn lagrange_weights_at_zero(points: &[(u8, Scalar)]) -> Vec<Scalar> {
    let xs: Vec<Scalar> = points.iter().map(|&(id, _)| Scalar::from(id)).collect();
    let others = |xi: Scalar| xs.iter().filter(move |&&xj| xj != xi);
    // Inversion requires that no difference is 0, which holds for distinct identifiers below the order.
    let mut weights: Vec<Scalar> =
        xs.iter().map(|&xi| others(xi).map(|xj| xj - xi).product()).collect();
    Scalar::invert_batch_alloc(&mut weights);
    for (weight, &xi) in weights.iter_mut().zip(&xs) {
        *weight *= others(xi).product::<Scalar>();
    }
    weights
}

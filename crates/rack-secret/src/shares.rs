//! Shares of a rack secret: made together with their digests, verified and combined.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use trust_quorum_shamir as shamir;
use zeroize::Zeroizing;

use crate::digests::{WIDTH, share_digests, write_digests};
use crate::lengths::{DIGEST_BYTES, SHARE_BYTES};
use crate::{Error, OperationRandom, RackSecret};

/// Makes a fresh rack secret and splits it into `n` shares, any `k` of which recover it.
///
/// Writes the shares, with the x-coordinates `1..=n` in this order, to `shares_out`, which has `n *
/// SHARE_BYTES` bytes, and their digests to `digests_out`, which has `n * DIGEST_BYTES`.
///
/// # Errors
///
/// [`Error::Split`] if `k < 2` or `n < k`, [`Error::BufferLength`], [`Error::RandomSource`]. On an
/// error nothing is written.
///
/// # Example
///
/// ```
/// use trust_quorum_rack_secret::{create_shares, share_digest};
///
/// let (mut shares, mut digests) = ([0; 3 * 33], [0; 3 * 32]);
/// create_shares(3, 2, &mut shares, &mut digests)?;
/// assert_eq!(share_digest(&shares[33..66]), digests[32..64]);
/// # Ok::<(), trust_quorum_rack_secret::Error>(())
/// ```
pub fn create_shares(
    n: u8,
    k: u8,
    shares_out: &mut [u8],
    digests_out: &mut [u8],
) -> Result<RackSecret, Error> {
    create_shares_with_rng(n, k, &mut OperationRandom::new()?, shares_out, digests_out)
}

/// [`create_shares`] from a given random source, for tests that need the same bytes again.
///
/// # Errors
///
/// As [`create_shares`], and [`Error::InvalidRackSecret`] if the source draws only zeros.
pub fn create_shares_with_rng(
    n: u8,
    k: u8,
    rng: &mut (impl CryptoRng + ?Sized),
    shares_out: &mut [u8],
    digests_out: &mut [u8],
) -> Result<RackSecret, Error> {
    let count = usize::from(n);
    if shares_out.len() != count * SHARE_BYTES || digests_out.len() != count * DIGEST_BYTES {
        return Err(Error::BufferLength);
    }
    let secret = RackSecret::random_from(rng)?;
    shamir::split_into(secret.expose(), n, k, rng, shares_out)?;
    share_digests(shares_out.as_chunks().0, digests_out.as_chunks_mut().0);
    Ok(secret)
}

/// Computes the share at `x` from *all* the given shares and writes it to `out`, if its digest is
/// the expected one.
///
/// # Errors
///
/// [`Error::Combine`] if the shares cannot be interpolated or `x` is 0, and
/// [`Error::ShareDigestMismatch`] with index 0 if the computed share is not the expected one. On an
/// error nothing is written to `out`.
///
/// # Example
///
/// ```
/// use trust_quorum_rack_secret::{compute_share, create_shares};
///
/// let (mut shares, mut digests) = ([0; 3 * 33], [0; 3 * 32]);
/// create_shares(3, 2, &mut shares, &mut digests)?;
/// let digest_of_third = digests[64..].try_into().unwrap();
/// let mut third = [0; 33];
/// compute_share(&shares[..66], 3, digest_of_third, &mut third)?;
/// assert_eq!(third, shares[66..]);
/// # Ok::<(), trust_quorum_rack_secret::Error>(())
/// ```
pub fn compute_share(
    shares: &[u8],
    x: u8,
    expected_digest: &[u8; DIGEST_BYTES],
    out: &mut [u8; SHARE_BYTES],
) -> Result<(), Error> {
    let mut share = Zeroizing::new([0; SHARE_BYTES]);
    shamir::compute_share_into(shares, SHARE_BYTES, x, &mut *share)?;
    verify(&*share, expected_digest)?;
    out.copy_from_slice(&*share);
    Ok(())
}

/// Combines all the given shares into a secret.
pub(crate) fn combine(shares: &[u8]) -> Result<RackSecret, Error> {
    RackSecret::fill_with(|secret| Ok(shamir::combine_into(shares, SHARE_BYTES, secret)?))
}

/// Checks each share against its digest.
pub(crate) fn verify(shares: &[u8], digests: &[u8]) -> Result<(), Error> {
    let digests = digests.as_chunks::<DIGEST_BYTES>().0.chunks(WIDTH);
    for (block, (shares, digests)) in shares.as_chunks().0.chunks(WIDTH).zip(digests).enumerate() {
        let mut found = [[0; DIGEST_BYTES]; WIDTH];
        write_digests(shares, &mut found[..shares.len()]);
        for (i, (found, expected)) in found.iter().zip(digests).enumerate() {
            // In words of eight bytes, which is faster than byte by byte.
            if !bool::from(words(found).ct_eq(&words(expected))) {
                return Err(Error::ShareDigestMismatch { index: block * WIDTH + i });
            }
        }
    }
    Ok(())
}

/// The same bytes, in words to be compared.
fn words(digest: &[u8; DIGEST_BYTES]) -> [u64; DIGEST_BYTES / 8] {
    let (words, _) = digest.as_chunks();
    std::array::from_fn(|i| u64::from_le_bytes(words[i]))
}

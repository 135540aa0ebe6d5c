//! Secret sharing and digests: what needs no handle.

use chacha20::ChaCha20Rng;
use napi::bindgen_prelude::Uint8ArraySlice;
use napi_derive::napi;
use rand_core::SeedableRng;
use trust_quorum_rack_secret as rack_secret;
use trust_quorum_shamir as shamir;
use zeroize::Zeroizing;

use crate::buffers::{array, number, output};
use crate::failure::{Failure, Result, invalid_argument};
use crate::stack::overwritten_after;

/// SHA3-256 of `bytes`, into 32 bytes.
///
/// # Errors
///
/// `ERR_TQ_INVALID_ARGUMENT`.
#[napi(js_name = "sha3_256", catch_unwind)]
pub fn sha3_256(bytes: &[u8], mut out: Uint8ArraySlice) -> Result<()> {
    let digest = overwritten_after(|| rack_secret::share_digest(bytes));
    copy_out(&digest, output(&mut out, &[bytes])?)
}

/// Makes a rack secret and splits it: the shares into `count * 33` bytes, their digests into
/// `count * 32`. The secret is not kept.
///
/// # Errors
///
/// `ERR_TQ_THRESHOLD_TOO_SMALL`, `ERR_TQ_FEWER_SHARES_THAN_THRESHOLD`, `ERR_TQ_RANDOM_SOURCE`,
/// `ERR_TQ_INVALID_ARGUMENT`.
#[napi(catch_unwind)]
pub fn create_shares(
    count: u32,
    threshold: u32,
    mut shares: Uint8ArraySlice,
    mut digests: Uint8ArraySlice,
) -> Result<()> {
    let (count, threshold) = (number("count", count)?, number("threshold", threshold)?);
    let digests = output(&mut digests, &[&shares])?;
    let shares = output(&mut shares, &[digests])?;
    // The secret is dropped, and so zeroed, at once.
    overwritten_after(|| rack_secret::create_shares(count, threshold, shares, digests).map(drop))
        .map_err(Failure::cross)
}

/// The share at `x`, into 33 bytes, if it has this digest.
///
/// # Errors
///
/// Those of combining shares, `ERR_TQ_SHARE_DIGEST_MISMATCH`, `ERR_TQ_INVALID_ARGUMENT`.
#[napi(catch_unwind)]
pub fn compute_share(shares: &[u8], x: u32, digest: &[u8], mut out: Uint8ArraySlice) -> Result<()> {
    let x = number("x", x)?;
    let out = output(&mut out, &[shares, digest])?;
    let out = out.try_into().map_err(|_| invalid_argument("out", &"has the wrong length"))?;
    let digest = array("digest", digest)?;
    overwritten_after(|| rack_secret::compute_share(shares, x, digest, out))
        .map_err(Failure::cross_bare)
}

/// Splits any secret into `count * (1 + secret.length)` bytes of shares.
///
/// # Errors
///
/// `ERR_TQ_THRESHOLD_TOO_SMALL`, `ERR_TQ_FEWER_SHARES_THAN_THRESHOLD`, `ERR_TQ_RANDOM_SOURCE`,
/// `ERR_TQ_INVALID_ARGUMENT`.
#[napi(catch_unwind)]
pub fn split(secret: &[u8], count: u32, threshold: u32, mut out: Uint8ArraySlice) -> Result<()> {
    let (count, threshold) = (number("count", count)?, number("threshold", threshold)?);
    let out = output(&mut out, &[secret])?;
    overwritten_after(|| {
        shamir::split_into(secret, count, threshold, &mut generator()?, out).map_err(Failure::cross)
    })
}

/// Combines all the given shares of `share_length` bytes, into `share_length - 1` bytes.
///
/// # Errors
///
/// Those of combining shares, `ERR_TQ_INVALID_ARGUMENT`.
#[napi(catch_unwind)]
pub fn combine(shares: &[u8], share_length: i64, mut out: Uint8ArraySlice) -> Result<()> {
    let share_length = number("shareLength", share_length)?;
    let out = output(&mut out, &[shares])?;
    overwritten_after(|| shamir::combine_into(shares, share_length, out)).map_err(Failure::cross)
}

/// The share at `x`, into `share_length` bytes, of all the given shares of that length.
///
/// # Errors
///
/// Those of combining shares, `ERR_TQ_INVALID_ARGUMENT`.
#[napi(catch_unwind)]
pub fn share_at(shares: &[u8], share_length: i64, x: u32, mut out: Uint8ArraySlice) -> Result<()> {
    let (share_length, x) = (number("shareLength", share_length)?, number("x", x)?);
    let out = output(&mut out, &[shares])?;
    overwritten_after(|| shamir::compute_share_into(shares, share_length, x, out))
        .map_err(Failure::cross)
}

/// Copies a result whose length the caller knew in advance.
pub(crate) fn copy_out(bytes: &[u8], out: &mut [u8]) -> Result<()> {
    if out.len() != bytes.len() {
        return Err(invalid_argument("out", &"has the wrong length"));
    }
    out.copy_from_slice(bytes);
    Ok(())
}

/// A generator for one call, seeded from the operating system and zeroed when dropped.
fn generator() -> Result<ChaCha20Rng> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|_| rack_secret::Error::RandomSource.cross())?;
    Ok(ChaCha20Rng::from_seed(*seed))
}

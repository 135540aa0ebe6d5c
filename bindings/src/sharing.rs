//! Secret sharing and digests: what needs no handle.

use napi::bindgen_prelude::Uint8ArraySlice;
use napi_derive::napi;
use trust_quorum_rack_secret::{self as rack_secret, OperationRandom};
use trust_quorum_shamir as shamir;

use crate::buffers::{array, number, output};
use crate::failure::{IntoNapi, Result, invalid_argument};
use crate::stack::{with_small_stack_overwritten, with_stack_overwritten};

/// SHA3-256 of `bytes`, into 32 bytes.
///
/// # Errors
///
/// `ERR_TQ_INVALID_ARGUMENT`.
#[napi(js_name = "sha3_256", catch_unwind)]
pub fn sha3_256(bytes: &[u8], mut out: Uint8ArraySlice) -> Result<()> {
    let digest = with_stack_overwritten(|| rack_secret::share_digest(bytes));
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
    with_stack_overwritten(|| {
        rack_secret::create_shares(count, threshold, shares, digests).map(drop)
    })
    .map_err(IntoNapi::into_napi)
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
    with_stack_overwritten(|| rack_secret::compute_share(shares, x, digest, out))
        .map_err(IntoNapi::into_napi_without_details)
}

/// Fresh random bytes for one operation.
pub(crate) fn random() -> Result<OperationRandom> {
    OperationRandom::new().map_err(IntoNapi::into_napi)
}

/// Splits any secret, with fresh random bytes.
pub(crate) fn split_secret(secret: &[u8], count: u8, threshold: u8, out: &mut [u8]) -> Result<()> {
    with_small_stack_overwritten(|| {
        let mut random = random()?;
        shamir::split_into(secret, count, threshold, &mut random, out).map_err(IntoNapi::into_napi)
    })
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
    with_stack_overwritten(|| shamir::compute_share_into(shares, share_length, x, out))
        .map_err(IntoNapi::into_napi)
}

/// Copies a result whose length the caller knew in advance.
pub(crate) fn copy_out(bytes: &[u8], out: &mut [u8]) -> Result<()> {
    if out.len() != bytes.len() {
        return Err(invalid_argument("out", &"has the wrong length"));
    }
    out.copy_from_slice(bytes);
    Ok(())
}

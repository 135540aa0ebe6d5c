//! Long secrets, piece by piece on the thread pool.
//!
//! The bytes of a piece are copied before the call returns: JavaScript may change or transfer its
//! buffer at any time, and would pull the memory from under another thread. The adapter keeps pieces so
//! small that this takes well below a millisecond. Results are written to where they belong: the adapter
//! shows that buffer to nobody before the last piece is done, and has one piece of it in work at a time.

#![allow(unsafe_code)]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

use napi::bindgen_prelude::{AsyncTask, Uint8Array};
use napi::{Env, Task};
use napi_derive::napi;
use trust_quorum_shamir as shamir;
use zeroize::{Zeroize, Zeroizing};

use crate::buffers::number;
use crate::failure::{Failure, Result, invalid_argument};
use crate::sharing::random;
use crate::stack::overwritten_after_little;

/// One piece of splitting a secret.
pub struct SplitPiece {
    columns: Zeroizing<Vec<u8>>,
    at: usize,
    count: u8,
    threshold: u8,
    out: Uint8Array,
}

/// Splits the bytes of a secret from `at` on, which `columns` are; `out` has room for all shares of the
/// whole secret. It must stay untouched until the promise settles.
///
/// # Errors
///
/// Those of splitting a secret, `ERR_TQ_INVALID_ARGUMENT`.
#[napi(catch_unwind)]
pub fn split_piece(
    columns: &[u8],
    at: i64,
    count: u32,
    threshold: u32,
    out: Uint8Array,
) -> Result<AsyncTask<SplitPiece>> {
    let (count, threshold) = (number("count", count)?, number("threshold", threshold)?);
    let at = number("at", at)?;
    let mut copy = reserved(columns.len())?;
    copy.extend_from_slice(columns);
    Ok(AsyncTask::new(SplitPiece { columns: copy, at, count, threshold, out }))
}

impl Task for SplitPiece {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<()> {
        // SAFETY: the task keeps the buffer alive, and nobody else has it before the promise settles.
        let out = unsafe { self.out.as_mut() };
        overwritten_after_little(|| {
            let mut random = random()?;
            shamir::split_columns_into(
                &self.columns,
                self.at,
                self.count,
                self.threshold,
                &mut random,
                out,
            )
            .map_err(Failure::cross)
        })
        .map_err(|error| uncoded(&error))
    }

    fn resolve(&mut self, _: Env, (): ()) -> napi::Result<()> {
        Ok(())
    }
}

/// One piece of combining shares.
pub struct CombinePiece {
    shares: Zeroizing<Vec<u8>>,
    share_length: usize,
    at: usize,
    out: Uint8Array,
}

/// Combines the `length` bytes from `at` on, without the x-coordinates, of all the given shares of
/// `share_length` bytes, to the same place of `out`. It must stay untouched until the promise settles.
///
/// # Errors
///
/// Those of combining shares, `ERR_TQ_INVALID_ARGUMENT`.
#[napi(catch_unwind)]
pub fn combine_piece(
    shares: &[u8],
    share_length: i64,
    at: i64,
    length: i64,
    out: Uint8Array,
) -> Result<AsyncTask<CombinePiece>> {
    let share_length: usize = number("shareLength", share_length)?;
    let (at, length): (usize, usize) = (number("at", at)?, number("length", length)?);
    let end = at.checked_add(length).filter(|&end| end < share_length && end <= out.len());
    if end.is_none() || !shares.len().is_multiple_of(share_length) {
        return Err(invalid_argument("length", &"is out of range"));
    }
    let mut copy = reserved(shares.len() / share_length * (1 + length))?;
    for share in shares.chunks_exact(share_length) {
        copy.push(share[0]);
        copy.extend_from_slice(&share[1 + at..][..length]);
    }
    Ok(AsyncTask::new(CombinePiece { shares: copy, share_length: 1 + length, at, out }))
}

impl Task for CombinePiece {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<()> {
        // SAFETY: the task keeps the buffer alive, and nobody else has it before the promise settles.
        let out = unsafe { self.out.as_mut() };
        let out = &mut out[self.at..][..self.share_length - 1];
        shamir::combine_into(&self.shares, self.share_length, out)
            .map_err(Failure::cross)
            .map_err(|error| uncoded(&error))
    }

    fn resolve(&mut self, _: Env, (): ()) -> napi::Result<()> {
        Ok(())
    }
}

/// Zeroing what is not needed after all.
pub struct Wipe(Uint8Array);

/// Zeroes a buffer that nobody uses any more.
#[napi(catch_unwind)]
#[must_use]
pub fn wipe(bytes: Uint8Array) -> AsyncTask<Wipe> {
    AsyncTask::new(Wipe(bytes))
}

impl Task for Wipe {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<()> {
        // SAFETY: the task keeps the buffer alive, and nobody else uses it any more.
        unsafe { self.0.as_mut() }.zeroize();
        Ok(())
    }

    fn resolve(&mut self, _: Env, (): ()) -> napi::Result<()> {
        Ok(())
    }
}

/// An empty vector that never moves, or an error instead of the end of the process.
fn reserved(length: usize) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    match bytes.try_reserve_exact(length) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(invalid_argument("the input", &"does not fit into the memory")),
    }
}

/// The error of a task cannot have a code of ours, so that the code leads its message.
fn uncoded(error: &napi::Error<crate::failure::Code>) -> napi::Error {
    napi::Error::from_reason(format!("{} {}", error.status.as_ref(), error.reason))
}

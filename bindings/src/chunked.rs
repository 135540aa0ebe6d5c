//! Long secrets, chunk by chunk on the thread pool.
//!
//! The bytes of a chunk are copied before the call returns: JavaScript may change or transfer its
//! buffer at any time, and would pull the memory from under another thread. The adapter keeps chunks so
//! small that this takes well below a millisecond. Results are written to memory of ours, which
//! JavaScript gets once all of it is there, or from which each chunk is copied to memory of its own.

#![allow(unsafe_code)]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use napi::bindgen_prelude::{ArrayBuffer, AsyncTask, FromNapiValue, Uint8ArraySlice};
use napi::{Env, Task, sys};
use napi_derive::napi;
use trust_quorum_shamir as shamir;
use zeroize::Zeroizing;

use crate::buffers::{number, output};
use crate::failure::{IntoNapi, Result, invalid_argument};
use crate::pages::Pages;
use crate::sharing::random;
use crate::stack::with_small_stack_overwritten;

/// The result of splitting or combining a long secret, while it comes about.
///
/// Whatever becomes of it, its bytes are zeroed in the end: when it is discarded, or when JavaScript has
/// collected the buffer that it was handed out as. Neither takes time of the calling thread.
#[napi]
pub struct LongResult(Arc<Shared>);

struct Shared {
    /// None once they were handed out or are discarded.
    pages: Mutex<Option<Pages>>,
    /// A chunk that is in work when the result is discarded discards it when it is done.
    discarded: AtomicBool,
}

impl Shared {
    /// Lets `work` write to the result, if it still is wanted.
    fn write<T>(&self, work: impl FnOnce(&mut Pages) -> napi::Result<T>) -> napi::Result<()> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let result = pages.as_mut().map_or(Ok(()), |pages| work(pages).map(drop));
        drop(pages);
        if self.discarded.load(Ordering::SeqCst) {
            self.zero();
        }
        result
    }

    /// Gives the pages back, unless a chunk is in work.
    fn zero(&self) {
        let pages = match self.pages.try_lock() {
            Ok(mut pages) => pages.take(),
            Err(TryLockError::Poisoned(pages)) => pages.into_inner().take(),
            Err(TryLockError::WouldBlock) => None,
        };
        drop(pages);
    }
}

#[napi]
impl LongResult {
    /// Reserves memory for `rows` times `row_length` bytes, all zero.
    ///
    /// # Errors
    ///
    /// `ERR_TQ_INVALID_ARGUMENT`, also where there is no such memory.
    #[napi(constructor, catch_unwind)]
    pub fn new(rows: u32, row_length: i64) -> Result<Self> {
        let (rows, row_length) = (number("rows", rows)?, number("rowLength", row_length)?);
        let pages = Pages::new(rows, row_length).map_err(|_| {
            invalid_argument("the result", &"is empty or does not fit into the memory")
        })?;
        let (pages, discarded) = (Mutex::new(Some(pages)), AtomicBool::new(false));
        Ok(Self(Arc::new(Shared { pages, discarded })))
    }

    /// Splits the bytes of a secret from `at` on, which `columns` are, into all shares of the whole
    /// secret, which the rows are.
    ///
    /// # Errors
    ///
    /// Those of splitting a secret, `ERR_TQ_INVALID_ARGUMENT`.
    #[napi(catch_unwind)]
    pub fn split_chunk(
        &self,
        columns: &[u8],
        at: i64,
        count: u32,
        threshold: u32,
    ) -> Result<AsyncTask<SplitChunk>> {
        let (count, threshold) = (number("count", count)?, number("threshold", threshold)?);
        let at: usize = number("at", at)?;
        let mut copy = reserved(columns.len())?;
        copy.extend_from_slice(columns);
        let result = Arc::clone(&self.0);
        Ok(AsyncTask::new(SplitChunk { columns: copy, at, count, threshold, result }))
    }

    /// Combines the `length` bytes from `from` on, without the x-coordinates, of all the given shares
    /// of `share_length` bytes, to the bytes from `at` on of the only row.
    ///
    /// # Errors
    ///
    /// Those of combining shares, `ERR_TQ_INVALID_ARGUMENT`.
    #[napi(catch_unwind)]
    pub fn combine_chunk(
        &self,
        shares: &[u8],
        share_length: i64,
        from: i64,
        length: i64,
        at: i64,
    ) -> Result<AsyncTask<CombineChunk>> {
        let share_length: usize = number("shareLength", share_length)?;
        let (from, length): (usize, usize) = (number("from", from)?, number("length", length)?);
        let at: usize = number("at", at)?;
        let fits = from.checked_add(length).is_some_and(|end| end < share_length);
        if !fits || !shares.len().is_multiple_of(share_length) {
            return Err(invalid_argument("length", &"is out of range"));
        }
        let mut copy = reserved(shares.len() / share_length * (1 + length))?;
        for share in shares.chunks_exact(share_length) {
            copy.push(share[0]);
            copy.extend_from_slice(&share[1 + from..][..length]);
        }
        let result = Arc::clone(&self.0);
        Ok(AsyncTask::new(CombineChunk { shares: copy, length, at, result }))
    }

    /// Hands all bytes out, without copying, or answers null where the engine takes no memory from
    /// elsewhere: see `copy_columns`. Afterwards there is nothing left here.
    ///
    /// # Errors
    ///
    /// `ERR_TQ_INVALID_ARGUMENT` while a chunk is in work, and afterwards.
    #[napi(catch_unwind)]
    pub fn take(&self, env: Env) -> Result<Option<ArrayBuffer<'_>>> {
        let missing = || invalid_argument("the result", &"is in use or was taken");
        let mut slot = self.0.pages.try_lock().map_err(|_| missing())?;
        let mut pages = slot.take().ok_or_else(missing)?;
        let bytes = pages.fill_to(usize::MAX);
        let (start, length) = (bytes.as_mut_ptr(), bytes.len());
        let hint = Box::into_raw(Box::new(pages));
        let mut value = ptr::null_mut();
        // SAFETY: the bytes stay where they are until the engine calls `give_back`, which it does once
        // nothing of JavaScript can reach them, and nobody else has them.
        let status = unsafe {
            sys::napi_create_external_arraybuffer(
                env.raw(),
                start.cast(),
                length,
                Some(give_back),
                hint.cast(),
                &raw mut value,
            )
        };
        match status {
            sys::Status::napi_ok => {
                // SAFETY: it was made in this environment a moment ago.
                let buffer = unsafe { ArrayBuffer::from_napi_value(env.raw(), value) };
                buffer.map(Some).map_err(|error| invalid_argument("the result", &error.reason))
            }
            sys::Status::napi_no_external_buffers_allowed => {
                // SAFETY: the engine says so before it does anything with the hint.
                *slot = Some(*unsafe { Box::from_raw(hint) });
                Ok(None)
            }
            // The engine may or may not have given the pages back; twice would be worse than never.
            _ => Err(invalid_argument("the result", &"is too long for the engine")),
        }
    }

    /// Copies `length` bytes of every row, from `from` on, to the same row of `out`, from `to` on, which
    /// has as many rows. The bytes stay here too.
    ///
    /// # Errors
    ///
    /// `ERR_TQ_INVALID_ARGUMENT` where that does not fit, while a chunk is in work, and once there is
    /// nothing left here.
    #[napi(catch_unwind)]
    pub fn copy_columns(
        &self,
        mut out: Uint8ArraySlice,
        from: i64,
        to: i64,
        length: i64,
    ) -> Result<()> {
        let (from, to): (usize, usize) = (number("from", from)?, number("to", to)?);
        let length: usize = number("length", length)?;
        let missing = || invalid_argument("the result", &"is in use or was taken");
        let slot = self.0.pages.try_lock().map_err(|_| missing())?;
        let pages = slot.as_ref().ok_or_else(missing)?;
        let rows = pages.rows();
        let out = output(&mut out, &[])?;
        let width = out.len() / rows.len();
        let fits = |end: Option<usize>, width| end.is_some_and(|end| end <= width);
        if !out.len().is_multiple_of(rows.len())
            || !fits(to.checked_add(length), width)
            || !fits(from.checked_add(length), pages.row_length())
        {
            return Err(invalid_argument("out", &"has other rows or is too short"));
        }
        for (own, row) in out.chunks_exact_mut(width.max(1)).zip(rows) {
            own[to..][..length].copy_from_slice(&row[from..][..length]);
        }
        Ok(())
    }

    /// Zeroes what there is and gives it back; what is still to be done is not done.
    #[napi(catch_unwind)]
    pub fn discard(&self) {
        self.0.discarded.store(true, Ordering::SeqCst);
        self.0.zero();
    }
}

/// What the engine calls when a result was collected.
unsafe extern "C" fn give_back(_: sys::napi_env, _: *mut c_void, hint: *mut c_void) {
    // SAFETY: the hint is the box that `take` made, and this is called once.
    drop(unsafe { Box::from_raw(hint.cast::<Pages>()) });
}

/// One chunk of splitting a secret.
pub struct SplitChunk {
    columns: Zeroizing<Vec<u8>>,
    at: usize,
    count: u8,
    threshold: u8,
    result: Arc<Shared>,
}

impl Task for SplitChunk {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<()> {
        let (columns, at) = (&self.columns, self.at);
        self.result.write(|pages| {
            let out = pages.fill_to(1 + at + columns.len());
            with_small_stack_overwritten(|| {
                let mut random = random()?;
                let (count, threshold) = (self.count, self.threshold);
                shamir::split_columns_into(columns, at, count, threshold, &mut random, out)
                    .map_err(IntoNapi::into_napi)
            })
            .map_err(|error| uncoded(&error))
        })
    }

    fn resolve(&mut self, _: Env, (): ()) -> napi::Result<()> {
        Ok(())
    }
}

/// One chunk of combining shares.
pub struct CombineChunk {
    shares: Zeroizing<Vec<u8>>,
    length: usize,
    at: usize,
    result: Arc<Shared>,
}

impl Task for CombineChunk {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<()> {
        let end = self.at + self.length;
        self.result.write(|pages| {
            let out = pages.fill_to(end).get_mut(self.at..end);
            let out = out.ok_or_else(|| uncoded(&invalid_argument("at", &"is out of range")))?;
            shamir::combine_into(&self.shares, 1 + self.length, out)
                .map_err(IntoNapi::into_napi)
                .map_err(|error| uncoded(&error))
        })
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

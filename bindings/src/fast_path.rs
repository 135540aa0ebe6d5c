//! The calls that are made most, without the glue that is generated for the others: that allocates and
//! takes locks for each call, which costs more than combining a secret does.
//!
//! They take what the generated ones would, check it the same way and fail with the same errors. In
//! addition they refuse memory that is shared with other threads, so that the adapter need not look at the
//! buffers before it crosses: each look from JavaScript takes as long as one from here, which comes anyway.

#![allow(unsafe_code)]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{ptr, slice};

use napi::bindgen_prelude::{JsError, ToNapiValue, panic_to_error};
use napi::sys;
use napi_derive::napi;
use subtle::ConstantTimeEq;
use trust_quorum_rack_secret as rack_secret;
use trust_quorum_shamir as shamir;

use crate::buffers::number;
use crate::failure::{Code, IntoNapi, Result, invalid_argument};
use crate::sharing::split_secret;
use crate::stack::with_small_stack_overwritten;

/// The functions of this module.
#[napi(object, object_from_js = false)]
pub struct FastCalls {
    /// Splits any secret into `count * (1 + secret.length)` bytes of shares.
    #[napi(
        ts_type = "(secret: Uint8Array, count: number, threshold: number, out: Uint8Array) => void"
    )]
    pub split: Function,
    /// Combines all the given shares of `shareLength` bytes, of which `out` has one less.
    #[napi(ts_type = "(shares: Uint8Array, shareLength: number, out: Uint8Array) => void")]
    pub combine: Function,
    /// Whether the SHA3-256 digest of `bytes` is `digest`, compared in constant time.
    #[napi(ts_type = "(bytes: Uint8Array, digest: Uint8Array) => boolean")]
    pub has_digest: Function,
}

/// The calls that are made most. Get them once and keep them.
#[napi(catch_unwind)]
#[must_use]
pub fn fast_calls() -> FastCalls {
    FastCalls {
        split: Function(c"split", split),
        combine: Function(c"combine", combine),
        has_digest: Function(c"hasDigest", has_digest),
    }
}

unsafe extern "C" fn split(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: Node passes both, and this is the call's only frame.
    unsafe {
        answer::<4>(env, info, |call| {
            let secret = call.bytes(0, "secret")?;
            let (count, threshold) = (call.count(1, "count")?, call.count(2, "threshold")?);
            split_secret(secret.get(), count, threshold, call.output(3, &secret)?)?;
            Ok(ptr::null_mut())
        })
    }
}

unsafe extern "C" fn combine(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: as above.
    unsafe {
        answer::<3>(env, info, |call| {
            let shares = call.bytes(0, "shares")?;
            // A negative length is as wrong as 0 is, and refused with the same error.
            let share_length = call.integer(1, "shareLength")?.try_into().unwrap_or(0);
            let out = call.output(2, &shares)?;
            // This crate zeroes its own part of the stack.
            shamir::combine_into(shares.get(), share_length, out).map_err(IntoNapi::into_napi)?;
            Ok(ptr::null_mut())
        })
    }
}

unsafe extern "C" fn has_digest(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    // SAFETY: as above.
    unsafe {
        answer::<2>(env, info, |call| {
            let (bytes, digest) = (call.bytes(0, "bytes")?, call.bytes(1, "digest")?);
            let found = with_small_stack_overwritten(|| rack_secret::share_digest(bytes.get()));
            Ok(call.boolean(found[..].ct_eq(digest.get()).into()))
        })
    }
}

/// A function of this module, as a value for JavaScript.
pub struct Function(
    &'static CStr,
    unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value,
);

impl ToNapiValue for Function {
    unsafe fn to_napi_value(
        env: sys::napi_env,
        Self(name, callback): Self,
    ) -> napi::Result<sys::napi_value> {
        let mut function = ptr::null_mut();
        let (name, length) = (name.as_ptr(), name.count_bytes().cast_signed());
        // SAFETY: the environment is the caller's, the name is as long as is said, and `function` is
        // written to.
        napi::check_status!(unsafe {
            sys::napi_create_function(
                env,
                name,
                length,
                Some(callback),
                ptr::null_mut(),
                &raw mut function,
            )
        })?;
        Ok(function)
    }
}

/// Answers a call: with what the work returns, or by throwing its error. A panic is one too.
///
/// # Safety
///
/// Both must be those that Node called with, and nothing else may use the call's buffers meanwhile.
unsafe fn answer<const N: usize>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    work: impl FnOnce(&Call<N>) -> Result<sys::napi_value>,
) -> sys::napi_value {
    let mut call = Call { env, arguments: [ptr::null_mut(); N] };
    let mut count = N;
    // SAFETY: there is room for as many arguments as is said; Node fills missing ones with undefined.
    let status = unsafe {
        sys::napi_get_cb_info(
            env,
            info,
            &raw mut count,
            call.arguments.as_mut_ptr(),
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    debug_assert_eq!(status, sys::Status::napi_ok);
    let throw = |error: JsError<_>| {
        // SAFETY: the environment is the one that Node called with.
        unsafe { error.throw_into(env) };
        ptr::null_mut()
    };
    match catch_unwind(AssertUnwindSafe(|| work(&call))) {
        Ok(Ok(value)) => value,
        Ok(Err(error)) => throw(JsError::from(error)),
        Err(panic) => {
            let reason = panic_to_error(panic).reason.clone();
            throw(JsError::from(napi::Error::new(Code::PANIC, reason)))
        }
    }
}

/// The arguments of a call.
struct Call<const N: usize> {
    env: sys::napi_env,
    arguments: [sys::napi_value; N],
}

impl<const N: usize> Call<N> {
    /// An argument that is a `Uint8Array` in memory which no other thread can write to. A small one is
    /// thereby moved out of the heap that the engine moves things about on, for good.
    fn bytes(&self, at: usize, name: &str) -> Result<Bytes> {
        let (mut kind, mut length, mut start) = (-1, 0, ptr::null_mut());
        let (mut buffer, mut unshared) = (ptr::null_mut(), false);
        // SAFETY: all of these are written to, where the argument is a typed array.
        let status = unsafe {
            sys::napi_get_typedarray_info(
                self.env,
                self.arguments[at],
                &raw mut kind,
                &raw mut length,
                &raw mut start,
                &raw mut buffer,
                ptr::null_mut(),
            )
        };
        if status != sys::Status::napi_ok || kind != sys::TypedarrayType::uint8_array {
            return Err(invalid_argument(name, &"is not a Uint8Array"));
        }
        // SAFETY: the buffer is that of the array.
        unsafe { sys::napi_is_arraybuffer(self.env, buffer, &raw mut unshared) };
        if !unshared {
            return Err(invalid_argument(name, &"is in shared memory"));
        }
        // An empty array may have no address at all.
        let start = if length == 0 { ptr::dangling_mut() } else { start.cast() };
        Ok(Bytes { start, length })
    }

    /// The output array, to write to while `input`, the only other memory of the call, is in use.
    #[allow(clippy::mut_from_ref, reason = "it is the memory of JavaScript's, not of the call")]
    fn output(&self, at: usize, input: &Bytes) -> Result<&mut [u8]> {
        let Bytes { start, length } = self.bytes(at, "out")?;
        let (from, to) = (start.addr(), start.addr() + length);
        let (input_from, input_to) = (input.start.addr(), input.start.addr() + input.length);
        if from < input_to && input_from < to {
            return Err(invalid_argument("out", &"shares memory with another buffer"));
        }
        // SAFETY: JavaScript does not run until the call returns, no other thread can write to this memory,
        // and no other slice of the call begins or ends within these bytes.
        Ok(unsafe { slice::from_raw_parts_mut(start, length) })
    }

    fn integer(&self, at: usize, name: &str) -> Result<i64> {
        let mut value = 0;
        // SAFETY: the value is written to, where the argument is a number.
        let status =
            unsafe { sys::napi_get_value_int64(self.env, self.arguments[at], &raw mut value) };
        match status {
            sys::Status::napi_ok => Ok(value),
            _ => Err(invalid_argument(name, &"is not a number")),
        }
    }

    fn count(&self, at: usize, name: &str) -> Result<u8> {
        number(name, self.integer(at, name)?)
    }

    fn boolean(&self, value: bool) -> sys::napi_value {
        let mut result = ptr::null_mut();
        // SAFETY: the result is written to.
        unsafe { sys::napi_get_boolean(self.env, value, &raw mut result) };
        result
    }
}

/// The bytes of an argument, for as long as the call.
struct Bytes {
    start: *mut u8,
    length: usize,
}

impl Bytes {
    fn get(&self) -> &[u8] {
        // SAFETY: JavaScript does not run until the call returns and no other thread can write to this
        // memory; an output that shares it is refused.
        unsafe { slice::from_raw_parts(self.start, self.length) }
    }
}

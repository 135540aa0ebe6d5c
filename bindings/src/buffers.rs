//! Buffers and numbers of JavaScript, as Rust wants them.

use napi::bindgen_prelude::Uint8ArraySlice;

use crate::failure::{Result, invalid_argument};

/// A number that has to fit a narrower type, e.g. an x-coordinate or an epoch.
pub(crate) fn number<From, To: TryFrom<From>>(argument: &str, value: From) -> Result<To> {
    To::try_from(value).map_err(|_| invalid_argument(argument, &"is out of range"))
}

/// The `N` bytes of a buffer.
pub(crate) fn array<'a, const N: usize>(argument: &str, bytes: &'a [u8]) -> Result<&'a [u8; N]> {
    bytes.try_into().map_err(|_| invalid_argument(argument, &"has the wrong length"))
}

/// The output buffer, to write to while `others`, all other buffers of the call, are in use.
#[allow(unsafe_code)]
pub(crate) fn output<'a>(
    out: &'a mut Uint8ArraySlice<'_>,
    others: &[&[u8]],
) -> Result<&'a mut [u8]> {
    let range = out.as_ptr_range();
    for other in others.iter().map(|bytes| bytes.as_ptr_range()) {
        if range.start < other.end && other.start < range.end {
            return Err(invalid_argument("out", &"shares memory with another buffer"));
        }
    }
    // SAFETY: JavaScript does not run until the call returns, the adapter refuses memory that another
    // thread could write to, and no other slice that is in use begins or ends within these bytes.
    Ok(unsafe { out.as_mut() })
}

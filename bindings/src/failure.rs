//! Errors, as they cross to JavaScript.

use std::fmt::Display;

use trust_quorum_lrtq::LrtqError;
use trust_quorum_rack_secret::Error as RackSecretError;
use trust_quorum_shamir::{CombineError, SplitError};

/// A stable error code, which becomes the `code` of the JavaScript error.
pub struct Code(&'static str);

impl Code {
    /// That of a panic: not one of the table, as it is a programming error.
    pub(crate) const PANIC: Self = Self("Panic");
}

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        self.0
    }
}

/// A result whose error has a stable code, and its details as JSON for a reason.
pub(crate) type Result<T> = napi::Result<T, Code>;

/// The error with which everything that the adapter should have refused is refused.
pub(crate) fn invalid_argument(argument: &str, problem: &impl Display) -> napi::Error<Code> {
    let details = format!(r#"{{"argument":"{argument}","problem":"{problem}"}}"#);
    napi::Error::new(Code("ERR_TQ_INVALID_ARGUMENT"), details)
}

/// The error of a handle that was disposed of.
pub(crate) fn disposed() -> napi::Error<Code> {
    napi::Error::new(Code("ERR_TQ_SECRET_DISPOSED"), "{}".to_owned())
}

/// An error of one of the crates, as it crosses to JavaScript.
pub(crate) trait IntoNapi: Display + Sized {
    /// The stable code.
    fn code(&self) -> &'static str;

    /// The details as JSON, where there are any.
    fn details(&self) -> Option<String> {
        None
    }

    /// The error with code and details.
    fn into_napi(self) -> napi::Error<Code> {
        match (self.code(), self.details()) {
            ("ERR_TQ_INVALID_ARGUMENT", _) => invalid_argument("a native argument", &self),
            (code, details) => napi::Error::new(Code(code), details.unwrap_or("{}".to_owned())),
        }
    }

    /// The error with its code alone, where the details say nothing: a computed share has no index.
    fn into_napi_without_details(self) -> napi::Error<Code> {
        match self.code() {
            "ERR_TQ_INVALID_ARGUMENT" => self.into_napi(),
            code => napi::Error::new(Code(code), "{}".to_owned()),
        }
    }
}

impl IntoNapi for SplitError {
    fn code(&self) -> &'static str {
        self.code()
    }
}

impl IntoNapi for CombineError {
    fn code(&self) -> &'static str {
        self.code()
    }
}

impl IntoNapi for LrtqError {
    fn code(&self) -> &'static str {
        self.code()
    }
}

impl IntoNapi for RackSecretError {
    fn code(&self) -> &'static str {
        self.code()
    }

    fn details(&self) -> Option<String> {
        match self {
            Self::ShareDigestMismatch { index } => Some(format!(r#"{{"index":{index}}}"#)),
            Self::InvalidEpoch { epoch } => Some(format!(r#"{{"epoch":{epoch}}}"#)),
            _ => None,
        }
    }
}

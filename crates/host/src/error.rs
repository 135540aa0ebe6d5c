//! Why the operating system did not do what it was asked for.

use thiserror::Error;

/// Why a call to the operating system did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HostError {
    /// This operating system has no such thing, or not for this kind of file.
    #[error("not supported on this operating system")]
    Unsupported,
    /// The operating system refused; its error number.
    #[error("the operating system refused (error {errno})")]
    Refused {
        /// The error number, positive, as in `errno.h`.
        errno: i32,
    },
    /// The address of the service manager is neither a path nor an abstract name.
    #[error("the address is neither an absolute path nor @ and an abstract name")]
    InvalidAddress,
}

#[cfg(unix)]
impl From<rustix::io::Errno> for HostError {
    fn from(errno: rustix::io::Errno) -> Self {
        Self::Refused { errno: errno.raw_os_error() }
    }
}

impl From<std::io::Error> for HostError {
    fn from(error: std::io::Error) -> Self {
        // What has no number never reached the operating system: the address itself was bad.
        error.raw_os_error().map_or(Self::InvalidAddress, |errno| Self::Refused { errno })
    }
}

//! Exclusive advisory locks.

use crate::HostError;

/// Tries to take the exclusive advisory lock (flock) of an open file or folder: true where it is ours
/// now, false where another open file holds it. It never waits.
///
/// The lock belongs to the open file, not to the process: it ends when the last descriptor of that
/// open file is closed, and so with the process, however that dies. A second open file in the same
/// process is refused like that of another.
///
/// # Errors
///
/// [`HostError::Refused`] for a descriptor that is not open, or a file system without locks.
#[cfg(unix)]
pub fn try_lock_exclusive(file: impl std::os::fd::AsFd) -> Result<bool, HostError> {
    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;

    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(true),
            Err(Errno::WOULDBLOCK) => return Ok(false),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// There are no advisory locks that end with the process on this system.
///
/// # Errors
///
/// Always [`HostError::Unsupported`].
#[cfg(not(unix))]
pub fn try_lock_exclusive<T>(_file: T) -> Result<bool, HostError> {
    Err(HostError::Unsupported)
}

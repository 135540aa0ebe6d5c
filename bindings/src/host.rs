//! What Node does not offer of the operating system. These calls have nothing to do with secrets; what
//! the operating system refuses is an answer here and not an exception, since the caller decides
//! whether it can do without.

use std::thread;
use std::time::Duration;

use napi_derive::napi;
use trust_quorum_host::{self as host, HostError};

use crate::failure::Result;
#[cfg(unix)]
use crate::failure::invalid_argument;

/// What became of a call to the operating system.
#[napi(object)]
pub struct HostAnswer {
    /// "done", "busy" (someone else has the lock), "unsupported", "refused" or "invalidAddress".
    pub kind: String,
    /// The error number of "refused", positive.
    pub errno: Option<i32>,
}

/// Who connected a unix socket, or why that cannot be told.
#[napi(object)]
pub struct HostPeer {
    /// "done", "unsupported" or "refused".
    pub kind: String,
    /// The error number of "refused", positive.
    pub errno: Option<i32>,
    /// The effective user of "done".
    pub uid: Option<u32>,
    /// The effective group of "done".
    pub gid: Option<u32>,
    /// The process of "done".
    pub pid: Option<i32>,
}

/// Takes the exclusive advisory lock of an open file or folder: "done" or "busy", and it never waits.
///
/// # Errors
///
/// `ERR_TQ_INVALID_ARGUMENT` for a negative descriptor.
#[napi(catch_unwind)]
pub fn host_lock(fd: i32) -> Result<HostAnswer> {
    with_descriptor(fd, |file| match host::try_lock_exclusive(file) {
        Ok(true) => answer("done", None),
        Ok(false) => answer("busy", None),
        Err(error) => failed(error),
    })
}

/// The credentials of who connected an open unix socket.
///
/// # Errors
///
/// `ERR_TQ_INVALID_ARGUMENT` for a negative descriptor.
#[napi(catch_unwind)]
pub fn host_peer(fd: i32) -> Result<HostPeer> {
    with_descriptor(fd, |socket| match host::peer_credentials(socket) {
        Ok(peer) => HostPeer {
            kind: "done".to_owned(),
            errno: None,
            uid: Some(peer.uid),
            gid: Some(peer.gid),
            pid: Some(peer.pid),
        },
        Err(error) => {
            let HostAnswer { kind, errno } = failed(error);
            HostPeer { kind, errno, uid: None, gid: None, pid: None }
        }
    })
}

/// Forbids core dumps of this process, and other processes to attach to it.
#[napi(catch_unwind)]
#[must_use]
pub fn host_forbid_core_dumps() -> HostAnswer {
    finished(host::forbid_core_dumps())
}

/// Sends a state to the service manager that listens at an address.
#[napi(catch_unwind)]
#[must_use]
#[allow(clippy::needless_pass_by_value, reason = "napi hands over owned strings")]
pub fn host_notify(address: String, state: String) -> HostAnswer {
    finished(host::notify(&address, &state))
}

/// Ends this process with an exit code once a time has passed, whatever its other threads do meanwhile.
///
/// `exit(3)`, by which Node ends, first waits for the threads of its pool, and so for a write to a pipe that
/// nobody reads or for a disk that does not answer. This thread waits for nobody, and nothing takes it back.
#[napi(catch_unwind)]
#[must_use]
pub fn host_end_within(milliseconds: u32, code: i32) -> HostAnswer {
    let time = Duration::from_millis(u64::from(milliseconds));
    let waiting = thread::Builder::new().name("tq-end".to_owned()).spawn(move || {
        thread::sleep(time);
        end_now(code);
    });
    match waiting {
        Ok(_) => answer("done", None),
        Err(error) => answer("refused", error.raw_os_error()),
    }
}

#[cfg(unix)]
#[allow(unsafe_code)]
fn end_now(code: i32) -> ! {
    // SAFETY: `_exit(2)` has no preconditions. It runs no handler and no destructor, which is why it is
    // called, and the system takes back all memory, locked pages included.
    unsafe { libc::_exit(code) }
}

#[cfg(not(unix))]
fn end_now(code: i32) -> ! {
    std::process::exit(code)
}

fn finished(result: std::result::Result<(), HostError>) -> HostAnswer {
    result.map_or_else(failed, |()| answer("done", None))
}

fn failed(error: HostError) -> HostAnswer {
    match error {
        HostError::Refused { errno } => answer("refused", Some(errno)),
        HostError::InvalidAddress => answer("invalidAddress", None),
        _ => answer("unsupported", None),
    }
}

fn answer(kind: &str, errno: Option<i32>) -> HostAnswer {
    HostAnswer { kind: kind.to_owned(), errno }
}

/// Borrows a descriptor that JavaScript has open.
#[cfg(unix)]
#[allow(unsafe_code)]
fn with_descriptor<T>(fd: i32, work: impl FnOnce(std::os::fd::BorrowedFd<'_>) -> T) -> Result<T> {
    if fd < 0 {
        return Err(invalid_argument("fd", &"is negative"));
    }
    // SAFETY: it is not -1. JavaScript does not run until the call returns, so nothing that this
    // thread owns is closed meanwhile. A descriptor that is not open, or that another thread closes,
    // only makes the system call fail or ask about another file: no memory is reached through it.
    Ok(work(unsafe { std::os::fd::BorrowedFd::borrow_raw(fd) }))
}

/// On other systems there is nothing to borrow, and the functions answer "unsupported".
#[cfg(not(unix))]
fn with_descriptor<T>(fd: i32, work: impl FnOnce(i32) -> T) -> Result<T> {
    Ok(work(fd))
}

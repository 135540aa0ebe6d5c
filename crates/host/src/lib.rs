//! What a trust quorum daemon asks of the operating system and Node does not offer: locks on files
//! and folders, who is at the other end of a unix socket, a process that leaves no core dump, and the service manager's
//! notifications.
//!
//! Linux has all of it. On another system a function answers [`HostError::Unsupported`], and its
//! caller decides whether it can do without.
//!
//! There is no unsafe code here: system calls go through `rustix` and the standard library, and file
//! descriptors come in as borrowed handles.

mod error;
mod harden;
mod lock;
mod notify;
mod peer;

pub use crate::error::HostError;
pub use crate::harden::forbid_core_dumps;
pub use crate::lock::try_lock_exclusive;
pub use crate::notify::notify;
pub use crate::peer::{PeerCredentials, peer_credentials};

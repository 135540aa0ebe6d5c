//! What a trust quorum daemon needs of the operating system and Node does not offer: advisory locks on files
//! and folders, the credentials of a unix socket's peer, disabling core dumps, and notifications to the service
//! manager.
//!
//! Linux has all of it. On another system a function returns [`HostError::Unsupported`], and the caller
//! decides whether it can do without.
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

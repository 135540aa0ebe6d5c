//! The credentials of the peer of a unix socket.

use crate::HostError;

/// The process that connected a unix socket, as the kernel recorded it when it connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerCredentials {
    /// Its effective user.
    pub uid: u32,
    /// Its effective group.
    pub gid: u32,
    /// Its process id, 0 where it is outside of this process's pid namespace. The id may have been reused
    /// since: use it in logs only, never for a decision.
    pub pid: i32,
}

/// The credentials of the process that connected this unix stream socket (`SO_PEERCRED`, unix(7)).
///
/// # Errors
///
/// [`HostError::Unsupported`] where this is not Linux; [`HostError::Refused`] where the descriptor is not that of a socket.
#[cfg(target_os = "linux")]
pub fn peer_credentials(socket: impl std::os::fd::AsFd) -> Result<PeerCredentials, HostError> {
    let domain = rustix::net::sockopt::socket_domain(&socket)?;
    // For any other kind of socket the kernel answers too, with a user that says nothing.
    if domain != rustix::net::AddressFamily::UNIX {
        return Err(HostError::Unsupported);
    }
    // Not by `rustix`, which takes it that a pid is never 0.
    let peer = nix::sys::socket::getsockopt(&socket, nix::sys::socket::sockopt::PeerCredentials)
        .map_err(|errno| HostError::Refused { errno: errno as i32 })?;
    Ok(PeerCredentials { uid: peer.uid(), gid: peer.gid(), pid: peer.pid() })
}

/// Not asked for on this system.
///
/// # Errors
///
/// Always [`HostError::Unsupported`].
#[cfg(not(target_os = "linux"))]
pub fn peer_credentials<T>(_socket: T) -> Result<PeerCredentials, HostError> {
    Err(HostError::Unsupported)
}

//! Telling the service manager how the process is.

use crate::HostError;

/// Sends a state, e.g. `READY=1` or `WATCHDOG=1`, to the service manager: one datagram to the address
/// that it gave in `NOTIFY_SOCKET` (`sd_notify(3)`), which is an absolute path, or `@` and an abstract
/// name.
///
/// It never waits: where the service manager does not read, the datagram is refused.
///
/// # Errors
///
/// [`HostError::InvalidAddress`]; [`HostError::Refused`] where nobody listens there;
/// [`HostError::Unsupported`] where this is not Linux.
#[cfg(target_os = "linux")]
pub fn notify(address: &str, state: &str) -> Result<(), HostError> {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    let address = if let Some(name) = address.strip_prefix('@') {
        SocketAddr::from_abstract_name(name)?
    } else if address.starts_with('/') {
        SocketAddr::from_pathname(address)?
    } else {
        return Err(HostError::InvalidAddress);
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.send_to_addr(state.as_bytes(), &address)?;
    Ok(())
}

/// There is no such service manager on this system.
///
/// # Errors
///
/// Always [`HostError::Unsupported`].
#[cfg(not(target_os = "linux"))]
pub fn notify(_address: &str, _state: &str) -> Result<(), HostError> {
    Err(HostError::Unsupported)
}

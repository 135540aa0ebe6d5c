//! Keeping the process's memory to itself.
//!
//! `mlockall(2)` is left out on purpose: V8 gives memory back with `MADV_DONTNEED`, which the kernel
//! refuses for locked pages, and V8 takes that refusal for corruption and ends the process. Against
//! swapping there is the service's own limit of swap space (`MemorySwapMax=0`), which costs nothing.

use crate::HostError;

/// Sees to it that this process leaves no core dump and that other processes of the same user cannot
/// attach to it: `PR_SET_DUMPABLE` 0 and a limit of 0 bytes for core files, prctl(2) and core(5).
///
/// From then on the files in `/proc/self` belong to root, so a process of another user can no longer
/// list its own open files there.
///
/// # Errors
///
/// [`HostError::Unsupported`] where this is not Linux, [`HostError::Refused`] where the kernel refuses.
#[cfg(target_os = "linux")]
pub fn forbid_core_dumps() -> Result<(), HostError> {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

    // The limit first: a core that goes to a pipe ignores it, and a process that is not dumpable has
    // none at all.
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Not done on this system.
///
/// # Errors
///
/// Always [`HostError::Unsupported`].
#[cfg(not(target_os = "linux"))]
pub fn forbid_core_dumps() -> Result<(), HostError> {
    Err(HostError::Unsupported)
}

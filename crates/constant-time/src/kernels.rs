//! The kernels of `trust-quorum-shamir`, and how a process is told which one to use.

/// The environment variable that names a process's kernel.
pub(crate) const VARIABLE: &str = "TRUST_QUORUM_KERNEL";

/// Every kernel; no machine has all of them.
pub(crate) const NAMES: [&str; 5] = ["gfni", "avx2", "ssse3", "neon", "portable"];

//! The kernels of `trust-quorum-shamir`, and the variable that selects one.

/// The environment variable that selects the kernel of a process.
pub(crate) const VARIABLE: &str = "TRUST_QUORUM_KERNEL";

/// Every kernel; no machine has all of them.
pub(crate) const NAMES: [&str; 5] = ["gfni", "avx2", "ssse3", "neon", "portable"];

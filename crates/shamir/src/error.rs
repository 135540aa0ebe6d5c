//! Why shares cannot be made or used. Every variant carries public facts only.

use thiserror::Error;

/// Why a secret could not be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SplitError {
    /// `k` is below 2, so that a single share would be the secret.
    #[error("the threshold must be at least 2")]
    ThresholdTooSmall,
    /// `n` is below `k`, so that the secret could never be combined.
    #[error("there must be at least as many shares as the threshold")]
    FewerSharesThanThreshold,
    /// The secret has no bytes.
    #[error("the secret is empty")]
    EmptySecret,
    /// The buffer for the shares has not exactly `n * (1 + secret.len())` bytes.
    #[error("the output buffer has the wrong length")]
    OutputLength,
    /// The kernel that the environment names cannot be used.
    #[error(transparent)]
    Kernel(#[from] KernelError),
}

impl SplitError {
    /// The stable code of this error, the same in every language.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ThresholdTooSmall => "ERR_TQ_THRESHOLD_TOO_SMALL",
            Self::FewerSharesThanThreshold => "ERR_TQ_FEWER_SHARES_THAN_THRESHOLD",
            Self::EmptySecret | Self::OutputLength => "ERR_TQ_INVALID_ARGUMENT",
            Self::Kernel(error) => error.code(),
        }
    }
}

/// Why shares could not be combined, or another share not be computed from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CombineError {
    /// Fewer than 2 shares were given; no secret is split with a lower threshold.
    #[error("at least 2 shares are needed")]
    TooFewShares,
    /// Two shares have the same x-coordinate.
    #[error("two shares have the same x-coordinate")]
    DuplicateXCoordinates,
    /// The shares are not all `share_len` bytes long, or `share_len` leaves no room for a
    /// y-coordinate.
    #[error("the shares are not all of the same length")]
    InvalidShareLengths,
    /// The x-coordinate of a share is 0, where the secret itself would be.
    #[error("a share's x-coordinate must not be 0")]
    InvalidShareId,
    /// The output buffer has not exactly the length of what is written to it.
    #[error("the output buffer has the wrong length")]
    OutputLength,
    /// The kernel that the environment names cannot be used.
    #[error(transparent)]
    Kernel(#[from] KernelError),
}

impl CombineError {
    /// The stable code of this error, the same in every language.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooFewShares => "ERR_TQ_TOO_FEW_SHARES",
            Self::DuplicateXCoordinates => "ERR_TQ_DUPLICATE_X_COORDINATES",
            Self::InvalidShareLengths => "ERR_TQ_INVALID_SHARE_LENGTHS",
            Self::InvalidShareId => "ERR_TQ_INVALID_SHARE_ID",
            Self::OutputLength => "ERR_TQ_INVALID_ARGUMENT",
            Self::Kernel(error) => error.code(),
        }
    }
}

/// Why the kernel that the environment variable `TRUST_QUORUM_KERNEL` names cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KernelError {
    /// There is no kernel of that name.
    #[error("TRUST_QUORUM_KERNEL is none of portable, ssse3, avx2, gfni and neon")]
    Unknown,
    /// This processor lacks the instructions of that kernel.
    #[error("this processor cannot run the kernel that TRUST_QUORUM_KERNEL names")]
    Unsupported,
}

impl KernelError {
    /// The stable code of this error, the same in every language.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "ERR_TQ_INVALID_ARGUMENT"
    }
}

//! Why LRTQ's shares or packages cannot be used. Every variant carries public facts only.

use thiserror::Error;

/// Why an operation on LRTQ's shares was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LrtqError {
    /// The threshold is below 2, so that a single share would be the secret.
    #[error("the threshold must be at least 2")]
    ThresholdTooSmall,
    /// There would be fewer shares than the threshold, so that the secret could never be combined.
    #[error("there must be at least as many shares as the threshold")]
    FewerSharesThanThreshold,
    /// Fewer than 2 shares were given; no secret is split with a lower threshold.
    #[error("at least 2 shares are needed")]
    TooFewShares,
    /// Two shares have the same identifier.
    #[error("two shares have the same x-coordinate")]
    DuplicateXCoordinates,
    /// The shares are not all [`SHARE_BYTES`](crate::SHARE_BYTES) long.
    #[error("the shares are not all 33 bytes long")]
    InvalidShareLengths,
    /// The identifier of a share is 0, where the secret itself would be.
    #[error("a share's identifier must not be 0")]
    InvalidShareId,
    /// 32 bytes that should be a scalar are not below the order of the field.
    #[error("a scalar is not in its canonical encoding")]
    NonCanonicalScalar,
    /// The output buffer has not exactly the length of what is written to it.
    #[error("the output buffer has the wrong length")]
    OutputLength,
    /// A package of spare shares was not sealed like this: another secret, rack, salt or nonce, or
    /// changed bytes. Which of them cannot be told.
    #[error("the spare shares could not be authenticated")]
    AuthenticationFailed,
    /// What a package holds is not a sequence of whole shares.
    #[error("the spare shares are not a sequence of whole shares")]
    InvalidPlaintextLength,
}

impl LrtqError {
    /// The stable code of this error, the same in every language.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ThresholdTooSmall => "ERR_TQ_THRESHOLD_TOO_SMALL",
            Self::FewerSharesThanThreshold => "ERR_TQ_FEWER_SHARES_THAN_THRESHOLD",
            Self::TooFewShares => "ERR_TQ_TOO_FEW_SHARES",
            Self::DuplicateXCoordinates => "ERR_TQ_DUPLICATE_X_COORDINATES",
            Self::InvalidShareLengths => "ERR_TQ_INVALID_SHARE_LENGTHS",
            Self::InvalidShareId => "ERR_TQ_INVALID_SHARE_ID",
            Self::NonCanonicalScalar => "ERR_TQ_NON_CANONICAL_SCALAR",
            Self::OutputLength => "ERR_TQ_INVALID_ARGUMENT",
            Self::AuthenticationFailed => "ERR_TQ_AUTHENTICATION_FAILED",
            Self::InvalidPlaintextLength => "ERR_TQ_INVALID_PLAINTEXT_LENGTH",
        }
    }
}

//! Why an operation on rack secrets was refused. Every variant carries public facts only.

use thiserror::Error as ThisError;
use trust_quorum_lrtq::LrtqError;
use trust_quorum_shamir::{CombineError, SplitError};

/// Why an operation on rack secrets was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The secret cannot be split like this.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The shares cannot be combined.
    #[error(transparent)]
    Combine(#[from] CombineError),
    /// The shares of an LRTQ rack cannot be combined.
    #[error(transparent)]
    Lrtq(#[from] LrtqError),
    /// A share has another digest than the one that the configuration names for it.
    #[error("the share at index {index} does not have the expected digest")]
    ShareDigestMismatch {
        /// The place of the share among the given ones, from 0; 0 for a computed share.
        index: usize,
    },
    /// The secret has not 32 bytes, or is all zero.
    #[error("a rack secret must have 32 bytes that are not all zero")]
    InvalidRackSecret,
    /// The encrypted rack secrets were not sealed like this: another secret, rack, epoch or salt,
    /// or changed bytes. Which of them cannot be told.
    #[error("the encrypted rack secrets could not be authenticated")]
    AuthenticationFailed,
    /// The decrypted rack secrets are not a whole number of entries of 40 bytes.
    #[error("the decrypted rack secrets are {length} bytes long, which is not a multiple of 40")]
    InvalidPlaintextLength {
        /// The length in bytes.
        length: usize,
    },
    /// The decrypted rack secrets have epochs that do not ascend from at least 1 to below the
    /// configuration's, or a secret that is all zero.
    #[error("the decrypted rack secrets are not of ascending prior epochs, or one is all zero")]
    InvalidPlaintext,
    /// An epoch is 0, or a prior secret's is not below the epoch that it is sealed for.
    #[error("epoch {epoch} is not valid here")]
    InvalidEpoch {
        /// The epoch that is not valid.
        epoch: u64,
    },
    /// There already is a secret for the epoch.
    #[error("there already is a rack secret for epoch {epoch}")]
    DuplicateEpoch {
        /// The epoch.
        epoch: u64,
    },
    /// A buffer for shares or digests has not exactly the length that belongs to their number.
    #[error("a buffer for shares or digests has the wrong length")]
    BufferLength,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    RandomSource,
}

impl Error {
    /// The stable code of this error, the same in every language.
    ///
    /// ```
    /// use trust_quorum_rack_secret::RackSecret;
    ///
    /// let error = RackSecret::from_bytes(&[0; 32]).unwrap_err();
    /// assert_eq!(error.code(), "ERR_TQ_INVALID_RACK_SECRET");
    /// ```
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Split(error) => error.code(),
            Self::Combine(error) => error.code(),
            Self::Lrtq(error) => error.code(),
            Self::ShareDigestMismatch { .. } => "ERR_TQ_SHARE_DIGEST_MISMATCH",
            Self::InvalidRackSecret => "ERR_TQ_INVALID_RACK_SECRET",
            Self::AuthenticationFailed => "ERR_TQ_AUTHENTICATION_FAILED",
            Self::InvalidPlaintextLength { .. } => "ERR_TQ_INVALID_PLAINTEXT_LENGTH",
            Self::InvalidPlaintext => "ERR_TQ_INVALID_PLAINTEXT",
            Self::InvalidEpoch { .. } => "ERR_TQ_INVALID_EPOCH",
            Self::DuplicateEpoch { .. } | Self::BufferLength => "ERR_TQ_INVALID_ARGUMENT",
            Self::RandomSource => "ERR_TQ_RANDOM_SOURCE",
        }
    }
}

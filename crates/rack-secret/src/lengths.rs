//! How long secrets, shares and digests are.

/// The length of a rack secret.
pub const SECRET_BYTES: usize = 32;

/// The length of a share of a rack secret: its x-coordinate and 32 y-coordinates.
pub const SHARE_BYTES: usize = 1 + SECRET_BYTES;

/// The length of a share's digest.
pub const DIGEST_BYTES: usize = 32;

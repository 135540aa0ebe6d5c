//! One rack secret.

use std::fmt;

use rand_core::CryptoRng;
use subtle::{Choice, ConstantTimeEq};
use zeroize::ZeroizeOnDrop;

use crate::lengths::SECRET_BYTES;
use crate::memory::Slot;
use crate::{Error, OperationRandom};

/// A rack secret: 32 bytes, never all zero, from which the keys of a rack's disks are derived.
///
/// It lies in memory that is locked where the system allows it ([`crate::is_memory_locked`]), so that
/// moving it leaves no copy behind, is zeroed when dropped, is compared in constant time only and never
/// printed. It cannot be cloned by accident; see [`RackSecret::duplicate`].
///
/// # Example
///
/// ```
/// use trust_quorum_rack_secret::RackSecret;
///
/// let secret = RackSecret::random()?;
/// assert!(bool::from(secret.ct_eq(&secret.duplicate())));
/// assert_eq!(format!("{secret:?}"), "RackSecret(..)");
/// # Ok::<(), trust_quorum_rack_secret::Error>(())
/// ```
pub struct RackSecret(Slot);

/// Its slot zeroes itself.
impl ZeroizeOnDrop for RackSecret {}

impl RackSecret {
    /// A fresh secret from the operating system's random source.
    ///
    /// # Errors
    ///
    /// [`Error::RandomSource`].
    pub fn random() -> Result<Self, Error> {
        Self::random_from(&mut OperationRandom::new()?)
    }

    /// Copies a secret out of `bytes`, which stay the caller's to wipe.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidRackSecret`] if there are not 32 of them or they are all zero.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() != SECRET_BYTES {
            return Err(Error::InvalidRackSecret);
        }
        Self::fill_with(|secret| {
            secret.copy_from_slice(bytes);
            Ok(())
        })
    }

    /// A copy, to be wiped and dropped on its own.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        let mut copy = Slot::new();
        copy.copy_from_slice(&self.0[..]);
        Self(copy)
    }

    /// Whether both are the same secret, in constant time.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> Choice {
        self.0[..].ct_eq(&other.0[..])
    }

    /// The bytes. A caller that copies them has to zeroize the copy.
    #[must_use]
    pub fn expose(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }

    pub(crate) fn random_from(rng: &mut (impl CryptoRng + ?Sized)) -> Result<Self, Error> {
        Self::fill_with(|secret| {
            rng.fill_bytes(secret);
            Ok(())
        })
    }

    /// Fills a secret where it is going to stay, and refuses one that is all zero.
    ///
    /// All zero is what wiped or never written memory looks like. The operating system never draws
    /// it: its odds are 2^-256.
    pub(crate) fn fill_with(
        fill: impl FnOnce(&mut [u8; SECRET_BYTES]) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let mut secret = Self(Slot::new());
        fill(&mut secret.0)?;
        if secret.0.iter().fold(0, |bits, byte| bits | byte).ct_eq(&0).into() {
            return Err(Error::InvalidRackSecret);
        }
        Ok(secret)
    }
}

/// Shows that there is a secret, and nothing of it.
impl fmt::Debug for RackSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RackSecret(..)")
    }
}

//! Rack secrets by epoch.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use zeroize::ZeroizeOnDrop;

use crate::{Error, RackSecret};

/// Rack secrets by epoch, in ascending order, at most one for each epoch.
///
/// Each secret is zeroed when it is dropped, and none is ever printed.
///
/// # Example
///
/// ```
/// use trust_quorum_rack_secret::{RackSecret, RackSecrets};
///
/// let mut secrets = RackSecrets::new();
/// secrets.insert(2, RackSecret::random()?)?;
/// secrets.insert(1, RackSecret::random()?)?;
/// assert!(secrets.insert(1, RackSecret::random()?).is_err());
/// assert_eq!(secrets.epochs().collect::<Vec<_>>(), [1, 2]);
/// # Ok::<(), trust_quorum_rack_secret::Error>(())
/// ```
#[derive(Default)]
pub struct RackSecrets(BTreeMap<u64, RackSecret>);

impl RackSecrets {
    /// No secrets yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the secret of an epoch that has none. On an error nothing changes, and `secret` is
    /// wiped.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEpoch`] for epoch 0, [`Error::DuplicateEpoch`] if the epoch has a secret.
    pub fn insert(&mut self, epoch: u64, secret: RackSecret) -> Result<(), Error> {
        if epoch == 0 {
            return Err(Error::InvalidEpoch { epoch });
        }
        match self.0.entry(epoch) {
            Entry::Occupied(_) => Err(Error::DuplicateEpoch { epoch }),
            Entry::Vacant(entry) => {
                entry.insert(secret);
                Ok(())
            }
        }
    }

    /// The secret of an epoch, if there is one.
    #[must_use]
    pub fn get(&self, epoch: u64) -> Option<&RackSecret> {
        self.0.get(&epoch)
    }

    /// Takes the secret of an epoch out, if there is one.
    pub fn remove(&mut self, epoch: u64) -> Option<RackSecret> {
        self.0.remove(&epoch)
    }

    /// The epochs that have a secret, ascending.
    #[must_use]
    pub fn epochs(&self) -> impl ExactSizeIterator<Item = u64> + DoubleEndedIterator + '_ {
        self.0.keys().copied()
    }

    /// The epochs and their secrets, by ascending epoch.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u64, &RackSecret)> + '_ {
        self.0.iter().map(|(&epoch, secret)| (epoch, secret))
    }

    /// How many epochs have a secret.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no epoch has a secret.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The map drops its secrets, and each of them zeroes itself.
impl ZeroizeOnDrop for RackSecrets {}

/// Shows the epochs, and nothing of the secrets.
impl fmt::Debug for RackSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.0).finish()
    }
}

//! Rack secrets: how they are made, split, recovered, and sealed from epoch to epoch.
//!
//! Every configuration of a rack, named by its epoch, has a fresh 32-byte [`RackSecret`]. Each
//! member holds one share of it ([`create_shares`]), and the configuration names the SHA3-256
//! digest of every share ([`share_digest`]). The secrets of prior epochs, under which disks may
//! still be encrypted, travel with the configuration, encrypted under the new secret ([`seal()`]).
//! Enough shares recover all of them ([`recover`]), and a member that missed its share can compute it from
//! those of others ([`compute_share`]).
//!
//! # Shares and digests
//!
//! A share is [`SHARE_BYTES`] long, its x-coordinate and then the y-coordinates of the 32 secret
//! bytes, as in [`trust_quorum_shamir`]. A digest is [`DIGEST_BYTES`] long. Several of them lie one
//! after the other in one buffer, in the same order.
//!
//! # Sealed secrets
//!
//! The plaintext is, for each prior epoch in ascending order, the epoch (u64, big-endian) and its
//! secret. The key is HKDF-SHA3-256(salt, ikm = new secret, info = `trust-quorum-v1-rack-secrets`
//! || rack id || new epoch (u64, big-endian)) with a fresh salt, so that it is used once and the
//! nonce of ChaCha20-Poly1305 can be all zero. There is no associated data (FIPS 202, RFC 5869, RFC
//! 8439).
//!
//! # What is secret
//!
//! Secrets, y-coordinates, coefficients and what is opened: no branch, no memory index and no
//! variable-time instruction depends on them, except that a value which is refused shows that it
//! was. What this crate allocates for them is zeroed before it is freed, and never printed. The compiler and
//! the libraries below leave copies on the stack, some keys among them, which the caller has to overwrite, as
//! the bindings do; copies in registers cannot be cleared.
//!
//! # Example
//!
//! ```
//! use trust_quorum_rack_secret::{RackSecrets, create_shares, recover, seal};
//!
//! let rack_id = [7; 16];
//! let (mut shares, mut digests) = ([0; 5 * 33], [0; 5 * 32]);
//!
//! // Epoch 1 has no prior secrets.
//! let first = create_shares(5, 3, &mut shares, &mut digests)?;
//! let secrets = recover(&shares[..3 * 33], &digests[..3 * 32], &rack_id, 1, None)?;
//! assert!(bool::from(secrets.get(1).unwrap().ct_eq(&first)));
//!
//! // Epoch 2 carries epoch 1's along.
//! let (mut shares, mut digests) = ([0; 6 * 33], [0; 6 * 32]);
//! create_shares(6, 4, &mut shares, &mut digests)?;
//! let sealed = seal(&shares, &rack_id, 2, &secrets, None)?;
//! let encrypted = Some((&sealed.salt, &sealed.data[..]));
//! let secrets = recover(&shares[..4 * 33], &digests[..4 * 32], &rack_id, 2, encrypted)?;
//! assert_eq!(secrets.epochs().collect::<Vec<_>>(), [1, 2]);
//! assert!(bool::from(secrets.get(1).unwrap().ct_eq(&first)));
//! # Ok::<(), trust_quorum_rack_secret::Error>(())
//! ```

mod digests;
mod error;
mod lengths;
mod memory;
mod random;
mod seal;
mod secret;
mod secrets;
mod shares;
#[cfg(all(target_os = "linux", any(target_arch = "aarch64", target_arch = "x86_64")))]
mod vdso;

pub use crate::digests::{digests_at_a_time, share_digest, share_digests};
pub use crate::error::Error;
pub use crate::lengths::{DIGEST_BYTES, SECRET_BYTES, SHARE_BYTES};
pub use crate::memory::is_memory_locked;
pub use crate::random::OperationRandom;
pub use crate::seal::{Encrypted, RACK_ID_BYTES, SALT_BYTES, recover, recover_lrtq, seal};
pub use crate::secret::RackSecret;
pub use crate::secrets::RackSecrets;
pub use crate::shares::{compute_share, create_shares, create_shares_with_rng};

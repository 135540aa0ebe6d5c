//! The packages of encrypted spare shares that the bootstore gave to each sled.

use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, Key, KeyInit, Nonce};
use hkdf::SimpleHkdf;
use sha3::Sha3_256;
use zeroize::Zeroizing;

use crate::{LrtqError, SECRET_BYTES, SHARE_BYTES};

/// The length of the salt that a package's key is derived with.
pub const SALT_BYTES: usize = 32;

/// The length of a package's nonce: 11 random bytes and the sled's place in the initial membership.
pub const NONCE_BYTES: usize = 12;

/// The length of a rack's id, the bytes of its UUID in the order in which they are written.
pub const RACK_ID_BYTES: usize = 16;

/// What the key is derived for; the rack's id follows it.
const KEY_INFO: &[u8] = b"trust-quorum-v0-key-shares-";

/// Opens a package: decrypts the spare shares, which then lie one after the other.
///
/// # Errors
///
/// [`LrtqError::AuthenticationFailed`] if it was not sealed with exactly these, and
/// [`LrtqError::InvalidPlaintextLength`] if what it holds is not a sequence of whole shares.
///
/// # Example
///
/// ```
/// use trust_quorum_lrtq::{open_spare_shares, seal_spare_shares};
///
/// let (secret, rack_id, salt, nonce) = ([1; 32], [2; 16], [3; 32], [4; 12]);
/// let spare_shares = [5; 2 * 33];
/// let package = seal_spare_shares(&secret, &rack_id, &salt, &nonce, &spare_shares)?;
/// assert_eq!(*open_spare_shares(&secret, &rack_id, &salt, &nonce, &package)?, spare_shares);
/// # Ok::<(), trust_quorum_lrtq::LrtqError>(())
/// ```
pub fn open_spare_shares(
    secret: &[u8; SECRET_BYTES],
    rack_id: &[u8; RACK_ID_BYTES],
    salt: &[u8; SALT_BYTES],
    nonce: &[u8; NONCE_BYTES],
    encrypted: &[u8],
) -> Result<Zeroizing<Vec<u8>>, LrtqError> {
    let mut shares = Zeroizing::new(encrypted.to_vec());
    cipher(secret, rack_id, salt)
        .decrypt_in_place(&Nonce::from(*nonce), &[], &mut *shares)
        .map_err(|_| LrtqError::AuthenticationFailed)?;
    if !shares.len().is_multiple_of(SHARE_BYTES) {
        return Err(LrtqError::InvalidPlaintextLength);
    }
    Ok(shares)
}

/// Seals whole shares into a package, which is 16 bytes longer, as the bootstore did.
///
/// A pair of key (secret, rack and salt) and nonce must not be used for two different packages.
///
/// # Errors
///
/// [`LrtqError::InvalidShareLengths`] if `shares` is not a sequence of whole shares.
///
/// # Example
///
/// See [`open_spare_shares`].
#[expect(clippy::missing_panics_doc, reason = "no caller has that much memory")]
pub fn seal_spare_shares(
    secret: &[u8; SECRET_BYTES],
    rack_id: &[u8; RACK_ID_BYTES],
    salt: &[u8; SALT_BYTES],
    nonce: &[u8; NONCE_BYTES],
    shares: &[u8],
) -> Result<Vec<u8>, LrtqError> {
    if !shares.len().is_multiple_of(SHARE_BYTES) {
        return Err(LrtqError::InvalidShareLengths);
    }
    let mut package = shares.to_vec();
    let tag = cipher(secret, rack_id, salt)
        .encrypt_inout_detached(&Nonce::from(*nonce), &[], package.as_mut_slice().into())
        .expect("a package is far below the 256 GiB that one nonce can encrypt");
    package.extend_from_slice(&tag);
    Ok(package)
}

fn cipher(
    secret: &[u8; SECRET_BYTES],
    rack_id: &[u8; RACK_ID_BYTES],
    salt: &[u8; SALT_BYTES],
) -> ChaCha20Poly1305 {
    let mut key = Zeroizing::new([0; 32]);
    SimpleHkdf::<Sha3_256>::new(Some(salt), secret)
        .expand_multi_info(&[KEY_INFO, rack_id], &mut *key)
        .expect("32 bytes are one block of output");
    ChaCha20Poly1305::new(<&Key>::from(&*key))
}

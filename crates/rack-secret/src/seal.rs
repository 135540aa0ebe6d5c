//! Sealing prior rack secrets under a new one, and recovering all of them from shares.

use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, Key, KeyInit, Nonce};
use hkdf::SimpleHkdf;
use sha3::Sha3_256;
use trust_quorum_lrtq as lrtq;
use trust_quorum_shamir::CombineError;
use zeroize::Zeroizing;

use crate::{DIGEST_BYTES, Error, RackSecret, RackSecrets, SECRET_BYTES, SHARE_BYTES};
use crate::{random, shares};

/// The length of the salt that the sealing key is derived with.
pub const SALT_BYTES: usize = 32;

/// The length of a rack's id, the bytes of its UUID in the order in which they are written.
pub const RACK_ID_BYTES: usize = 16;

/// The epoch as which the secret of an LRTQ rack enters the chain of secrets.
const LRTQ_EPOCH: u64 = 1;

/// What the key is derived for; the rack's id and the epoch follow it.
const KEY_INFO: &[u8] = b"trust-quorum-v1-rack-secrets";

const EPOCH_BYTES: usize = size_of::<u64>();
const ENTRY_BYTES: usize = EPOCH_BYTES + SECRET_BYTES;

/// Rack secrets of prior epochs, encrypted under the secret of a newer one. Nothing of it is
/// secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encrypted {
    /// The salt that the key is derived with.
    pub salt: [u8; SALT_BYTES],
    /// The ciphertext, 40 bytes for each prior epoch, and a 16-byte tag.
    pub data: Vec<u8>,
}

/// Recovers the rack secret of `epoch` from *all* the given shares, and with it the prior secrets.
///
/// `shares` are [`SHARE_BYTES`] each, at least as many as the configuration's threshold, and
/// `digests` the configuration's [`DIGEST_BYTES`] for each of them, in the same order; `encrypted`
/// is the configuration's salt and data, if it has any. The result holds the prior secrets and this
/// one.
///
/// # Errors
///
/// [`Error::BufferLength`] if there is not one digest for each share, [`Error::InvalidEpoch`] for
/// epoch 0, [`Error::Combine`] if the shares cannot be combined, [`Error::ShareDigestMismatch`]
/// with the index of the first share that is not the expected one, [`Error::InvalidRackSecret`] if
/// they combine to zeros, [`Error::AuthenticationFailed`], [`Error::InvalidPlaintextLength`] and
/// [`Error::InvalidPlaintext`] if the prior secrets cannot be opened.
///
/// # Example
///
/// See the [crate](crate#example).
pub fn recover(
    shares: &[u8],
    digests: &[u8],
    rack_id: &[u8; RACK_ID_BYTES],
    epoch: u64,
    encrypted: Option<(&[u8; SALT_BYTES], &[u8])>,
) -> Result<RackSecrets, Error> {
    if !shares.len().is_multiple_of(SHARE_BYTES) {
        return Err(CombineError::InvalidShareLengths.into());
    }
    if shares.len() / SHARE_BYTES * DIGEST_BYTES != digests.len() {
        return Err(Error::BufferLength);
    }
    if epoch == 0 {
        return Err(Error::InvalidEpoch { epoch });
    }
    shares::verify(shares, digests)?;
    let secret = shares::combine(shares)?;
    let mut secrets = match encrypted {
        Some((salt, data)) => open(&secret, rack_id, epoch, salt, data)?,
        None => RackSecrets::new(),
    };
    secrets.insert(epoch, secret)?;
    Ok(secrets)
}

/// Recovers the secret of an LRTQ rack from *all* the given shares, 33 bytes each and at least as
/// many as its threshold. It is held as the secret of epoch 1.
///
/// # Errors
///
/// [`Error::Lrtq`] if the shares cannot be combined, and [`Error::InvalidRackSecret`] if they
/// combine to zeros.
///
/// # Example
///
/// ```
/// use trust_quorum_rack_secret::recover_lrtq;
///
/// // The constant polynomial 5 through two points.
/// let mut shares = [0; 2 * 33];
/// (shares[0], shares[1]) = (1, 5);
/// (shares[33], shares[34]) = (2, 5);
/// let secrets = recover_lrtq(&shares)?;
/// assert_eq!(secrets.get(1).unwrap().expose()[0], 5);
/// # Ok::<(), trust_quorum_rack_secret::Error>(())
/// ```
pub fn recover_lrtq(shares: &[u8]) -> Result<RackSecrets, Error> {
    let combined = lrtq::combine(shares)?;
    let mut secrets = RackSecrets::new();
    secrets.insert(LRTQ_EPOCH, RackSecret::from_bytes(&*combined)?)?;
    Ok(secrets)
}

/// Seals the secrets of prior epochs under the rack secret of `epoch`, which is combined from *all*
/// the given new shares.
///
/// Without a `salt` a fresh one is drawn from the operating system. A given salt is for replaying
/// what was once recorded: the same secret, rack, epoch and salt must never seal two different
/// sets.
///
/// # Errors
///
/// [`Error::Combine`] if the shares cannot be combined, [`Error::InvalidRackSecret`] if they
/// combine to zeros, [`Error::InvalidEpoch`] for epoch 0 or if a prior epoch is not below `epoch`,
/// [`Error::RandomSource`].
///
/// # Example
///
/// See the [crate](crate#example).
#[expect(clippy::missing_panics_doc, reason = "no caller has that much memory")]
pub fn seal(
    new_shares: &[u8],
    rack_id: &[u8; RACK_ID_BYTES],
    epoch: u64,
    prior: &RackSecrets,
    salt: Option<[u8; SALT_BYTES]>,
) -> Result<Encrypted, Error> {
    if epoch == 0 {
        return Err(Error::InvalidEpoch { epoch });
    }
    if let Some(prior_epoch) = prior.epochs().next_back().filter(|&last| last >= epoch) {
        return Err(Error::InvalidEpoch { epoch: prior_epoch });
    }
    let secret = shares::combine(new_shares)?;
    let salt = match salt {
        Some(salt) => salt,
        None => fresh_salt()?,
    };

    let mut plaintext = Zeroizing::new(vec![0; prior.len() * ENTRY_BYTES]);
    for (entry, (epoch, secret)) in plaintext.chunks_exact_mut(ENTRY_BYTES).zip(prior.iter()) {
        entry[..EPOCH_BYTES].copy_from_slice(&epoch.to_be_bytes());
        entry[EPOCH_BYTES..].copy_from_slice(secret.expose());
    }
    let tag = cipher(&secret, rack_id, epoch, &salt)
        .encrypt_inout_detached(&Nonce::default(), &[], plaintext.as_mut_slice().into())
        .expect("the prior secrets are far below the 256 GiB that one nonce can encrypt");
    // By now the plaintext is ciphertext.
    let data = [&plaintext[..], &tag[..]].concat();
    Ok(Encrypted { salt, data })
}

fn fresh_salt() -> Result<[u8; SALT_BYTES], Error> {
    let mut salt = [0; SALT_BYTES];
    random::fill(&mut salt)?;
    Ok(salt)
}

/// Opens the prior secrets: as [`seal`] writes them, and nothing else, is accepted.
fn open(
    secret: &RackSecret,
    rack_id: &[u8; RACK_ID_BYTES],
    epoch: u64,
    salt: &[u8; SALT_BYTES],
    data: &[u8],
) -> Result<RackSecrets, Error> {
    let mut plaintext = Zeroizing::new(data.to_vec());
    cipher(secret, rack_id, epoch, salt)
        .decrypt_in_place(&Nonce::default(), &[], &mut *plaintext)
        .map_err(|_| Error::AuthenticationFailed)?;
    let (entries, rest) = plaintext.as_chunks::<ENTRY_BYTES>();
    if !rest.is_empty() {
        return Err(Error::InvalidPlaintextLength { length: plaintext.len() });
    }

    let mut secrets = RackSecrets::new();
    let mut last_epoch = 0;
    for entry in entries {
        let (prior_epoch, secret) =
            entry.split_first_chunk().expect("an entry is longer than an epoch");
        let prior_epoch = u64::from_be_bytes(*prior_epoch);
        if prior_epoch <= last_epoch || prior_epoch >= epoch {
            return Err(Error::InvalidPlaintext);
        }
        let secret = RackSecret::from_bytes(secret).map_err(|_| Error::InvalidPlaintext)?;
        secrets.insert(prior_epoch, secret).map_err(|_| Error::InvalidPlaintext)?;
        last_epoch = prior_epoch;
    }
    Ok(secrets)
}

fn cipher(
    secret: &RackSecret,
    rack_id: &[u8; RACK_ID_BYTES],
    epoch: u64,
    salt: &[u8; SALT_BYTES],
) -> ChaCha20Poly1305 {
    let mut key = Zeroizing::new([0; 32]);
    SimpleHkdf::<Sha3_256>::new(Some(salt), secret.expose())
        .expand_multi_info(&[KEY_INFO, rack_id, &epoch.to_be_bytes()], &mut *key)
        .expect("32 bytes are one block of output");
    ChaCha20Poly1305::new(<&Key>::from(&*key))
}

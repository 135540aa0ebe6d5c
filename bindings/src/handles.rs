//! Rack secrets behind handles: their bytes stay in Rust's memory, and are zeroed when a handle is
//! disposed of or, at the latest, collected.

use napi::bindgen_prelude::Uint8ArraySlice;
use napi_derive::napi;
use trust_quorum_lrtq as lrtq;
use trust_quorum_rack_secret::{self as rack_secret, RackSecret, RackSecrets, SECRET_BYTES};

use crate::buffers::{array, number, output};
use crate::failure::{Code, IntoNapi, Result, disposed, invalid_argument};
use crate::sharing::copy_out;
use crate::stack::with_stack_overwritten;

/// Whether the memory that handles keep their secrets in is locked, so that it is never swapped.
#[napi(catch_unwind)]
#[must_use]
pub fn is_secret_memory_locked() -> bool {
    rack_secret::is_memory_locked()
}

/// One rack secret, until it is disposed of.
#[napi]
pub struct NativeRackSecret {
    secret: Option<RackSecret>,
}

#[napi]
impl NativeRackSecret {
    /// Copies the secret into 32 bytes, which the caller zeroes.
    ///
    /// # Errors
    ///
    /// `ERR_TQ_SECRET_DISPOSED`, `ERR_TQ_INVALID_ARGUMENT`.
    #[napi(catch_unwind)]
    pub fn expose(&self, mut out: Uint8ArraySlice) -> Result<()> {
        let out = output(&mut out, &[])?;
        with_stack_overwritten(|| copy_out(self.secret()?.expose(), out))
    }

    /// Whether both are the same secret, in constant time.
    ///
    /// # Errors
    ///
    /// `ERR_TQ_SECRET_DISPOSED`.
    #[napi(catch_unwind)]
    pub fn equals(&self, other: &NativeRackSecret) -> Result<bool> {
        with_stack_overwritten(|| Ok(self.secret()?.ct_eq(other.secret()?).into()))
    }

    /// Zeroes the secret and forgets it. A second time it does nothing.
    #[napi(catch_unwind)]
    pub fn dispose(&mut self) {
        self.secret = None;
    }

    fn secret(&self) -> Result<&RackSecret> {
        self.secret.as_ref().ok_or_else(disposed)
    }
}

/// Rack secrets by epoch, until they are disposed of.
#[napi]
pub struct NativeRackSecrets {
    secrets: Option<RackSecrets>,
}

#[napi]
impl NativeRackSecrets {
    /// The epochs that have a secret, ascending.
    ///
    /// # Errors
    ///
    /// `ERR_TQ_SECRET_DISPOSED`.
    #[napi(catch_unwind)]
    pub fn epochs(&self) -> Result<Vec<i64>> {
        self.secrets()?.epochs().map(|epoch| number("epoch", epoch)).collect()
    }

    /// A new handle of the secret of one epoch, if there is one.
    ///
    /// # Errors
    ///
    /// `ERR_TQ_SECRET_DISPOSED`, `ERR_TQ_INVALID_ARGUMENT`.
    #[napi(catch_unwind)]
    pub fn secret(&self, epoch: i64) -> Result<Option<NativeRackSecret>> {
        let secret = self.secrets()?.get(number("epoch", epoch)?);
        let copy = secret.map(|secret| with_stack_overwritten(|| secret.duplicate()));
        Ok(copy.map(|secret| NativeRackSecret { secret: Some(secret) }))
    }

    /// Zeroes the secrets and forgets them. A second time it does nothing.
    #[napi(catch_unwind)]
    pub fn dispose(&mut self) {
        self.secrets = None;
    }

    fn secrets(&self) -> Result<&RackSecrets> {
        self.secrets.as_ref().ok_or_else(disposed)
    }
}

impl From<RackSecrets> for NativeRackSecrets {
    fn from(secrets: RackSecrets) -> Self {
        Self { secrets: Some(secrets) }
    }
}

/// Verifies the shares of a configuration, combines them, and opens the prior secrets, if any.
///
/// # Errors
///
/// As `recover` of `trust-quorum-rack-secret`; `ERR_TQ_INVALID_ARGUMENT`.
#[napi(catch_unwind)]
pub fn recover(
    shares: &[u8],
    digests: &[u8],
    rack_id: &[u8],
    epoch: i64,
    salt: Option<&[u8]>,
    data: Option<&[u8]>,
) -> Result<NativeRackSecrets> {
    let encrypted = match (salt, data) {
        (Some(salt), Some(data)) => Some((array("salt", salt)?, data)),
        (None, None) => None,
        _ => return Err(invalid_argument("salt", &"and data come together")),
    };
    let (rack_id, epoch) = (array("rackId", rack_id)?, number("epoch", epoch)?);
    with_stack_overwritten(|| rack_secret::recover(shares, digests, rack_id, epoch, encrypted))
        .map(NativeRackSecrets::from)
        .map_err(IntoNapi::into_napi)
}

/// Combines the shares of an LRTQ rack; the secret stands under epoch 1.
///
/// # Errors
///
/// Those of combining shares, `ERR_TQ_NON_CANONICAL_SCALAR`, `ERR_TQ_INVALID_RACK_SECRET`.
#[napi(catch_unwind)]
pub fn recover_lrtq(shares: &[u8]) -> Result<NativeRackSecrets> {
    with_stack_overwritten(|| rack_secret::recover_lrtq(shares))
        .map(NativeRackSecrets::from)
        .map_err(IntoNapi::into_napi)
}

/// Combines all shares of a new configuration and seals the prior secrets under its secret: the salt,
/// a fresh one where none is given, into 32 bytes, the data into 40 for each prior secret and 16.
///
/// # Errors
///
/// As `seal` of `trust-quorum-rack-secret`; `ERR_TQ_SECRET_DISPOSED`, `ERR_TQ_INVALID_ARGUMENT`.
#[napi(catch_unwind)]
pub fn seal(
    shares: &[u8],
    rack_id: &[u8],
    epoch: i64,
    prior: &NativeRackSecrets,
    salt: Option<&[u8]>,
    mut salt_out: Uint8ArraySlice,
    mut data_out: Uint8ArraySlice,
) -> Result<()> {
    let given_salt = salt.map(|salt| array("salt", salt)).transpose()?.copied();
    let (rack, epoch) = (array("rackId", rack_id)?, number("epoch", epoch)?);
    let prior = prior.secrets()?;
    let sealed =
        with_stack_overwritten(|| rack_secret::seal(shares, rack, epoch, prior, given_salt))
            .map_err(IntoNapi::into_napi)?;
    let salt = salt.unwrap_or_default();
    copy_out(&sealed.salt, output(&mut salt_out, &[shares, rack_id, salt, &data_out])?)?;
    copy_out(&sealed.data, output(&mut data_out, &[shares, rack_id, salt, &salt_out])?)
}

/// Puts known secrets, 32 bytes for each epoch, behind a handle.
///
/// # Errors
///
/// `ERR_TQ_INVALID_RACK_SECRET`, `ERR_TQ_INVALID_EPOCH`, `ERR_TQ_INVALID_ARGUMENT`.
#[napi(catch_unwind)]
pub fn import_secrets(epochs: Vec<i64>, secrets: &[u8]) -> Result<NativeRackSecrets> {
    if secrets.len() != epochs.len() * SECRET_BYTES {
        return Err(invalid_argument("secrets", &"has the wrong length"));
    }
    with_stack_overwritten(|| {
        let mut imported = RackSecrets::new();
        for (epoch, secret) in epochs.into_iter().zip(secrets.chunks_exact(SECRET_BYTES)) {
            let secret = RackSecret::from_bytes(secret).map_err(IntoNapi::into_napi)?;
            imported.insert(number("epoch", epoch)?, secret).map_err(IntoNapi::into_napi)?;
        }
        Ok(imported.into())
    })
}

/// Opens an LRTQ sled's spare shares, with the secret under epoch 1, into as many bytes as
/// `encrypted` has, less 16.
///
/// # Errors
///
/// As `open_spare_shares` of `trust-quorum-lrtq`; `ERR_TQ_SECRET_DISPOSED`, `ERR_TQ_INVALID_ARGUMENT`.
#[napi(catch_unwind)]
pub fn open_lrtq_spare_shares(
    secrets: &NativeRackSecrets,
    rack_id: &[u8],
    salt: &[u8],
    nonce: &[u8],
    encrypted: &[u8],
    mut out: Uint8ArraySlice,
) -> Result<()> {
    let secret = secrets.secrets()?.get(1).ok_or_else(no_lrtq_secret)?.expose();
    let out = output(&mut out, &[rack_id, salt, nonce, encrypted])?;
    let (rack_id, salt) = (array("rackId", rack_id)?, array("salt", salt)?);
    let nonce = array("nonce", nonce)?;
    with_stack_overwritten(|| {
        let shares = lrtq::open_spare_shares(secret, rack_id, salt, nonce, encrypted)
            .map_err(IntoNapi::into_napi)?;
        copy_out(&shares, out)
    })
}

fn no_lrtq_secret() -> napi::Error<Code> {
    invalid_argument("secrets", &"has no secret under epoch 1")
}

//! Randomness from the operating system.

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;
use zeroize::Zeroizing;

use crate::Error;

/// Fills `bytes` from the operating system.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|_| Error::RandomSource)
}

/// A generator for one call, seeded from the operating system by one request and zeroed when
/// dropped.
pub(crate) fn generator() -> Result<ChaCha20Rng, Error> {
    let mut seed = Zeroizing::new([0; 32]);
    fill(&mut *seed)?;
    Ok(ChaCha20Rng::from_seed(*seed))
}

//! Randomness from the operating system.

use std::convert::Infallible;

use chacha20::cipher::consts::U64;
use chacha20::cipher::{Array, KeyIvInit, StreamCipherCore};
use chacha20::variants::Ietf;
use chacha20::{ChaChaCore, R20};
use rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroizing;

use crate::Error;

/// Fills `bytes` from the operating system.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    #[cfg(all(target_os = "linux", any(target_arch = "aarch64", target_arch = "x86_64")))]
    if crate::vdso::fill(bytes) {
        return Ok(());
    }
    getrandom::fill(bytes).map_err(|_| Error::RandomSource)
}

/// The random bytes of one operation: the key stream of `ChaCha20` (RFC 8439) under a key that the
/// operating system drew for it, at most 256 GiB of it. Zeroed when dropped.
///
/// Each operation asks the operating system once, and no key or key stream is kept for the next one.
/// A generator that lived longer would save that request, but in the copy of a process or of a virtual
/// machine it would draw the same bytes again; two different secrets split with the same coefficients
/// give away their difference. The operating system knows when that happens, a library does not.
///
/// # Example
///
/// ```
/// let mut random = trust_quorum_rack_secret::OperationRandom::new()?;
/// let shares = trust_quorum_shamir::split(b"correct horse", 5, 3, &mut random)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct OperationRandom(ChaChaCore<R20, Ietf>);

impl OperationRandom {
    /// Asks the operating system for a key.
    ///
    /// # Errors
    ///
    /// [`Error::RandomSource`].
    pub fn new() -> Result<Self, Error> {
        let mut key = Zeroizing::new([0; 32]);
        fill(&mut *key)?;
        Ok(Self::from_key(&key))
    }

    fn from_key(key: &[u8; 32]) -> Self {
        // A key is used once, so that the nonce can be all zero.
        Self(ChaChaCore::new(key.into(), &[0; 12].into()))
    }
}

impl TryRng for OperationRandom {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// Each request begins with a block of its own; what is left of the last one is not used.
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        let (mut blocks, mut rest) = Array::<u8, U64>::slice_as_chunks_mut(bytes);
        if blocks.len() == 1 {
            // One block alone is several times slower with AVX-512 than two.
            (blocks, rest) = (&mut [], bytes);
        }
        if !blocks.is_empty() {
            self.0.write_keystream_blocks(blocks);
        }
        if !rest.is_empty() {
            let mut two = Zeroizing::new([0; 128]);
            self.0.write_keystream_blocks(Array::slice_as_chunks_mut(&mut *two).0);
            rest.copy_from_slice(&two[..rest.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for OperationRandom {}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use rand_core::{Rng, SeedableRng};

    use super::OperationRandom;

    /// The two have different vector code, on processors with AVX-512 at least.
    #[test]
    fn the_key_stream_is_that_of_the_generator_with_the_same_key_for_every_length() {
        for length in (0..300).chain([511, 512, 513, 1023, 1024, 1025, 4096, 16_384, 100_001]) {
            let key = [u8::try_from(length % 251).expect("below 251"); 32];
            let (mut stream, mut generator) = (vec![0; length], vec![0; length]);
            OperationRandom::from_key(&key).fill_bytes(&mut stream);
            ChaCha20Rng::from_seed(key).fill_bytes(&mut generator);
            assert!(stream == generator, "{length} bytes");
        }
    }

    #[test]
    fn no_two_requests_draw_from_the_same_block() {
        let mut whole = [0; 64 * 20];
        OperationRandom::from_key(&[5; 32]).fill_bytes(&mut whole);
        let mut random = OperationRandom::from_key(&[5; 32]);
        let mut last = None;
        for length in [1, 63, 64, 65, 127, 128, 129, 200] {
            let mut drawn = vec![0; length.max(16)];
            random.fill_bytes(&mut drawn);
            let at = whole.chunks(64).position(|block| block.starts_with(&drawn[..16]));
            assert!(at.is_some() && at > last, "{length} bytes");
            last = at.map(|at| at + (length - 1) / 64);
        }
    }

    #[test]
    fn two_operations_draw_different_bytes() {
        let mut drawn = [[0; 32]; 2];
        for bytes in &mut drawn {
            OperationRandom::new().expect("the system has random bytes").fill_bytes(bytes);
        }
        assert_ne!(drawn[0], drawn[1]);
        assert_ne!(drawn[0], [0; 32]);
    }
}

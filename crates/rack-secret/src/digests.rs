//! The digests of shares, several at once.
//!
//! SHA3-256 of a share is one permutation, and most of the time that a configuration takes. AVX-512
//! does eight of them in little more than the time of one. The permutation is that of the `keccak`
//! crate: it is generic in what a lane is, and [`Lane`] is that of eight states side by side. What is
//! here is how a share lies in the state (FIPS 202, sections 4 and 6.1). Without AVX-512, one digest is
//! made after the other: with AVX2 the registers are too few for four states to be faster.

#![expect(clippy::inline_always, reason = "only inlined do lanes become vector registers")]

use std::fmt;
use std::ops::{BitAnd, BitAndAssign, BitXor, BitXorAssign, Not};

use keccak::LaneSize;
use sha3::{Digest, Sha3_256};
#[cfg(any(test, target_arch = "x86_64"))]
use zeroize::optimization_barrier;

use crate::lengths::{DIGEST_BYTES, SHARE_BYTES};

/// How many states lie side by side.
pub(crate) const WIDTH: usize = 8;

const LANES: usize = 25;

/// The lane whose last byte ends a block: SHA3-256 takes in 17 of the lanes.
#[cfg(any(test, target_arch = "x86_64"))]
const LAST_LANE: usize = 16;

/// The digest that a configuration names for a share: SHA3-256 of `x || y[0] || y[1] …`.
///
/// It is public: a share has as much entropy as a rack secret, so that its digest gives nothing
/// away.
///
/// # Example
///
/// See [`create_shares`](crate::create_shares).
#[must_use]
pub fn share_digest(share: &[u8]) -> [u8; DIGEST_BYTES] {
    Sha3_256::digest(share).into()
}

/// The digests of several shares, as many as there are of both: eight at a time where the processor has
/// AVX-512, which takes little longer than one does.
///
/// # Example
///
/// ```
/// use trust_quorum_rack_secret::{share_digest, share_digests};
///
/// let (shares, mut digests) = ([[7; 33], [8; 33]], [[0; 32]; 2]);
/// share_digests(&shares, &mut digests);
/// assert_eq!(digests, [share_digest(&shares[0]), share_digest(&shares[1])]);
/// ```
pub fn share_digests(shares: &[[u8; SHARE_BYTES]], digests_out: &mut [[u8; DIGEST_BYTES]]) {
    let count = shares.len().min(digests_out.len());
    let digests = digests_out[..count].chunks_mut(WIDTH);
    for (shares, digests) in shares[..count].chunks(WIDTH).zip(digests) {
        write_digests(shares, digests);
    }
}

/// How many digests this machine makes at a time: eight with AVX-512, otherwise one. For those who
/// measure.
#[must_use]
pub fn digests_at_a_time() -> usize {
    #[cfg(target_arch = "x86_64")]
    if x86::Avx512::detect().is_some() {
        return WIDTH;
    }
    1
}

/// Writes the digests of at most [`WIDTH`] shares.
pub(crate) fn write_digests(shares: &[[u8; SHARE_BYTES]], digests: &mut [[u8; DIGEST_BYTES]]) {
    #[cfg(target_arch = "x86_64")]
    if shares.len() > 1
        && let Some(avx512) = x86::Avx512::detect()
    {
        return side_by_side(shares, digests, |states| avx512.permute(states));
    }
    for (share, digest) in shares.iter().zip(digests) {
        *digest = share_digest(share);
    }
}

/// [`write_digests`] with a permutation of [`WIDTH`] states.
#[cfg(any(test, target_arch = "x86_64"))]
fn side_by_side(
    shares: &[[u8; SHARE_BYTES]],
    digests: &mut [[u8; DIGEST_BYTES]],
    permute: impl FnOnce(&mut [Lane; LANES]),
) {
    let mut states = [Lane::default(); LANES];
    for (i, share) in shares.iter().enumerate() {
        let (words, rest) = share.as_chunks();
        for (lane, word) in states.iter_mut().zip(words) {
            lane.0[i] = u64::from_le_bytes(*word);
        }
        // After the last byte come the two bits that tell SHA3 from Keccak, and the padding.
        states[words.len()].0[i] = u64::from_le_bytes([rest[0], 0x06, 0, 0, 0, 0, 0, 0]);
        states[LAST_LANE].0[i] = 1 << 63;
    }
    permute(&mut states);
    for (i, digest) in digests.iter_mut().enumerate() {
        for (word, lane) in digest.as_chunks_mut().0.iter_mut().zip(&states) {
            *word = lane.0[i].to_le_bytes();
        }
    }
    states.fill(Lane::default());
    optimization_barrier(&states);
}

/// The same lane of [`WIDTH`] states. Nothing here takes a time that depends on its bits.
#[derive(Clone, Copy, Default, PartialEq)]
#[repr(align(64))]
struct Lane([u64; WIDTH]);

impl Lane {
    // By index, which the compiler unrolls before it decides what to inline.
    #[expect(clippy::needless_range_loop, reason = "see above")]
    #[inline(always)]
    fn with(self, other: Self, operation: impl Fn(u64, u64) -> u64) -> Self {
        let mut result = self.0;
        for i in 0..WIDTH {
            result[i] = operation(result[i], other.0[i]);
        }
        Self(result)
    }
}

/// The trait below wants it. It shows nothing.
impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lane(..)")
    }
}

impl BitXor for Lane {
    type Output = Self;

    #[inline(always)]
    fn bitxor(self, other: Self) -> Self {
        self.with(other, |a, b| a ^ b)
    }
}

impl BitAnd for Lane {
    type Output = Self;

    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        self.with(other, |a, b| a & b)
    }
}

impl BitXorAssign for Lane {
    #[inline(always)]
    fn bitxor_assign(&mut self, other: Self) {
        *self = *self ^ other;
    }
}

impl BitAndAssign for Lane {
    #[inline(always)]
    fn bitand_assign(&mut self, other: Self) {
        *self = *self & other;
    }
}

impl Not for Lane {
    type Output = Self;

    #[inline(always)]
    fn not(self) -> Self {
        Self(self.0.map(|a| !a))
    }
}

impl LaneSize for Lane {
    const KECCAK_F_ROUND_COUNT: usize = u64::KECCAK_F_ROUND_COUNT;

    #[inline(always)]
    fn truncate_rc(constant: u64) -> Self {
        Self([constant; WIDTH])
    }

    #[inline(always)]
    fn rotate_left(self, bits: u32) -> Self {
        Self(self.0.map(|a| a.rotate_left(bits)))
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! The permutation, compiled for AVX-512.

    #![expect(unsafe_code, reason = "instructions that not every processor has")]
    #![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

    use std::arch::is_x86_feature_detected;

    use keccak::{LaneSize, keccak_p};

    use super::{LANES, Lane};

    /// Proves that the processor has AVX-512.
    #[derive(Clone, Copy)]
    pub(super) struct Avx512(());

    impl Avx512 {
        pub(super) fn detect() -> Option<Self> {
            (is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl"))
                .then_some(Self(()))
        }

        #[expect(clippy::unused_self, reason = "it is the proof")]
        pub(super) fn permute(self, states: &mut [Lane; LANES]) {
            // The only caller of this `keccak_p`, so that it is inlined and its loops over the states
            // become vector instructions.
            #[target_feature(enable = "avx512f,avx512vl")]
            #[inline(never)]
            fn permute(states: &mut [Lane; LANES]) {
                keccak_p(states, Lane::KECCAK_F_ROUND_COUNT);
            }
            // SAFETY: `self` proves that the processor has these instructions.
            unsafe { permute(states) }
        }
    }
}

#[cfg(test)]
mod tests {
    use keccak::{LaneSize, keccak_p};
    use proptest::prelude::*;

    use super::{Lane, WIDTH, share_digest, side_by_side, write_digests};

    proptest! {
        /// With whatever instructions this processor has, and with those that every one has.
        #[test]
        fn digests_made_side_by_side_are_those_made_alone(
            bytes in prop::collection::vec(prop::array::uniform32(any::<u8>()), 0..=WIDTH),
            x in any::<u8>(),
        ) {
            let shares: Vec<[u8; 33]> = bytes
                .iter()
                .map(|y| std::array::from_fn(|i| if i == 0 { x } else { y[i - 1] }))
                .collect();
            let expected: Vec<[u8; 32]> = shares.iter().map(|share| share_digest(share)).collect();

            let mut digests = vec![[0; 32]; shares.len()];
            write_digests(&shares, &mut digests);
            prop_assert_eq!(&digests, &expected);

            let mut digests = vec![[0; 32]; shares.len()];
            side_by_side(&shares, &mut digests, |states| {
                keccak_p(states, Lane::KECCAK_F_ROUND_COUNT);
            });
            prop_assert_eq!(&digests, &expected);
        }
    }

    #[test]
    fn a_lane_is_never_printed() {
        assert_eq!(format!("{:?}", Lane([0xaa; WIDTH])), "Lane(..)");
    }
}

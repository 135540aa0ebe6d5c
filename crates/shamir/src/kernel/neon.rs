//! The kernel of `aarch64`: NEON.
//!
//! Arm's manual lists `TBL`, `USHR` and the bitwise instructions among those whose time does not
//! depend on their operands (*Data Independent Timing*).

#![expect(unsafe_code, reason = "the processor's vector instructions")]

use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vdupq_n_u8, veorq_u8, vld1q_u8, vqtbl1q_u8, vshrq_n_u8, vst1q_u8,
};
use std::arch::is_aarch64_feature_detected;

use super::lanes::{Lanes, Task};
use super::nibbles::NIBBLES;

/// Proves that the processor has NEON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Neon(());

impl Neon {
    pub(super) fn detect() -> Option<Self> {
        is_aarch64_feature_detected!("neon").then_some(Self(()))
    }
}

impl Lanes<16> for Neon {
    type Vector = uint8x16_t;
    /// The products with the low and with the high nibbles.
    type Factor = (uint8x16_t, uint8x16_t);

    #[inline(always)]
    fn zero(self) -> uint8x16_t {
        // SAFETY: `self` proves that the processor has NEON.
        unsafe { vdupq_n_u8(0) }
    }

    #[inline(always)]
    fn load(self, bytes: &[u8; 16]) -> uint8x16_t {
        // SAFETY: `self` proves NEON, and the 16 bytes at the reference may be read; this load
        // needs no alignment beyond that of a byte.
        unsafe { vld1q_u8(bytes.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, vector: uint8x16_t, bytes: &mut [u8; 16]) {
        // SAFETY: `self` proves NEON, and the 16 bytes at the reference may be written; this store
        // needs no alignment beyond that of a byte.
        unsafe { vst1q_u8(bytes.as_mut_ptr(), vector) }
    }

    #[inline(always)]
    fn sum(self, a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
        // SAFETY: `self` proves NEON.
        unsafe { veorq_u8(a, b) }
    }

    #[inline(always)]
    fn factor(self, element: u8) -> Self::Factor {
        let nibbles = &NIBBLES[usize::from(element)];
        (self.load(&nibbles.low), self.load(&nibbles.high))
    }

    #[inline(always)]
    fn product(self, (low, high): Self::Factor, vector: uint8x16_t) -> uint8x16_t {
        // SAFETY: `self` proves NEON.
        unsafe {
            let low_nibbles = vandq_u8(vector, vdupq_n_u8(0x0f));
            let high_nibbles = vshrq_n_u8::<4>(vector);
            veorq_u8(vqtbl1q_u8(low, low_nibbles), vqtbl1q_u8(high, high_nibbles))
        }
    }

    #[inline]
    fn run(self, task: impl Task) {
        #[target_feature(enable = "neon")]
        #[inline(never)]
        fn run(lanes: Neon, task: impl Task) {
            task.run(lanes);
        }
        // SAFETY: `self` proves NEON.
        unsafe { run(self, task) }
    }
}

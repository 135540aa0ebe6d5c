//! The kernels of `x86_64`: SSSE3, AVX2 and GFNI.
//!
//! `pshufb`, `gf2p8mulb` and the bitwise instructions are on Intel's list of those whose time does
//! not depend on their operands (*Data Operand Independent Timing Instructions*).

#![expect(unsafe_code, reason = "the processor's vector instructions")]

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::{
    __m128i, __m256i, _mm_and_si128, _mm_load_si128, _mm_loadu_si128, _mm_set1_epi8,
    _mm_setzero_si128, _mm_shuffle_epi8, _mm_srli_epi64, _mm_storeu_si128, _mm_xor_si128,
    _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_gf2p8mul_epi8, _mm256_loadu_si256,
    _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi64,
    _mm256_storeu_si256, _mm256_xor_si256,
};

use super::lanes::{Lanes, Task};
use super::nibbles::NIBBLES;

/// Proves that the processor has SSSE3.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ssse3(());

impl Ssse3 {
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("ssse3").then_some(Self(()))
    }
}

impl Lanes<16> for Ssse3 {
    type Vector = __m128i;
    /// The products with the low and with the high nibbles.
    type Factor = (__m128i, __m128i);

    #[inline(always)]
    fn zero(self) -> __m128i {
        // SAFETY: `self` proves that the processor has SSSE3.
        unsafe { _mm_setzero_si128() }
    }

    #[inline(always)]
    fn load(self, bytes: &[u8; 16]) -> __m128i {
        // SAFETY: `self` proves SSSE3, and the 16 bytes at the reference may be read; this load
        // needs no alignment.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(self, vector: __m128i, bytes: &mut [u8; 16]) {
        // SAFETY: `self` proves SSSE3, and the 16 bytes at the reference may be written; this store
        // needs no alignment.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), vector) }
    }

    #[inline(always)]
    fn sum(self, a: __m128i, b: __m128i) -> __m128i {
        // SAFETY: `self` proves SSSE3.
        unsafe { _mm_xor_si128(a, b) }
    }

    #[inline(always)]
    fn factor(self, element: u8) -> Self::Factor {
        let nibbles = &NIBBLES[usize::from(element)];
        // SAFETY: `self` proves SSSE3. Both tables have 16 bytes, and are aligned to 16 bytes as
        // `Nibbles` is aligned to 32 and `#[repr(C)]`.
        unsafe {
            (
                _mm_load_si128(nibbles.low.as_ptr().cast()),
                _mm_load_si128(nibbles.high.as_ptr().cast()),
            )
        }
    }

    #[inline(always)]
    fn product(self, (low, high): Self::Factor, vector: __m128i) -> __m128i {
        // SAFETY: `self` proves SSSE3.
        unsafe {
            let mask = _mm_set1_epi8(0x0f);
            let low_nibbles = _mm_and_si128(vector, mask);
            let high_nibbles = _mm_and_si128(_mm_srli_epi64::<4>(vector), mask);
            _mm_xor_si128(_mm_shuffle_epi8(low, low_nibbles), _mm_shuffle_epi8(high, high_nibbles))
        }
    }

    #[inline]
    fn run(self, task: impl Task) {
        #[target_feature(enable = "ssse3")]
        #[inline(never)]
        fn run(lanes: Ssse3, task: impl Task) {
            task.run(lanes);
        }
        // SAFETY: `self` proves SSSE3.
        unsafe { run(self, task) }
    }
}

/// Proves that the processor has AVX2.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }
}

impl Lanes<32> for Avx2 {
    type Vector = __m256i;
    /// The products with the low and with the high nibbles, each twice.
    type Factor = (__m256i, __m256i);

    #[inline(always)]
    fn zero(self) -> __m256i {
        // SAFETY: `self` proves that the processor has AVX2.
        unsafe { _mm256_setzero_si256() }
    }

    #[inline(always)]
    fn load(self, bytes: &[u8; 32]) -> __m256i {
        // SAFETY: `self` proves AVX2, and the 32 bytes at the reference may be read; this load
        // needs no alignment.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(self, vector: __m256i, bytes: &mut [u8; 32]) {
        // SAFETY: `self` proves AVX2, and the 32 bytes at the reference may be written; this store
        // needs no alignment.
        unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), vector) }
    }

    #[inline(always)]
    fn sum(self, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_xor_si256(a, b) }
    }

    #[inline(always)]
    fn factor(self, element: u8) -> Self::Factor {
        let nibbles = &NIBBLES[usize::from(element)];
        // SAFETY: `self` proves AVX2, and both tables have 16 bytes; these loads need no alignment.
        unsafe {
            (
                _mm256_broadcastsi128_si256(_mm_loadu_si128(nibbles.low.as_ptr().cast())),
                _mm256_broadcastsi128_si256(_mm_loadu_si128(nibbles.high.as_ptr().cast())),
            )
        }
    }

    #[inline(always)]
    fn product(self, (low, high): Self::Factor, vector: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let mask = _mm256_set1_epi8(0x0f);
            let low_nibbles = _mm256_and_si256(vector, mask);
            let high_nibbles = _mm256_and_si256(_mm256_srli_epi64::<4>(vector), mask);
            _mm256_xor_si256(
                _mm256_shuffle_epi8(low, low_nibbles),
                _mm256_shuffle_epi8(high, high_nibbles),
            )
        }
    }

    #[inline]
    fn run(self, task: impl Task) {
        #[target_feature(enable = "avx2")]
        #[inline(never)]
        fn run(lanes: Avx2, task: impl Task) {
            task.run(lanes);
        }
        // SAFETY: `self` proves AVX2.
        unsafe { run(self, task) }
    }
}

/// Proves that the processor has GFNI and AVX2. Its field is the one that GFNI multiplies in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gfni(Avx2);

impl Gfni {
    pub(super) fn detect() -> Option<Self> {
        Avx2::detect().filter(|_| is_x86_feature_detected!("gfni")).map(Self)
    }
}

impl Lanes<32> for Gfni {
    type Vector = __m256i;
    /// The element in every lane.
    type Factor = __m256i;

    #[inline(always)]
    fn zero(self) -> __m256i {
        self.0.zero()
    }

    #[inline(always)]
    fn load(self, bytes: &[u8; 32]) -> __m256i {
        self.0.load(bytes)
    }

    #[inline(always)]
    fn store(self, vector: __m256i, bytes: &mut [u8; 32]) {
        self.0.store(vector, bytes);
    }

    #[inline(always)]
    fn sum(self, a: __m256i, b: __m256i) -> __m256i {
        self.0.sum(a, b)
    }

    #[inline(always)]
    fn factor(self, element: u8) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_set1_epi8(element.cast_signed()) }
    }

    #[inline(always)]
    fn product(self, factor: __m256i, vector: __m256i) -> __m256i {
        // SAFETY: `self` proves GFNI and AVX2.
        unsafe { _mm256_gf2p8mul_epi8(factor, vector) }
    }

    #[inline]
    fn run(self, task: impl Task) {
        #[target_feature(enable = "gfni,avx2")]
        #[inline(never)]
        fn run(lanes: Gfni, task: impl Task) {
            task.run(lanes);
        }
        // SAFETY: `self` proves GFNI and AVX2.
        unsafe { run(self, task) }
    }
}

//! The kernel in plain 64-bit integer operations, eight field elements to a word.

use super::combine::Combine;
use super::lanes::{Lanes, Task, blocks};

/// Needs nothing of the processor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portable;

/// How many columns are worked on at a time: few enough for all eight planes of [`combine`] to stay
/// in registers.
const W: usize = WORDS * size_of::<u64>();
const WORDS: usize = 2;
const BITS: usize = 8;

impl Lanes<W> for Portable {
    type Vector = [u64; WORDS];
    type Factor = u8;

    #[inline(always)]
    fn zero(self) -> [u64; WORDS] {
        [0; WORDS]
    }

    #[inline(always)]
    fn load(self, bytes: &[u8; W]) -> [u64; WORDS] {
        let mut words = [0; WORDS];
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        words
    }

    #[inline(always)]
    fn store(self, vector: [u64; WORDS], bytes: &mut [u8; W]) {
        for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(vector) {
            *bytes = word.to_le_bytes();
        }
    }

    #[inline(always)]
    fn sum(self, mut a: [u64; WORDS], b: [u64; WORDS]) -> [u64; WORDS] {
        for (a, b) in a.iter_mut().zip(b) {
            *a ^= b;
        }
        a
    }

    #[inline(always)]
    fn factor(self, element: u8) -> u8 {
        element
    }

    #[inline(always)]
    fn product(self, factor: u8, vector: [u64; WORDS]) -> [u64; WORDS] {
        // The factor is public. Many are 0, and those of the last layer of a transform are small.
        let bits = BITS - factor.leading_zeros() as usize;
        let mut sum = self.zero();
        for bit in (0..bits).rev() {
            sum = self.sum(sum.map(times_x), masked(vector, factor, bit));
        }
        sum
    }

    #[inline(never)]
    fn run(self, task: impl Task) {
        task.run(self);
    }
}

/// The [`Combine`] task with the multiplications by x put off.
///
/// A weight is a sum of powers of x, `Σ bit[b] · x^b`, so that `Σ weight · row` is `Σ x^b ·
/// plane[b]` where `plane[b]` is the XOR of the rows whose weight has bit `b`. The planes are
/// gathered with masks, and the seven multiplications by x (Horner's rule) are done once per column
/// instead of once per row.
#[inline(never)]
pub(super) fn combine(Combine { out, rows, stride, weights }: Combine<'_>) {
    let lanes = Portable;
    let columns = out.len();
    if columns < W {
        return Combine { out, rows, stride, weights }.run(lanes);
    }
    for at in blocks::<W>(columns, 0) {
        let mut planes = [lanes.zero(); BITS];
        for (row, &weight) in rows.chunks(stride).zip(weights) {
            let row = lanes.load(row[at..].first_chunk().expect("a full block"));
            for (bit, plane) in planes.iter_mut().enumerate() {
                *plane = lanes.sum(*plane, masked(row, weight, bit));
            }
        }
        let sum = planes
            .into_iter()
            .rev()
            .fold(lanes.zero(), |sum, plane| lanes.sum(sum.map(times_x), plane));
        lanes.store(sum, out[at..].first_chunk_mut().expect("a full block"));
    }
}

/// `vector` if `factor` has the bit, else 0.
#[inline(always)]
fn masked(vector: [u64; WORDS], factor: u8, bit: usize) -> [u64; WORDS] {
    let mask = 0u64.wrapping_sub(u64::from(factor >> bit & 1));
    vector.map(|word| word & mask)
}

/// Each of the eight bytes times x: shifted, and x⁸ = x⁴ + x³ + x + 1 added where a bit was shifted
/// out.
#[inline(always)]
fn times_x(word: u64) -> u64 {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    const REDUCTION: u64 = 0x1b1b_1b1b_1b1b_1b1b;
    let high = word & HIGH_BITS;
    // 0x80 - 0x01 = 0x7f, which covers 0x1b, in the bytes where the bit was set, and 0 in the
    // others: no borrow crosses into another byte, and there is no multiplication that some
    // processor might time by its operand.
    ((word ^ high) << 1) ^ ((high - (high >> 7)) & REDUCTION)
}

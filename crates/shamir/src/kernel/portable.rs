//! The kernel in plain 64-bit integer operations, eight field elements to a word.
//!
//! A weight is a sum of powers of x, `Σ bit[b] · x^b`, so that `Σ weight · row` is `Σ x^b ·
//! plane[b]` where `plane[b]` is the XOR of the rows whose weight has bit `b`. The planes are
//! gathered with masks, and the seven multiplications by x (Horner's rule) are done once per column
//! instead of once per row.

use zeroize::Zeroizing;

/// How many bytes are worked on at a time: few enough for all eight planes to stay in registers.
const BLOCK_BYTES: usize = WORDS * size_of::<u64>();
const WORDS: usize = 2;
const BITS: usize = 8;

/// As [`super::accumulate`], which has checked that `rows` is long enough.
pub(super) fn accumulate(out: &mut [u8], rows: &[u8], stride: usize, weights: &[u8]) {
    let (blocks, rest) = out.as_chunks_mut::<BLOCK_BYTES>();
    let mut at = 0;
    for out in blocks {
        let mut planes = [[0; WORDS]; BITS];
        // Whatever was there counts once, which is what the plane of bit 0 is for.
        planes[0] = load(out);
        for (row, &weight) in rows.chunks(stride).zip(weights) {
            let row = row[at..].first_chunk().expect("a row is as long as `out`");
            gather(&mut planes, load(row), weight);
        }
        store(out, join(&planes));
        at += BLOCK_BYTES;
    }
    if rest.is_empty() {
        return;
    }

    // The last columns, padded to a block.
    let mut padded = Zeroizing::new([0; BLOCK_BYTES]);
    padded[..rest.len()].copy_from_slice(rest);
    let mut planes = [[0; WORDS]; BITS];
    planes[0] = load(&padded);
    for (row, &weight) in rows.chunks(stride).zip(weights) {
        padded[..rest.len()].copy_from_slice(&row[at..at + rest.len()]);
        gather(&mut planes, load(&padded), weight);
    }
    store(&mut padded, join(&planes));
    rest.copy_from_slice(&padded[..rest.len()]);
}

/// Adds `row` to the planes of the bits that `weight` has.
#[inline]
fn gather(planes: &mut [[u64; WORDS]; BITS], row: [u64; WORDS], weight: u8) {
    for (bit, plane) in planes.iter_mut().enumerate() {
        let mask = 0u64.wrapping_sub(u64::from(weight >> bit & 1));
        for (plane, word) in plane.iter_mut().zip(row) {
            *plane ^= word & mask;
        }
    }
}

/// `Σ x^b · planes[b]`.
#[inline]
fn join(planes: &[[u64; WORDS]; BITS]) -> [u64; WORDS] {
    let mut sum = [0; WORDS];
    for plane in planes.iter().rev() {
        for (sum, word) in sum.iter_mut().zip(plane) {
            *sum = times_x(*sum) ^ word;
        }
    }
    sum
}

/// Each of the eight bytes times x: shifted, and x⁸ = x⁴ + x³ + x + 1 added where a bit was shifted
/// out.
#[inline]
fn times_x(word: u64) -> u64 {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    const REDUCTION: u64 = 0x1b1b_1b1b_1b1b_1b1b;
    let high = word & HIGH_BITS;
    // 0x80 - 0x01 = 0x7f, which covers 0x1b, in the bytes where the bit was set, and 0 in the
    // others: no borrow crosses into another byte, and there is no multiplication that some
    // processor might time by its operand.
    ((word ^ high) << 1) ^ ((high - (high >> 7)) & REDUCTION)
}

#[inline]
fn load(bytes: &[u8; BLOCK_BYTES]) -> [u64; WORDS] {
    let mut words = [0; WORDS];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

#[inline]
fn store(bytes: &mut [u8; BLOCK_BYTES], words: [u64; WORDS]) {
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
}

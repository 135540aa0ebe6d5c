//! Combining: a weighted sum of rows.

use zeroize::zeroize_bytes;

use super::lanes::{Lanes, Task, blocks};

/// `out[i] = Σ weights[j] · rows[j * stride + i]`.
pub(super) struct Combine<'a> {
    pub(super) out: &'a mut [u8],
    pub(super) rows: &'a [u8],
    pub(super) stride: usize,
    pub(super) weights: &'a [u8],
}

/// How many vectors are summed at a time, so that a factor is prepared once for all of them.
const VECTORS: usize = 4;

impl Task for Combine<'_> {
    #[inline(always)]
    fn run<const W: usize, L: Lanes<W>>(mut self, lanes: L) {
        let columns = self.out.len();
        if columns < W {
            return self.narrow_block(lanes);
        }
        let wide = columns / (VECTORS * W) * (VECTORS * W);
        for at in (0..wide).step_by(VECTORS * W) {
            self.full_blocks::<W, L, VECTORS>(lanes, at);
        }
        for at in blocks::<W>(columns, wide) {
            self.full_blocks::<W, L, 1>(lanes, at);
        }
    }
}

impl Combine<'_> {
    #[inline(always)]
    fn full_blocks<const W: usize, L: Lanes<W>, const N: usize>(&mut self, lanes: L, at: usize) {
        let mut sums = [lanes.zero(); N];
        for (row, &weight) in self.rows.chunks(self.stride).zip(self.weights) {
            let factor = lanes.factor(weight);
            let vectors = row[at..at + N * W].as_chunks().0;
            for (sum, vector) in sums.iter_mut().zip(vectors) {
                *sum = lanes.sum(*sum, lanes.product(factor, lanes.load(vector)));
            }
        }
        let out = self.out[at..at + N * W].as_chunks_mut().0;
        for (out, sum) in out.iter_mut().zip(sums) {
            lanes.store(sum, out);
        }
    }

    /// All columns, where they do not fill a vector.
    #[inline(always)]
    fn narrow_block<const W: usize, L: Lanes<W>>(&mut self, lanes: L) {
        let columns = self.out.len();
        let mut padded = [0; W];
        let mut sum = lanes.zero();
        for (row, &weight) in self.rows.chunks(self.stride).zip(self.weights) {
            padded[..columns].copy_from_slice(&row[..columns]);
            let product = lanes.product(lanes.factor(weight), lanes.load(&padded));
            sum = lanes.sum(sum, product);
        }
        lanes.store(sum, &mut padded);
        self.out.copy_from_slice(&padded[..columns]);
        zeroize_bytes(&mut padded);
    }
}

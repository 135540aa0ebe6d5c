//! Splitting: polynomials evaluated at 1 … n by an additive Fourier transform.
//!
//! # The basis
//!
//! The coefficients do not belong to 1, x, x² … but to the polynomials of Sian-Jheng Lin, Wei-Ho
//! Chung and Yunghsiang S. Han, *Novel polynomial basis and its application to Reed–Solomon erasure
//! codes* (FOCS 2014), sections 2 and 3, for the points in their natural order. With `Wⱼ(x) = Π (x -
//! u)` over all `u` in `0..2^j` (a subspace of the field, as its addition is XOR) they are
//!
//! > `Xᵢ(x) = Π Wⱼ(x) / Wⱼ(2^j)` over the bits `j` that `i` has.
//!
//! `Wⱼ` has the degree `2^j`, so that `Xᵢ` has exactly the degree `i`; `X₀ = 1`; and `Wⱼ(0) = 0`, so
//! that all the others vanish at 0.
//!
//! # Drawing coefficients in it changes nothing
//!
//! Let `f = secret · X₀ + Σ dᵢ Xᵢ` over `1 ≤ i < k`. The map from `d₁ … d₍ₖ₋₁₎` to the coefficients
//! of x … x^(k-1) is linear and triangular (`Xᵢ` has degree `i` and no constant term), with the
//! leading coefficients of the `Xᵢ` on the diagonal, none of which is 0: it is a bijection. So
//! uniform `dᵢ` make all polynomials of degree below `k` with `f(0) = secret` equally likely, just
//! as uniform coefficients of x … x^(k-1) would, the leading one being zero as often as anything
//! else. Only what a given random stream is split into differs.
//!
//! # The transform
//!
//! Write `f = g + Ŵ h`, where `g` and `h` have the lower and the upper half of `2^(j+1)`
//! coefficients, and `Ŵ = Wⱼ / Wⱼ(2^j)`. `Ŵ` is additive, 0 on `0..2^j` and 1 at `2^j`. On the points
//! `p..p + 2^j` it is therefore the constant `c = Ŵ(p)`, and on the `2^j` points after them `c + 1`:
//! the values of `f` there are those of `g + c h`, and of that plus `h`. One multiplication for two
//! rows halves the problem.

use super::lanes::{Lanes, Task, blocks, wipe};
use crate::field;

/// The values at 1 … n of the polynomials, one for each byte of `secret`, whose coefficient `d₀` is
/// that byte and whose `dᵢ` are the rows of `coefficients`. That at `x` goes to `out[(x - 1) *
/// stride..]`. There are at least as many columns as a vector has lanes.
pub(super) struct Evaluate<'a> {
    pub(super) secret: &'a [u8],
    pub(super) coefficients: &'a [u8],
    pub(super) n: u8,
    pub(super) out: &'a mut [u8],
    pub(super) stride: usize,
}

/// The last three layers of a transform are done in registers, on eight rows.
const LEAF: usize = 8;

/// Evaluates polynomials of at most `N` coefficients (2, 4 or 8), `N` points at a time.
pub(super) struct InRegisters<'a, const N: usize>(pub(super) Evaluate<'a>);

impl<const N: usize> Task for InRegisters<'_, N>
where
    Size<N>: Transform<N>,
{
    #[inline(always)]
    fn run<const W: usize, L: Lanes<W>>(self, lanes: L) {
        let Self(mut task) = self;
        let (k, end) = (task.threshold(), usize::from(task.n) + 1);
        let mut rows = [lanes.zero(); N];
        for at in blocks::<W>(task.secret.len(), 0) {
            for (i, row) in rows.iter_mut().enumerate().take(k) {
                *row = task.load(lanes, i, at);
            }
            for base in (0..end).step_by(N) {
                let values = Size::<N>::transform(lanes, rows, base);
                task.store(lanes, &values, base, at);
            }
        }
        wipe(lanes, &mut rows);
    }
}

/// Evaluates polynomials of more than `LEAF` and at most `N` coefficients, as many points at a time
/// as there are coefficients, rounded up to a power of two.
pub(super) struct InMemory<'a, const N: usize>(pub(super) Evaluate<'a>);

impl<const N: usize> Task for InMemory<'_, N> {
    #[inline(always)]
    fn run<const W: usize, L: Lanes<W>>(self, lanes: L) {
        let Self(mut task) = self;
        let (size, end) = (task.threshold().next_power_of_two(), usize::from(task.n) + 1);
        let mut rows = [lanes.zero(); N];
        for at in blocks::<W>(task.secret.len(), 0) {
            for base in (0..end).step_by(size) {
                let wanted = size.min(end - base);
                let rows = &mut rows[..size];
                task.first_layer(lanes, rows, base, wanted, at);
                let mut half = size / 4;
                while half >= LEAF {
                    layer(lanes, rows, base, wanted, half);
                    half /= 2;
                }
                let leaves = rows.as_chunks::<LEAF>().0;
                for (leaf, base) in leaves.iter().zip((base..base + wanted).step_by(LEAF)) {
                    let values = Size::<LEAF>::transform(lanes, *leaf, base);
                    task.store(lanes, &values, base, at);
                }
            }
        }
        wipe(lanes, &mut rows);
    }
}

impl Evaluate<'_> {
    /// The number of coefficients, `d₀` included.
    #[inline(always)]
    pub(super) fn threshold(&self) -> usize {
        1 + self.coefficients.len() / self.secret.len()
    }

    /// The first layer, from the coefficients to `rows`. Those from `k` on are zero.
    #[inline(always)]
    fn first_layer<const W: usize, L: Lanes<W>>(
        &self,
        lanes: L,
        rows: &mut [L::Vector],
        base: usize,
        wanted: usize,
        at: usize,
    ) {
        let half = rows.len() / 2;
        let k = self.threshold();
        let factor = lanes.factor(twiddle(base, half));
        let (low_rows, high_rows) = rows.split_at_mut(half);
        for (i, (low_row, high_row)) in low_rows.iter_mut().zip(high_rows).enumerate() {
            let mut low = self.load(lanes, i, at);
            let mut high = low;
            if half + i < k {
                (low, high) = butterfly(lanes, factor, low, self.load(lanes, half + i, at));
            }
            *low_row = low;
            if wanted > half {
                *high_row = high;
            }
        }
    }

    /// The block at column `at` of the coefficients `dᵢ`.
    #[inline(always)]
    fn load<const W: usize, L: Lanes<W>>(&self, lanes: L, i: usize, at: usize) -> L::Vector {
        let row = match i.checked_sub(1) {
            None => &self.secret[at..],
            Some(i) => &self.coefficients[i * self.secret.len() + at..],
        };
        lanes.load(row.first_chunk().expect("a full block"))
    }

    /// The block at column `at` of the values at `base..base + N`, as far as they are wanted: that at
    /// 0 and those beyond n are not.
    #[inline(always)]
    fn store<const W: usize, L: Lanes<W>, const N: usize>(
        &mut self,
        lanes: L,
        values: &[L::Vector; N],
        base: usize,
        at: usize,
    ) {
        for (i, &value) in values.iter().enumerate() {
            let x = base + i;
            if 1 <= x && x <= usize::from(self.n) {
                let row = &mut self.out[(x - 1) * self.stride + at..];
                lanes.store(value, row.first_chunk_mut().expect("a full block"));
            }
        }
    }
}

/// One layer over `2 * half` rows at a time, as far as the rows are wanted.
#[inline(always)]
fn layer<const W: usize, L: Lanes<W>>(
    lanes: L,
    rows: &mut [L::Vector],
    base: usize,
    wanted: usize,
    half: usize,
) {
    for start in (0..wanted).step_by(2 * half) {
        let (low_rows, high_rows) = rows[start..start + 2 * half].split_at_mut(half);
        let factor = lanes.factor(twiddle(base + start, half));
        for (low, high) in low_rows.iter_mut().zip(high_rows) {
            (*low, *high) = butterfly(lanes, factor, *low, *high);
        }
    }
}

/// All layers of a transform of `N` rows, in registers.
pub(super) trait Transform<const N: usize> {
    fn transform<const W: usize, L: Lanes<W>>(
        lanes: L,
        rows: [L::Vector; N],
        base: usize,
    ) -> [L::Vector; N];
}

pub(super) struct Size<const N: usize>;

impl Transform<8> for Size<8> {
    #[inline(always)]
    fn transform<const W: usize, L: Lanes<W>>(
        lanes: L,
        [a, b, c, d, e, f, g, h]: [L::Vector; 8],
        base: usize,
    ) -> [L::Vector; 8] {
        let factor = lanes.factor(twiddle(base, 4));
        let (a, e) = butterfly(lanes, factor, a, e);
        let (b, f) = butterfly(lanes, factor, b, f);
        let (c, g) = butterfly(lanes, factor, c, g);
        let (d, h) = butterfly(lanes, factor, d, h);
        let [a, b, c, d] = Size::<4>::transform(lanes, [a, b, c, d], base);
        let [e, f, g, h] = Size::<4>::transform(lanes, [e, f, g, h], base + 4);
        [a, b, c, d, e, f, g, h]
    }
}

impl Transform<4> for Size<4> {
    #[inline(always)]
    fn transform<const W: usize, L: Lanes<W>>(
        lanes: L,
        [a, b, c, d]: [L::Vector; 4],
        base: usize,
    ) -> [L::Vector; 4] {
        let factor = lanes.factor(twiddle(base, 2));
        let (a, c) = butterfly(lanes, factor, a, c);
        let (b, d) = butterfly(lanes, factor, b, d);
        let [a, b] = Size::<2>::transform(lanes, [a, b], base);
        let [c, d] = Size::<2>::transform(lanes, [c, d], base + 2);
        [a, b, c, d]
    }
}

impl Transform<2> for Size<2> {
    #[inline(always)]
    fn transform<const W: usize, L: Lanes<W>>(
        lanes: L,
        [a, b]: [L::Vector; 2],
        base: usize,
    ) -> [L::Vector; 2] {
        let (a, b) = butterfly(lanes, lanes.factor(twiddle(base, 1)), a, b);
        [a, b]
    }
}

/// `g + c h`, and that plus `h`.
#[inline(always)]
fn butterfly<const W: usize, L: Lanes<W>>(
    lanes: L,
    factor: L::Factor,
    low: L::Vector,
    high: L::Vector,
) -> (L::Vector, L::Vector) {
    let low = lanes.sum(low, lanes.product(factor, high));
    (low, lanes.sum(low, high))
}

/// `Wⱼ(base) / Wⱼ(half)` for `half = 2^j` and a `base` that is a multiple of `2 * half`.
#[inline(always)]
fn twiddle(base: usize, half: usize) -> u8 {
    TWIDDLES[(256 + base) >> (half.trailing_zeros() + 1)]
}

/// The twiddle factors, numbered like the nodes of a binary tree over the 256 points: 1 is the layer
/// of all points, 2 and 3 those of its halves, 128 to 255 those of single pairs.
const TWIDDLES: [u8; 256] = {
    let mut twiddles = [0; 256];
    // values[x] = Wⱼ(x), from W₀(x) = x and Wⱼ₊₁(x) = Wⱼ(x) Wⱼ(x - 2^j) = Wⱼ(x) (Wⱼ(x) + Wⱼ(2^j)).
    let mut values = [0; 256];
    let mut x = 0;
    while x < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "x stays below 256")]
        {
            values[x] = x as u8;
        }
        x += 1;
    }
    let mut half = 1;
    while half < 256 {
        let norm = values[half];
        let mut base = 0;
        while base < 256 {
            twiddles[(256 + base) / (2 * half)] = field::quotient(values[base], norm);
            base += 2 * half;
        }
        x = 0;
        while x < 256 {
            values[x] = field::product(values[x], values[x] ^ norm);
            x += 1;
        }
        half *= 2;
    }
    twiddles
};

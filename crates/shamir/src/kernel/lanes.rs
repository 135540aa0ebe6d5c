//! What a processor's vector instructions have to provide: six operations on `W` field elements.
//!
//! An implementation is a token that can be made only where the processor has the instructions, so
//! that calling its methods is safe. All of the algorithms are written once, in safe Rust, on top of
//! it, and are inlined into one function for each kernel that has the instructions enabled.

use zeroize::optimization_barrier;

/// Vectors of `W` elements of GF(2⁸). Nothing here takes a time that depends on their values.
///
/// Methods have to be `#[inline(always)]`: only inlined into [`Lanes::run`] do they turn into single
/// instructions.
pub(super) trait Lanes<const W: usize>: Copy {
    /// `W` **secret** elements.
    type Vector: Copy;

    /// One **public** element, in the form in which vectors are multiplied by it.
    type Factor: Copy;

    fn zero(self) -> Self::Vector;

    fn load(self, bytes: &[u8; W]) -> Self::Vector;

    fn store(self, vector: Self::Vector, bytes: &mut [u8; W]);

    fn sum(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// May look up a table at `element`.
    fn factor(self, element: u8) -> Self::Factor;

    fn product(self, factor: Self::Factor, vector: Self::Vector) -> Self::Vector;

    /// Runs the task with the instructions enabled, in a function of its own, so that what the
    /// compiler leaves of it on the stack is where the caller can zero it.
    fn run(self, task: impl Task);
}

/// An algorithm on any kind of vectors.
pub(super) trait Task {
    fn run<const W: usize, L: Lanes<W>>(self, lanes: L);
}

/// Where the blocks of `W` columns begin that cover all the columns from `done` on. There are at
/// least `W` columns in all, and the last block may overlap the one before: its columns are computed
/// twice, which is cheaper than padding.
#[inline(always)]
pub(super) fn blocks<const W: usize>(columns: usize, done: usize) -> impl Iterator<Item = usize> {
    (done..columns).step_by(W).map(move |at| at.min(columns - W))
}

/// Zeroes vectors in memory.
#[inline(always)]
pub(super) fn wipe<const W: usize, L: Lanes<W>>(lanes: L, vectors: &mut [L::Vector]) {
    vectors.fill(lanes.zero());
    optimization_barrier(vectors);
}

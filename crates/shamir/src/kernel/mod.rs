//! The only arithmetic on secrets: two operations, constant-time in the data.
//!
//! [`Kernel::evaluate`] splits, [`Kernel::combine`] combines and computes shares. There is a kernel
//! for each of the processor's instruction sets that help, and one in plain integer operations;
//! which of them is used is decided once, at run time. All results are the same, byte for byte.
//!
//! All of the crate's `unsafe` is in `x86` and `neon`, which do no more than wrap instructions.

#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]
#![expect(clippy::inline_always, reason = "only inlined do vector operations become instructions")]

mod combine;
mod evaluate;
mod lanes;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
mod nibbles;
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::ffi::OsStr;
use std::iter;
use std::sync::OnceLock;

use zeroize::zeroize_stack;

use self::combine::Combine;
use self::evaluate::{Evaluate, InMemory, InRegisters};
use self::lanes::{Lanes, Task};
use crate::Wiped;
use crate::error::KernelError;

/// The environment variable that names the kernel to use, instead of the fastest one.
const VARIABLE: &str = "TRUST_QUORUM_KERNEL";

/// A kernel that this processor can run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kernel {
    Portable(portable::Portable),
    #[cfg(target_arch = "x86_64")]
    Ssse3(x86::Ssse3),
    #[cfg(target_arch = "x86_64")]
    Avx2(x86::Avx2),
    #[cfg(target_arch = "x86_64")]
    Gfni(x86::Gfni),
    #[cfg(target_arch = "aarch64")]
    Neon(neon::Neon),
}

impl Kernel {
    /// Every name, whether or not this processor can run the kernel.
    const NAMES: [&str; 5] = ["portable", "ssse3", "avx2", "gfni", "neon"];

    /// The kernel of this process, chosen at the first call.
    pub(crate) fn chosen() -> Result<Self, KernelError> {
        static CHOSEN: OnceLock<Result<Kernel, KernelError>> = OnceLock::new();
        *CHOSEN.get_or_init(|| Self::choose(std::env::var_os(VARIABLE).as_deref()))
    }

    /// The kernel of that name, or the fastest one if none is named.
    fn choose(name: Option<&OsStr>) -> Result<Self, KernelError> {
        let mut available = Self::available();
        let Some(name) = name else {
            return Ok(available.next().expect("there is always the portable kernel"));
        };
        match available.find(|kernel| kernel.name() == name) {
            Some(kernel) => Ok(kernel),
            None if Self::NAMES.iter().any(|&known| known == name) => Err(KernelError::Unsupported),
            None => Err(KernelError::Unknown),
        }
    }

    /// The kernels that this processor can run, the fastest one first.
    fn available() -> impl Iterator<Item = Self> {
        [
            #[cfg(target_arch = "x86_64")]
            x86::Gfni::detect().map(Self::Gfni),
            #[cfg(target_arch = "x86_64")]
            x86::Avx2::detect().map(Self::Avx2),
            #[cfg(target_arch = "x86_64")]
            x86::Ssse3::detect().map(Self::Ssse3),
            #[cfg(target_arch = "aarch64")]
            neon::Neon::detect().map(Self::Neon),
            Some(Self::Portable(portable::Portable)),
        ]
        .into_iter()
        .flatten()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Portable(_) => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Ssse3(_) => "ssse3",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Gfni(_) => "gfni",
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => "neon",
        }
    }

    /// `out[(x - 1) * stride + i] = f(x)` for every `x` of `1..=n` and every `i` of `secret`, where
    /// `f` is the polynomial of degree `k - 1` with `f(0) = secret[i]` that the bytes at `i` of the
    /// `k - 1` rows of `coefficients` determine: uniform rows make all such polynomials equally
    /// likely ([`evaluate`] says why). The rows lie one after the other, each as long as `secret`.
    ///
    /// `n` and all lengths are public. `secret`, `coefficients` and `out` are secret: neither time
    /// nor memory access depends on their bytes.
    ///
    /// # Panics
    ///
    /// If `secret` is empty, if the coefficients are not one to 255 whole rows, or if `out` is too
    /// short or `stride` shorter than `secret`.
    pub(crate) fn evaluate(
        self,
        secret: &[u8],
        coefficients: &[u8],
        n: u8,
        out: &mut [u8],
        stride: usize,
    ) {
        let columns = secret.len();
        let rows = coefficients.len() / columns;
        assert!(coefficients.len() == rows * columns, "the coefficients are not whole rows");
        assert!((1..=255).contains(&rows), "the number of coefficients is not in 1..=255");
        assert!(columns <= stride, "the values would overlap");
        assert!(
            n == 0 || usize::from(n - 1) * stride + columns <= out.len(),
            "the output is too short"
        );
        if columns < self.width() {
            return self.evaluate_padded(secret, coefficients, n, out, stride);
        }
        let task = Evaluate { secret, coefficients, n, out, stride };
        // Each is a function of its own, so that a small one has a small stack frame to be zeroed.
        match 1 + rows {
            ..=2 => self.run(InRegisters::<2>(task)),
            3..=4 => self.run(InRegisters::<4>(task)),
            5..=8 => self.run(InRegisters::<8>(task)),
            9..=32 => self.run(InMemory::<32>(task)),
            _ => self.run(InMemory::<256>(task)),
        }
        // The vectors that did not fit into registers; the frames are smaller than this by a quarter.
        match 1 + rows {
            ..=4 => zeroize_stack::<512>(),
            5..=8 => zeroize_stack::<2048>(),
            9..=32 => zeroize_stack::<3072>(),
            _ => zeroize_stack::<12288>(),
        }
    }

    /// [`Self::evaluate`] with fewer columns than a vector has, padded to as many.
    #[cold]
    fn evaluate_padded(
        self,
        secret: &[u8],
        coefficients: &[u8],
        n: u8,
        out: &mut [u8],
        stride: usize,
    ) {
        let (columns, width) = (secret.len(), self.width());
        let given = 1 + coefficients.len() / columns;
        let mut padded = vec![0; (given + usize::from(n)) * width];
        let padded = Wiped(&mut padded);
        let (rows, values) = padded.0.split_at_mut(given * width);
        let given = iter::once(secret).chain(coefficients.chunks(columns));
        for (padded, row) in rows.chunks_mut(width).zip(given) {
            padded[..columns].copy_from_slice(row);
        }
        let (secret, coefficients) = rows.split_at(width);
        self.evaluate(secret, coefficients, n, values, width);
        for (row, padded) in out.chunks_mut(stride).zip(values.chunks(width)) {
            row[..columns].copy_from_slice(&padded[..columns]);
        }
    }

    /// How many columns a vector has.
    fn width(self) -> usize {
        fn of<const W: usize>(_: impl Lanes<W>) -> usize {
            W
        }
        match self {
            Self::Portable(lanes) => of(lanes),
            #[cfg(target_arch = "x86_64")]
            Self::Ssse3(lanes) => of(lanes),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(lanes) => of(lanes),
            #[cfg(target_arch = "x86_64")]
            Self::Gfni(lanes) => of(lanes),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(lanes) => of(lanes),
        }
    }

    /// `out[i] = Σ weights[j] · rows[j * stride + i]` in GF(2⁸), for every `i` of `out` and `j` of
    /// `weights`.
    ///
    /// `weights` are public. `out` and `rows` are secret: neither time nor memory access depends on
    /// their bytes.
    ///
    /// # Panics
    ///
    /// If `rows` is too short for that, or `stride` shorter than `out`.
    pub(crate) fn combine(self, out: &mut [u8], rows: &[u8], stride: usize, weights: &[u8]) {
        assert!(out.len() <= stride, "the rows overlap");
        if let Some(last) = weights.len().checked_sub(1) {
            assert!(last * stride + out.len() <= rows.len(), "the rows are too short");
        }
        let task = Combine { out, rows, stride, weights };
        match self {
            Self::Portable(_) => portable::combine(task),
            #[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
            _ => self.run(task),
        }
        zeroize_stack::<512>();
    }

    /// Runs the task in a function of its own.
    fn run(self, task: impl Task) {
        match self {
            Self::Portable(lanes) => lanes.run(task),
            #[cfg(target_arch = "x86_64")]
            Self::Ssse3(lanes) => lanes.run(task),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(lanes) => lanes.run(task),
            #[cfg(target_arch = "x86_64")]
            Self::Gfni(lanes) => lanes.run(task),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(lanes) => lanes.run(task),
        }
    }
}

#[cfg(test)]
mod tests;

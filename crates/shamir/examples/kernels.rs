//! How long splitting and combining take with each kernel that this machine has.
//!
//! `cargo run --release --example kernels -p trust-quorum-shamir`
//!
//! It starts itself once per kernel, because a process keeps its kernel. The random bytes are
//! measured apart: "split" draws nothing, "random" is `ChaCha20` filling as many bytes as it would.

#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::convert::Infallible;
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use chacha20::ChaCha20Rng;
use rand_core::{Rng, SeedableRng, TryCryptoRng, TryRng};
use trust_quorum_shamir::{combine_into, kernel_name, split_into};

const KERNELS: [&str; 5] = ["gfni", "avx2", "ssse3", "neon", "portable"];
const CASES: [(usize, u8, u8); 6] =
    [(32, 32, 17), (32, 5, 3), (32, 3, 2), (32, 255, 128), (16, 5, 3), (1 << 20, 5, 3)];

/// How many times a median is taken of, and how long each lasts at least.
const SAMPLES: usize = 31;
const SAMPLE: Duration = Duration::from_millis(2);

/// Not random at all, so that it takes no time.
struct Nothing;

impl TryRng for Nothing {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, _bytes: &mut [u8]) -> Result<(), Infallible> {
        Ok(())
    }
}

impl TryCryptoRng for Nothing {}

fn main() {
    if std::env::var_os("TRUST_QUORUM_KERNEL").is_some() {
        return measure();
    }
    println!(
        "{:8} {:>8} {:>4} {:>4} {:>12} {:>12} {:>12}  (ns, medians)",
        "kernel", "bytes", "n", "k", "split", "random", "combine"
    );
    let itself = std::env::current_exe().expect("a program has a path");
    for kernel in KERNELS {
        let output = Command::new(&itself)
            .env("TRUST_QUORUM_KERNEL", kernel)
            .output()
            .expect("it can be started again");
        print!("{}", String::from_utf8_lossy(&output.stdout));
    }
}

fn measure() {
    let Ok(kernel) = kernel_name() else { return };
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    for (len, n, k) in CASES {
        let mut secret = vec![0x5a; len];
        let share_len = 1 + len;
        let mut shares = vec![0; usize::from(n) * share_len];
        let split = median(|| {
            split_into(black_box(&secret), n, k, &mut Nothing, &mut shares).expect("valid");
            black_box(&shares);
        });
        let mut drawn = vec![0; (usize::from(k) - 1) * len];
        let random = median(|| {
            rng.fill_bytes(black_box(&mut drawn));
        });
        let enough = &shares[..usize::from(k) * share_len];
        let combine = median(|| {
            combine_into(black_box(enough), share_len, &mut secret).expect("valid");
            black_box(&secret);
        });
        println!("{kernel:8} {len:8} {n:4} {k:4} {split:12.1} {random:12.1} {combine:12.1}");
    }
}

/// The median of the time that one call takes, in nanoseconds.
fn median(mut call: impl FnMut()) -> f64 {
    let mut calls = 1u32;
    let mut sample = |calls: u32| {
        let start = Instant::now();
        for _ in 0..calls {
            call();
        }
        start.elapsed()
    };
    while sample(calls) < SAMPLE {
        calls *= 2;
    }
    let mut times: Vec<Duration> = (0..SAMPLES).map(|_| sample(calls)).collect();
    times.sort_unstable();
    times[SAMPLES / 2].as_secs_f64() * 1e9 / f64::from(calls)
}

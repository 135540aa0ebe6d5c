//! Times a case on inputs of two classes, in random order.

use std::hint::black_box;
use std::time::Instant;

use chacha20::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use crate::subject::Case;
use crate::welch::{at_quantile, largest_t};

pub(crate) struct Measured {
    pub(crate) t: f64,
    pub(crate) median_ns: f64,
}

/// How long one sample lasts at least, in nanoseconds: so much longer than reading the clock that
/// the clock does not matter.
const SAMPLE_NS_MIN: u128 = 500;

/// Takes `samples` samples after a warm-up of a tenth of that.
pub(crate) fn measure(case: Case, samples: usize) -> Measured {
    let mut subject = case.subject;
    let mut input = vec![0; subject.len()];
    // What is random here must not be the same from run to run: a run that found nothing would find
    // nothing again.
    let mut rng = ChaCha20Rng::from_seed(seed());

    let calls = calls_per_sample(|| subject.run());
    let mut times = Vec::with_capacity(samples);
    let warm_up = samples / 10;
    for sample in 0..warm_up + samples {
        // Both classes get their input by the same instructions, from the same place: all zero is
        // random with a mask. Neither what the caches hold nor which branches were taken before may
        // tell the classes apart.
        let class = black_box(rng.next_u32() & 1);
        let mask = black_box(class.wrapping_neg().to_le_bytes()[0]);
        rng.fill_bytes(&mut input);
        for byte in &mut input {
            *byte &= mask;
        }
        subject.load(&input);
        let start = Instant::now();
        for _ in 0..calls {
            subject.run();
        }
        let ns = start.elapsed().as_nanos();
        if sample >= warm_up {
            #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
            times.push((class, ns as f64));
        }
    }
    let class = |wanted| {
        times.iter().filter(|(class, _)| *class == wanted).map(|(_, ns)| *ns).collect::<Vec<_>>()
    };
    let classes = [class(0), class(1)];
    let mut all = classes.concat();
    all.sort_unstable_by(f64::total_cmp);
    Measured { t: largest_t(&classes), median_ns: at_quantile(&all, 0.5) / f64::from(calls) }
}

fn calls_per_sample(mut call: impl FnMut()) -> u32 {
    let mut calls = 1;
    loop {
        // The quickest of a few, since the first ones are slow.
        let quickest = (0..100)
            .map(|_| {
                let start = Instant::now();
                for _ in 0..calls {
                    call();
                }
                start.elapsed().as_nanos()
            })
            .min();
        if quickest >= Some(SAMPLE_NS_MIN) {
            return calls;
        }
        calls *= 2;
    }
}

fn seed() -> [u8; 32] {
    // A rack secret is 32 bytes from the operating system.
    *trust_quorum_rack_secret::RackSecret::random().expect("a random source").expose()
}

//! Welch's t-test (B. L. Welch, *The generalization of "Student's" problem when several different
//! population variances are involved*, Biometrika 34, 1947).

/// From this |t| on, two classes of inputs count as told apart. With no leak a |t| of 5 comes up in
/// less than one run of a million.
pub(crate) const T_MAX: f64 = 5.0;

/// The test is made with the samples of both classes up to each of these quantiles: the longest times are
/// caused by the operating system and would hide those of the code.
const QUANTILES: [f64; 5] = [0.5, 0.75, 0.9, 0.99, 1.0];

/// The largest |t| of the two classes' times over all [`QUANTILES`].
///
/// Each class has at least two samples.
pub(crate) fn largest_t(classes: &[Vec<f64>; 2]) -> f64 {
    let mut all: Vec<f64> = classes.iter().flatten().copied().collect();
    all.sort_unstable_by(f64::total_cmp);
    QUANTILES
        .iter()
        .map(|&quantile| {
            let limit = at_quantile(&all, quantile);
            let [one, other] = classes.each_ref().map(|times| Moments::of(times, limit));
            t(&one, &other).abs()
        })
        .fold(0.0, f64::max)
}

/// The value at a quantile of sorted values.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index made of a quantile in 0..=1"
)]
pub(crate) fn at_quantile(sorted: &[f64], quantile: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * quantile) as usize]
}

struct Moments {
    count: f64,
    mean: f64,
    variance: f64,
}

impl Moments {
    /// Of the times that are at most `limit`, in one pass (B. P. Welford, Technometrics 4, 1962).
    fn of(times: &[f64], limit: f64) -> Self {
        let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for &time in times.iter().filter(|&&time| time <= limit) {
            count += 1.0;
            let distance = time - mean;
            mean += distance / count;
            squares += distance * (time - mean);
        }
        Self { count, mean, variance: squares / (count - 1.0) }
    }
}

/// Infinity where one class has too few times left, or where neither varies and they differ.
fn t(one: &Moments, other: &Moments) -> f64 {
    if one.count < 2.0 || other.count < 2.0 {
        // Nearly all of the shortest times belong to one class.
        return f64::INFINITY;
    }
    let difference = one.mean - other.mean;
    if difference == 0.0 {
        return 0.0;
    }
    difference / (one.variance / one.count + other.variance / other.count).sqrt()
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use rand_core::{Rng, SeedableRng};

    use super::*;

    fn times(rng: &mut ChaCha20Rng, count: usize, mean: f64) -> Vec<f64> {
        (0..count).map(|_| mean + f64::from(rng.next_u32()) / f64::from(u32::MAX)).collect()
    }

    #[test]
    fn a_known_example_has_its_known_t() {
        // Means 3 and 6, variances 2.5 and 2.5, five samples each: t = -3 / sqrt(0.5 + 0.5).
        let [one, other] = [[1.0, 2.0, 3.0, 4.0, 5.0], [4.0, 5.0, 6.0, 7.0, 8.0]]
            .map(|times| Moments::of(&times, f64::MAX));
        assert!((t(&one, &other) + 3.0).abs() < 1e-12);
    }

    #[test]
    fn classes_from_one_distribution_stay_below_the_limit_and_shifted_ones_do_not() {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let same = [times(&mut rng, 100_000, 100.0), times(&mut rng, 100_000, 100.0)];
        assert!(largest_t(&same) < T_MAX, "{}", largest_t(&same));
        // A shift of a fiftieth of the range.
        let shifted = [times(&mut rng, 100_000, 100.0), times(&mut rng, 100_000, 100.02)];
        assert!(largest_t(&shifted) > T_MAX, "{}", largest_t(&shifted));
    }

    #[test]
    fn a_few_very_long_times_do_not_hide_a_shift() {
        let mut rng = ChaCha20Rng::from_seed([8; 32]);
        let mut shifted = [times(&mut rng, 100_000, 100.0), times(&mut rng, 100_000, 100.02)];
        for class in &mut shifted {
            class.iter_mut().step_by(1000).for_each(|time| *time = 1e9);
        }
        assert!(largest_t(&shifted) > T_MAX);
    }

    #[test]
    fn equal_times_are_not_told_apart_and_different_constants_are() {
        assert!(largest_t(&[vec![1.0; 10], vec![1.0; 10]]) < T_MAX);
        assert!(largest_t(&[vec![1.0; 10], vec![2.0; 10]]) > T_MAX);
    }
}

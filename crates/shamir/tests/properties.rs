//! What holds for every secret, and what is refused.

use chacha20::ChaCha20Rng;
use proptest::prelude::*;
use rand_core::SeedableRng;
use trust_quorum_shamir::{
    CombineError, SplitError, combine, combine_into, compute_share, compute_share_into, split,
    split_into,
};

fn rng() -> impl Strategy<Value = ChaCha20Rng> {
    any::<[u8; 32]>().prop_map(ChaCha20Rng::from_seed)
}

/// `k`, and the x-coordinates `1..=n` in some order, `n ≥ k`.
fn threshold_and_order(n_max: u8) -> impl Strategy<Value = (u8, Vec<u8>)> {
    (2..=n_max).prop_flat_map(|n| (2..=n, Just((1..=n).collect::<Vec<_>>()).prop_shuffle()))
}

fn pick(shares: &[u8], share_len: usize, xs: &[u8]) -> Vec<u8> {
    let share = |&x: &u8| &shares[(usize::from(x) - 1) * share_len..][..share_len];
    xs.iter().map(share).collect::<Vec<_>>().concat()
}

proptest! {
    #[test]
    fn any_k_of_n_shares_combine_and_compute_the_others(
        secret in prop::collection::vec(any::<u8>(), 1..100),
        (k, order) in threshold_and_order(40),
        extra in any::<prop::sample::Index>(),
        mut rng in rng(),
    ) {
        let (n, share_len) = (order.len(), 1 + secret.len());
        let shares = split(&secret, u8::try_from(n).unwrap(), k, &mut rng).unwrap();
        prop_assert_eq!(
            shares.iter().step_by(share_len).copied().collect::<Vec<_>>(),
            (1..=u8::try_from(n).unwrap()).collect::<Vec<_>>()
        );

        let k = usize::from(k);
        let picked = pick(&shares, share_len, &order[..k + extra.index(n - k + 1)]);
        prop_assert_eq!(&*combine(&picked, share_len).unwrap(), &secret);
        for &x in &order {
            let computed = compute_share(&picked, share_len, x).unwrap();
            prop_assert_eq!(&*computed, &pick(&shares, share_len, &[x]));
        }
    }

    #[test]
    fn a_computed_share_beyond_n_is_as_good_as_any(
        secret in prop::collection::vec(any::<u8>(), 1..40),
        (k, order) in threshold_and_order(12),
        x in 100u8..,
        mut rng in rng(),
    ) {
        let share_len = 1 + secret.len();
        let n = u8::try_from(order.len()).unwrap();
        let shares = split(&secret, n, k, &mut rng).unwrap();
        let mut picked = pick(&shares, share_len, &order[..usize::from(k)]);
        let computed = compute_share(&picked, share_len, x).unwrap();
        picked.truncate((usize::from(k) - 1) * share_len);
        picked.extend_from_slice(&computed);
        prop_assert_eq!(&*combine(&picked, share_len).unwrap(), &secret);
    }

    #[test]
    fn long_secrets_are_split_in_one_piece(
        len in prop_oneof![1020usize..1030, 2040usize..2060, Just(5000)],
        mut rng in rng(),
    ) {
        let secret: Vec<u8> = (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let shares = split(&secret, 5, 3, &mut rng).unwrap();
        prop_assert_eq!(&*combine(&shares[..3 * (len + 1)], len + 1).unwrap(), &secret);
        prop_assert_eq!(&*combine(&shares[2 * (len + 1)..], len + 1).unwrap(), &secret);
    }
}

#[test]
fn the_largest_split_combines() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let shares = split(&[1, 2, 3], 255, 255, &mut rng).unwrap();
    assert_eq!(*combine(&shares, 4).unwrap(), [1, 2, 3]);
}

#[test]
fn a_split_that_makes_no_sense_is_refused_and_writes_nothing() {
    use SplitError::{EmptySecret, FewerSharesThanThreshold, OutputLength, ThresholdTooSmall};
    for (secret, n, k, len, error, code) in [
        (&[1][..], 3, 0, 6, ThresholdTooSmall, "ERR_TQ_THRESHOLD_TOO_SMALL"),
        (&[1], 3, 1, 6, ThresholdTooSmall, "ERR_TQ_THRESHOLD_TOO_SMALL"),
        (&[1], 0, 1, 0, ThresholdTooSmall, "ERR_TQ_THRESHOLD_TOO_SMALL"),
        (&[1], 2, 3, 4, FewerSharesThanThreshold, "ERR_TQ_FEWER_SHARES_THAN_THRESHOLD"),
        (&[1], 0, 2, 0, FewerSharesThanThreshold, "ERR_TQ_FEWER_SHARES_THAN_THRESHOLD"),
        (&[], 3, 2, 3, EmptySecret, "ERR_TQ_INVALID_ARGUMENT"),
        (&[1], 3, 2, 5, OutputLength, "ERR_TQ_INVALID_ARGUMENT"),
        (&[1], 3, 2, 7, OutputLength, "ERR_TQ_INVALID_ARGUMENT"),
    ] {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let mut out = vec![0xee; len];
        assert_eq!(split_into(secret, n, k, &mut rng, &mut out), Err(error));
        assert_eq!(error.code(), code);
        assert!(out.iter().all(|&byte| byte == 0xee));
    }
}

#[test]
fn shares_that_cannot_be_interpolated_are_refused_and_write_nothing() {
    use CombineError::{DuplicateXCoordinates, InvalidShareId, InvalidShareLengths, TooFewShares};
    for (shares, share_len, error, code) in [
        (&[][..], 2, TooFewShares, "ERR_TQ_TOO_FEW_SHARES"),
        (&[1, 9], 2, TooFewShares, "ERR_TQ_TOO_FEW_SHARES"),
        (&[1, 9, 2], 2, InvalidShareLengths, "ERR_TQ_INVALID_SHARE_LENGTHS"),
        (&[1, 9, 2, 9, 3], 2, InvalidShareLengths, "ERR_TQ_INVALID_SHARE_LENGTHS"),
        (&[1, 2, 3], 1, InvalidShareLengths, "ERR_TQ_INVALID_SHARE_LENGTHS"),
        (&[1, 2, 3], 0, InvalidShareLengths, "ERR_TQ_INVALID_SHARE_LENGTHS"),
        (&[0, 9, 2, 9], 2, InvalidShareId, "ERR_TQ_INVALID_SHARE_ID"),
        (&[1, 9, 0, 9], 2, InvalidShareId, "ERR_TQ_INVALID_SHARE_ID"),
        (&[1, 9, 1, 9], 2, DuplicateXCoordinates, "ERR_TQ_DUPLICATE_X_COORDINATES"),
        (&[1, 9, 2, 9, 1, 8], 2, DuplicateXCoordinates, "ERR_TQ_DUPLICATE_X_COORDINATES"),
    ] {
        let (mut secret, mut share) = ([0xee], [0xee; 2]);
        assert_eq!(combine_into(shares, share_len, &mut secret), Err(error));
        assert_eq!(compute_share_into(shares, share_len, 7, &mut share), Err(error));
        assert_eq!(combine(shares, share_len).err(), Some(error));
        assert_eq!(compute_share(shares, share_len, 7).err(), Some(error));
        assert_eq!((secret, share), ([0xee], [0xee; 2]));
        assert_eq!(error.code(), code);
    }
}

#[test]
fn the_share_at_0_is_not_computed() {
    let mut share = [0xee; 2];
    let result = compute_share_into(&[1, 9, 2, 9], 2, 0, &mut share);
    assert_eq!(result, Err(CombineError::InvalidShareId));
    assert_eq!(share, [0xee; 2]);
}

#[test]
fn an_output_of_another_length_is_refused_and_not_written() {
    for len in [0, 1, 3, 4] {
        let mut out = vec![0xee; len];
        if len != 1 {
            let result = combine_into(&[1, 9, 2, 9], 2, &mut out);
            assert_eq!(result, Err(CombineError::OutputLength));
        }
        let result = compute_share_into(&[1, 9, 2, 9], 2, 7, &mut out);
        assert_eq!(result, Err(CombineError::OutputLength));
        assert!(out.iter().all(|&byte| byte == 0xee));
    }
    assert_eq!(CombineError::OutputLength.code(), "ERR_TQ_INVALID_ARGUMENT");
}

#[test]
fn what_was_in_the_output_before_does_not_matter() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let secret: Vec<u8> = (1..=40).collect();
    let mut shares = [0xee; 3 * 41];
    split_into(&secret, 3, 2, &mut rng, &mut shares).unwrap();

    let (mut combined, mut share) = ([0xee; 40], [0xee; 41]);
    combine_into(&shares[41..], 41, &mut combined).unwrap();
    compute_share_into(&shares[41..], 41, 1, &mut share).unwrap();
    assert_eq!(combined[..], secret);
    assert_eq!(share, shares[..41]);
}

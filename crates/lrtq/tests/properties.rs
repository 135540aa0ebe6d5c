//! What holds for every secret, and what is refused.

use chacha20::ChaCha20Rng;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, aead::Aead};
use hkdf::SimpleHkdf;
use proptest::prelude::*;
use rand_core::SeedableRng;
use sha3::Sha3_256;
use trust_quorum_lrtq::{
    LrtqError, SHARE_BYTES, combine, open_spare_shares, seal_spare_shares, split_into,
};

/// The order of the field, little-endian: 2^252 + 27742317777372353535851937790883648493.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Canonical, because below 2^252.
fn secret() -> impl Strategy<Value = [u8; 32]> {
    any::<[u8; 32]>().prop_map(|mut bytes| {
        bytes[31] &= 0x0f;
        bytes
    })
}

fn order_plus(difference: i16) -> [u8; 32] {
    let mut bytes = ORDER;
    // The lowest byte leaves room for what is added here, so that nothing is carried.
    bytes[0] = u8::try_from(i16::from(bytes[0]) + difference).expect("no carry");
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_k_of_n_shares_combine(
        secret in secret(),
        (k, order) in (2u8..=20).prop_flat_map(|n| {
            (2..=n, Just((0..usize::from(n)).collect::<Vec<_>>()).prop_shuffle())
        }),
        extra in any::<prop::sample::Index>(),
        seed in any::<[u8; 32]>(),
    ) {
        let n = order.len();
        let mut shares = vec![0; n * SHARE_BYTES];
        let mut rng = ChaCha20Rng::from_seed(seed);
        split_into(&secret, u8::try_from(n).unwrap(), k, &mut rng, &mut shares).unwrap();

        let share = |i: usize| &shares[i * SHARE_BYTES..][..SHARE_BYTES];
        for i in 0..n {
            prop_assert_eq!(usize::from(share(i)[0]), i + 1);
        }
        let k = usize::from(k);
        let picked: Vec<_> = order.iter().map(|&i| share(i)).collect();
        let enough = picked[..k + extra.index(n - k + 1)].concat();
        prop_assert_eq!(*combine(&enough).unwrap(), secret);
        if k > 2 {
            prop_assert_ne!(*combine(&picked[..k - 1].concat()).unwrap(), secret);
        }
    }

    #[test]
    fn spare_shares_are_what_was_sealed(
        (secret, rack_id, salt, nonce) in any::<([u8; 32], [u8; 16], [u8; 32], [u8; 12])>(),
        shares in prop::collection::vec(any::<[u8; 11]>(), 0..12).prop_map(|thirds| {
            thirds.iter().flat_map(|third| third.repeat(3)).collect::<Vec<_>>()
        }),
    ) {
        let package = seal_spare_shares(&secret, &rack_id, &salt, &nonce, &shares).unwrap();
        prop_assert_eq!(package.len(), shares.len() + 16);
        let opened = open_spare_shares(&secret, &rack_id, &salt, &nonce, &package).unwrap();
        prop_assert_eq!(&*opened, &shares);
    }
}

#[test]
fn the_largest_and_the_smallest_scalar_are_split_and_combined() {
    for secret in [[0; 32], order_plus(-1)] {
        let mut shares = [0; 3 * SHARE_BYTES];
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        split_into(&secret, 3, 2, &mut rng, &mut shares).unwrap();
        assert_eq!(*combine(&shares).unwrap(), secret);
    }
}

#[test]
fn a_split_that_makes_no_sense_is_refused_and_writes_nothing() {
    use LrtqError::{
        FewerSharesThanThreshold, NonCanonicalScalar, OutputLength, ThresholdTooSmall,
    };
    for (secret, n, k, len, error, code) in [
        ([1; 32], 3, 0, 99, ThresholdTooSmall, "ERR_TQ_THRESHOLD_TOO_SMALL"),
        ([1; 32], 3, 1, 99, ThresholdTooSmall, "ERR_TQ_THRESHOLD_TOO_SMALL"),
        ([1; 32], 2, 3, 66, FewerSharesThanThreshold, "ERR_TQ_FEWER_SHARES_THAN_THRESHOLD"),
        ([1; 32], 3, 2, 98, OutputLength, "ERR_TQ_INVALID_ARGUMENT"),
        ([1; 32], 3, 2, 100, OutputLength, "ERR_TQ_INVALID_ARGUMENT"),
        (ORDER, 3, 2, 99, NonCanonicalScalar, "ERR_TQ_NON_CANONICAL_SCALAR"),
        ([0xff; 32], 3, 2, 99, NonCanonicalScalar, "ERR_TQ_NON_CANONICAL_SCALAR"),
    ] {
        let mut out = vec![0xee; len];
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        assert_eq!(split_into(&secret, n, k, &mut rng, &mut out), Err(error));
        assert_eq!(error.code(), code);
        assert!(out.iter().all(|&byte| byte == 0xee));
    }
}

#[test]
fn shares_that_cannot_be_combined_are_refused() {
    use LrtqError::{
        DuplicateXCoordinates, InvalidShareId, InvalidShareLengths, NonCanonicalScalar,
        TooFewShares,
    };
    let share = |id: u8, y: [u8; 32]| [&[id][..], &y].concat();
    let fine = share(1, [1; 32]);
    assert!(combine(&[fine.clone(), share(2, order_plus(-1))].concat()).is_ok());
    for (shares, error, code) in [
        (vec![], TooFewShares, "ERR_TQ_TOO_FEW_SHARES"),
        (fine.clone(), TooFewShares, "ERR_TQ_TOO_FEW_SHARES"),
        (fine[..32].to_vec(), InvalidShareLengths, "ERR_TQ_INVALID_SHARE_LENGTHS"),
        ([&fine[..], &fine[..32]].concat(), InvalidShareLengths, "ERR_TQ_INVALID_SHARE_LENGTHS"),
        ([fine.clone(), share(0, [1; 32])].concat(), InvalidShareId, "ERR_TQ_INVALID_SHARE_ID"),
        ([share(0, [1; 32]), fine.clone()].concat(), InvalidShareId, "ERR_TQ_INVALID_SHARE_ID"),
        (
            [fine.clone(), share(2, [1; 32]), share(1, [2; 32])].concat(),
            DuplicateXCoordinates,
            "ERR_TQ_DUPLICATE_X_COORDINATES",
        ),
    ] {
        assert_eq!(combine(&shares).err(), Some(error));
        assert_eq!(error.code(), code);
    }
    let mut high_bit = [0; 32];
    high_bit[31] = 0x80;
    for y in [ORDER, order_plus(1), high_bit, [0xff; 32]] {
        for shares in [[fine.clone(), share(2, y)], [share(2, y), fine.clone()]] {
            assert_eq!(combine(&shares.concat()).err(), Some(NonCanonicalScalar));
        }
    }
    assert_eq!(NonCanonicalScalar.code(), "ERR_TQ_NON_CANONICAL_SCALAR");
}

#[test]
fn a_package_of_anything_but_whole_shares_is_refused() {
    let (secret, rack_id, salt, nonce) = ([1; 32], [2; 16], [3; 32], [4; 12]);
    let result = seal_spare_shares(&secret, &rack_id, &salt, &nonce, &[0; 34]);
    assert_eq!(result, Err(LrtqError::InvalidShareLengths));

    // Sealed by hand, since `seal_spare_shares` does not.
    let mut key = [0; 32];
    let info = [&b"trust-quorum-v0-key-shares-"[..], &rack_id].concat();
    SimpleHkdf::<Sha3_256>::new(Some(&salt), &secret).expand(&info, &mut key).unwrap();
    for len in [1, 32, 34, 65] {
        let package =
            ChaCha20Poly1305::new(&key.into()).encrypt(&nonce.into(), &vec![0; len][..]).unwrap();
        let result = open_spare_shares(&secret, &rack_id, &salt, &nonce, &package);
        assert_eq!(result.err(), Some(LrtqError::InvalidPlaintextLength), "{len} bytes");
    }
    assert_eq!(LrtqError::InvalidPlaintextLength.code(), "ERR_TQ_INVALID_PLAINTEXT_LENGTH");
}

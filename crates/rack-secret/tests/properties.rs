//! What holds for every rack secret, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::convert::Infallible;

use chacha20::ChaCha20Rng;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, aead::Aead};
use hkdf::SimpleHkdf;
use proptest::prelude::*;
use rand_core::{SeedableRng, TryCryptoRng, TryRng};
use sha3::Sha3_256;
use trust_quorum_rack_secret::{
    DIGEST_BYTES, Error, RackSecret, RackSecrets, SHARE_BYTES, compute_share, create_shares,
    create_shares_with_rng, recover, recover_lrtq, seal, share_digest,
};
use trust_quorum_shamir::{CombineError, SplitError};

const RACK_ID: [u8; 16] = [0x5a; 16];

struct Created {
    secret: RackSecret,
    shares: Vec<u8>,
    digests: Vec<u8>,
}

fn created(n: u8, k: u8, seed: [u8; 32]) -> Created {
    let mut shares = vec![0; usize::from(n) * SHARE_BYTES];
    let mut digests = vec![0; usize::from(n) * DIGEST_BYTES];
    let mut rng = ChaCha20Rng::from_seed(seed);
    let secret = create_shares_with_rng(n, k, &mut rng, &mut shares, &mut digests).unwrap();
    Created { secret, shares, digests }
}

/// Shares of a secret that need not be a valid rack secret, with their digests.
fn shares_of(secret: [u8; 32]) -> (Vec<u8>, Vec<u8>) {
    let mut rng = ChaCha20Rng::from_seed([9; 32]);
    let shares = trust_quorum_shamir::split(&secret, 3, 2, &mut rng).unwrap().to_vec();
    let digests = shares.chunks(SHARE_BYTES).flat_map(share_digest).collect();
    (shares, digests)
}

fn pick(from: &[u8], len: usize, places: &[usize]) -> Vec<u8> {
    places.iter().flat_map(|&place| &from[place * len..][..len]).copied().collect()
}

fn same(a: &RackSecret, b: &RackSecret) -> bool {
    a.ct_eq(b).into()
}

fn secret(byte: u8) -> RackSecret {
    RackSecret::from_bytes(&[byte; 32]).unwrap()
}

fn secrets(epochs: &[u64]) -> RackSecrets {
    let mut secrets = RackSecrets::new();
    for &epoch in epochs {
        secrets.insert(epoch, secret(epoch.to_be_bytes()[7] | 1)).unwrap();
    }
    secrets
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_k_shares_recover_the_secret_and_compute_the_other_shares(
        (k, order) in (2u8..=32).prop_flat_map(|n| {
            (2..=n, Just((0..usize::from(n)).collect::<Vec<_>>()).prop_shuffle())
        }),
        epoch in 1u64..,
        seed in any::<[u8; 32]>(),
    ) {
        let Created { secret, shares, digests } =
            created(u8::try_from(order.len()).unwrap(), k, seed);
        let (enough, others) = order.split_at(usize::from(k));
        let picked = pick(&shares, SHARE_BYTES, enough);
        let picked_digests = pick(&digests, DIGEST_BYTES, enough);
        let recovered = recover(&picked, &picked_digests, &RACK_ID, epoch, None).unwrap();
        prop_assert_eq!(recovered.epochs().collect::<Vec<_>>(), [epoch]);
        prop_assert!(same(recovered.get(epoch).unwrap(), &secret));

        for &other in others {
            let digest = pick(&digests, DIGEST_BYTES, &[other]).try_into().unwrap();
            let mut share = [0; SHARE_BYTES];
            compute_share(&picked, u8::try_from(other + 1).unwrap(), &digest, &mut share).unwrap();
            prop_assert_eq!(&share[..], pick(&shares, SHARE_BYTES, &[other]));
        }
    }

    #[test]
    fn sealed_secrets_come_back(
        prior in prop::collection::btree_map(1u64..1000, 1u8.., 0..12),
        seed in any::<[u8; 32]>(),
    ) {
        let Created { secret: newest, shares, digests } = created(5, 3, seed);
        let mut sealed_secrets = RackSecrets::new();
        for (&epoch, &byte) in prior.iter().rev() {
            sealed_secrets.insert(epoch, secret(byte)).unwrap();
        }
        let sealed = seal(&shares, &RACK_ID, 1000, &sealed_secrets, None).unwrap();
        prop_assert_eq!(sealed.data.len(), 40 * prior.len() + 16);

        let encrypted = Some((&sealed.salt, &sealed.data[..]));
        let opened = recover(&shares, &digests, &RACK_ID, 1000, encrypted).unwrap();
        prop_assert_eq!(opened.len(), prior.len() + 1);
        for (&epoch, &byte) in &prior {
            prop_assert!(same(opened.get(epoch).unwrap(), &secret(byte)));
        }
        prop_assert!(same(opened.get(1000).unwrap(), &newest));
    }

    #[test]
    fn a_changed_share_is_named(
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        let Created { mut shares, digests, .. } = created(7, 4, [3; 32]);
        let at = at.index(shares.len());
        shares[at] ^= 1 << bit;
        let error = recover(&shares, &digests, &RACK_ID, 1, None).unwrap_err();
        prop_assert_eq!(error, Error::ShareDigestMismatch { index: at / SHARE_BYTES });
        prop_assert_eq!(error.code(), "ERR_TQ_SHARE_DIGEST_MISMATCH");
    }
}

#[test]
fn the_operating_system_draws_other_secrets_shares_and_salts_every_time() {
    let create = || {
        let (mut shares, mut digests) = ([0; 3 * SHARE_BYTES], [0; 3 * DIGEST_BYTES]);
        let secret = create_shares(3, 2, &mut shares, &mut digests).unwrap();
        (secret, shares)
    };
    let ((secret_1, shares_1), (secret_2, shares_2)) = (create(), create());
    assert!(!same(&secret_1, &secret_2));
    assert_ne!(shares_1, shares_2);
    let salt = || seal(&shares_1, &RACK_ID, 2, &secrets(&[1]), None).unwrap().salt;
    assert_ne!(salt(), salt());
    assert!(!same(&RackSecret::random().unwrap(), &RackSecret::random().unwrap()));
}

#[test]
fn the_coefficients_are_not_the_secrets_own_randomness() {
    // If the polynomial were drawn from a second generator with the same seed, the coefficient of a
    // 2-of-n split would be the secret itself.
    let Created { secret, shares, .. } = created(2, 2, [3; 32]);
    let coefficient: Vec<u8> =
        shares[1..SHARE_BYTES].iter().zip(secret.expose()).map(|(y, s)| y ^ s).collect();
    assert_ne!(coefficient, secret.expose());
}

#[test]
fn a_rack_secret_has_32_bytes_that_are_not_all_zero() {
    for bytes in [&[1; 31][..], &[1; 33], &[], &[0; 32]] {
        let error = RackSecret::from_bytes(bytes).unwrap_err();
        assert_eq!(error, Error::InvalidRackSecret);
        assert_eq!(error.code(), "ERR_TQ_INVALID_RACK_SECRET");
    }
    for place in 0..32 {
        let mut bytes = [0; 32];
        bytes[place] = 0x80;
        assert_eq!(RackSecret::from_bytes(&bytes).unwrap().expose(), &bytes);
    }
}

#[test]
fn secrets_are_equal_only_if_all_their_bytes_are() {
    let secret = secret(7);
    assert!(same(&secret, &secret.duplicate()));
    for place in 0..32 {
        let mut bytes = [7; 32];
        bytes[place] ^= 1;
        assert!(!same(&secret, &RackSecret::from_bytes(&bytes).unwrap()));
    }
}

#[test]
fn debugging_shows_no_secret() {
    let secrets = secrets(&[0xab, 3]);
    assert_eq!(format!("{secrets:?}"), "{3: RackSecret(..), 171: RackSecret(..)}");
    let Created { secret, shares, digests } = created(2, 2, [3; 32]);
    assert_eq!(format!("{secret:?} {secret:#?}"), "RackSecret(..) RackSecret(..)");
    let recovered = recover(&shares, &digests, &RACK_ID, 4, None);
    assert_eq!(format!("{recovered:?}"), "Ok({4: RackSecret(..)})");
}

#[test]
fn an_epoch_has_one_secret_for_good() {
    let mut secrets = secrets(&[5, 2]);
    let error = secrets.insert(5, secret(99)).unwrap_err();
    assert_eq!(error, Error::DuplicateEpoch { epoch: 5 });
    assert_eq!(error.code(), "ERR_TQ_INVALID_ARGUMENT");
    assert!(same(secrets.get(5).unwrap(), &secret(5)));
    let error = secrets.insert(0, secret(99)).unwrap_err();
    assert_eq!(error, Error::InvalidEpoch { epoch: 0 });
    assert_eq!(error.code(), "ERR_TQ_INVALID_EPOCH");
    assert_eq!(secrets.epochs().collect::<Vec<_>>(), [2, 5]);
    assert_eq!((secrets.len(), secrets.is_empty()), (2, false));

    assert!(same(&secrets.remove(5).unwrap(), &secret(5)));
    assert!(secrets.get(5).is_none() && secrets.remove(5).is_none());
    secrets.insert(5, secret(99)).unwrap();
}

#[test]
fn a_split_that_makes_no_sense_is_refused_and_writes_nothing() {
    for (n, k, shares, digests, error) in [
        (3, 1, 99, 96, Error::Split(SplitError::ThresholdTooSmall)),
        (2, 3, 66, 64, Error::Split(SplitError::FewerSharesThanThreshold)),
        (3, 2, 98, 96, Error::BufferLength),
        (3, 2, 132, 96, Error::BufferLength),
        (3, 2, 99, 64, Error::BufferLength),
        (3, 2, 99, 97, Error::BufferLength),
    ] {
        let (mut shares, mut digests) = (vec![0xee; shares], vec![0xee; digests]);
        assert_eq!(create_shares(n, k, &mut shares, &mut digests).err(), Some(error));
        assert!(shares.iter().chain(&digests).all(|&byte| byte == 0xee));
    }
    assert_eq!(Error::BufferLength.code(), "ERR_TQ_INVALID_ARGUMENT");
    assert_eq!(Error::from(SplitError::ThresholdTooSmall).code(), "ERR_TQ_THRESHOLD_TOO_SMALL");
}

#[test]
fn a_source_that_draws_only_zeros_is_refused() {
    struct Zeros;
    impl TryRng for Zeros {
        type Error = Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            Ok(0)
        }
        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            Ok(0)
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            bytes.fill(0);
            Ok(())
        }
    }
    impl TryCryptoRng for Zeros {}

    let (mut shares, mut digests) = ([0xee; 99], [0xee; 96]);
    let result = create_shares_with_rng(3, 2, &mut Zeros, &mut shares, &mut digests);
    assert_eq!(result.err(), Some(Error::InvalidRackSecret));
    assert_eq!((shares, digests), ([0xee; 99], [0xee; 96]));
}

#[test]
fn shares_that_cannot_be_combined_are_refused() {
    use CombineError::{DuplicateXCoordinates, InvalidShareId, InvalidShareLengths, TooFewShares};
    let (shares, _) = shares_of([1; 32]);
    let with_id = |x: u8| [&shares[..33], &[x], &shares[34..66]].concat();
    for (shares, error, code) in [
        (vec![], TooFewShares, "ERR_TQ_TOO_FEW_SHARES"),
        (shares[..33].to_vec(), TooFewShares, "ERR_TQ_TOO_FEW_SHARES"),
        (shares[..65].to_vec(), InvalidShareLengths, "ERR_TQ_INVALID_SHARE_LENGTHS"),
        (with_id(0), InvalidShareId, "ERR_TQ_INVALID_SHARE_ID"),
        (with_id(1), DuplicateXCoordinates, "ERR_TQ_DUPLICATE_X_COORDINATES"),
    ] {
        let digests: Vec<u8> = shares.chunks(SHARE_BYTES).flat_map(share_digest).collect();
        let mut out = [0xee; SHARE_BYTES];
        let errors = [
            recover(&shares, &digests, &RACK_ID, 2, None).err(),
            seal(&shares, &RACK_ID, 2, &secrets(&[1]), None).err(),
            compute_share(&shares, 3, &[0; 32], &mut out).err(),
        ];
        assert_eq!(errors, [Some(Error::Combine(error)); 3]);
        assert_eq!(errors[0].unwrap().code(), code);
        assert_eq!(out, [0xee; SHARE_BYTES]);
    }
}

#[test]
fn every_share_needs_its_own_digest() {
    let Created { shares, digests, .. } = created(3, 2, [3; 32]);
    for digests in [&digests[..64], &digests[..95], &[digests.clone(), vec![0; 32]].concat()] {
        let result = recover(&shares, digests, &RACK_ID, 1, None);
        assert_eq!(result.err(), Some(Error::BufferLength));
    }
    let swapped = pick(&digests, DIGEST_BYTES, &[0, 2, 1]);
    let result = recover(&shares, &swapped, &RACK_ID, 1, None);
    assert_eq!(result.err(), Some(Error::ShareDigestMismatch { index: 1 }));
}

#[test]
fn a_computed_share_that_is_not_the_expected_one_is_not_handed_out() {
    let Created { shares, digests, .. } = created(3, 2, [3; 32]);
    let digest_of_second = digests[32..64].try_into().unwrap();
    let mut out = [0xee; SHARE_BYTES];
    let result = compute_share(&shares[..66], 3, digest_of_second, &mut out);
    assert_eq!(result, Err(Error::ShareDigestMismatch { index: 0 }));
    let result = compute_share(&shares[..66], 0, digest_of_second, &mut out);
    assert_eq!(result, Err(Error::Combine(CombineError::InvalidShareId)));
    assert_eq!(out, [0xee; SHARE_BYTES]);
}

#[test]
fn shares_of_all_zeros_are_not_a_rack_secret() {
    let (shares, digests) = shares_of([0; 32]);
    let invalid = Some(Error::InvalidRackSecret);
    assert_eq!(recover(&shares, &digests, &RACK_ID, 1, None).err(), invalid);
    assert_eq!(seal(&shares, &RACK_ID, 2, &secrets(&[1]), None).err(), invalid);

    let mut lrtq_shares = [0; 2 * SHARE_BYTES];
    (lrtq_shares[0], lrtq_shares[33]) = (1, 2);
    assert_eq!(recover_lrtq(&lrtq_shares).err(), invalid);
    assert_eq!(recover_lrtq(&lrtq_shares[..33]).unwrap_err().code(), "ERR_TQ_TOO_FEW_SHARES");
}

#[test]
fn epochs_that_are_not_prior_are_not_sealed() {
    let (shares, digests) = shares_of([1; 32]);
    let sealed = |prior: &[u64]| seal(&shares, &RACK_ID, 5, &secrets(prior), None).err();
    assert_eq!(sealed(&[1, 4]), None);
    assert_eq!(sealed(&[1, 5]), Some(Error::InvalidEpoch { epoch: 5 }));
    assert_eq!(sealed(&[9, 1]), Some(Error::InvalidEpoch { epoch: 9 }));
    let epoch_0 = Some(Error::InvalidEpoch { epoch: 0 });
    assert_eq!(seal(&shares, &RACK_ID, 0, &secrets(&[]), None).err(), epoch_0);
    assert_eq!(recover(&shares, &digests, &RACK_ID, 0, None).err(), epoch_0);
}

/// Seals any plaintext under the secret `[1; 32]` for epoch 5, and what opening it says.
fn open_plaintext(plaintext: &[u8]) -> Option<Error> {
    let (shares, digests) = shares_of([1; 32]);
    let salt = [8; 32];
    let info = [&b"trust-quorum-v1-rack-secrets"[..], &RACK_ID, &[0, 0, 0, 0, 0, 0, 0, 5]].concat();
    let mut key = [0; 32];
    SimpleHkdf::<Sha3_256>::new(Some(&salt), &[1; 32]).expand(&info, &mut key).unwrap();
    let data = ChaCha20Poly1305::new(&key.into()).encrypt(&Nonce::default(), plaintext).unwrap();
    recover(&shares, &digests, &RACK_ID, 5, Some((&salt, &data))).err()
}

fn entries(entries: &[(u64, u8)]) -> Vec<u8> {
    entries
        .iter()
        .flat_map(|&(epoch, byte)| [&epoch.to_be_bytes()[..], &[byte; 32]].concat())
        .collect()
}

#[test]
fn a_plaintext_of_anything_but_whole_entries_is_refused() {
    assert_eq!(open_plaintext(&[]), None);
    for length in [1, 8, 32, 39, 41, 79] {
        let error = open_plaintext(&vec![1; length]).unwrap();
        assert_eq!(error, Error::InvalidPlaintextLength { length });
        assert_eq!(error.code(), "ERR_TQ_INVALID_PLAINTEXT_LENGTH");
    }
}

#[test]
fn a_plaintext_of_anything_but_ascending_prior_epochs_is_refused() {
    assert_eq!(open_plaintext(&entries(&[(1, 7), (2, 7), (4, 7)])), None);
    for refused in [
        &[(0, 7)][..],
        &[(5, 7)],
        &[(1, 7), (6, 7)],
        &[(u64::MAX, 7)],
        &[(2, 7), (1, 7)],
        &[(1, 7), (1, 7)],
        &[(1, 7), (2, 0)],
    ] {
        let error = open_plaintext(&entries(refused)).unwrap();
        assert_eq!(error, Error::InvalidPlaintext, "{refused:?}");
        assert_eq!(error.code(), "ERR_TQ_INVALID_PLAINTEXT");
    }
}

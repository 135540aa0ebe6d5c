//! The shares that the original implementation made combine here, byte for byte.

use serde::Deserialize;
use sha3::{Digest, Sha3_256};
use trust_quorum_shamir::{combine, compute_share};

#[derive(Deserialize)]
struct Split {
    n: u8,
    k: u8,
    #[serde(with = "hex")]
    secret: Vec<u8>,
    shares: Vec<HexBytes>,
    digests: Vec<HexBytes>,
    computed: Vec<Computed>,
}

#[derive(Deserialize)]
struct Computed {
    from_x: Vec<u8>,
    x: u8,
    share: HexBytes,
    digest: HexBytes,
}

#[derive(Deserialize)]
struct HexBytes(#[serde(with = "hex")] Vec<u8>);

fn splits() -> Vec<Split> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/gf256-shamir.json");
    let text = std::fs::read_to_string(path).expect("the vectors can be read");
    let splits: Vec<Split> = serde_json::from_str(&text).expect("the vectors are well-formed");
    assert!(!splits.is_empty());
    for split in &splits {
        assert_eq!(split.shares.len(), usize::from(split.n));
        assert_eq!(split.digests.len(), usize::from(split.n));
    }
    splits
}

/// Each of the runs of `k` shares, wrapping round, forwards and backwards, and all `n`.
fn selections(split: &Split) -> Vec<Vec<u8>> {
    let n = split.shares.len();
    let share = |i: usize| &split.shares[i % n].0[..];
    let mut selections = vec![(0..n).map(share).collect::<Vec<_>>().concat()];
    for first in 0..n {
        let run: Vec<_> = (first..first + usize::from(split.k)).map(share).collect();
        selections.push(run.concat());
        selections.push(run.into_iter().rev().collect::<Vec<_>>().concat());
    }
    selections
}

#[test]
fn any_k_shares_combine_to_the_secret() {
    for split in splits() {
        for selection in selections(&split) {
            let combined = combine(&selection, 1 + split.secret.len()).expect("valid shares");
            assert_eq!(*combined, split.secret, "{} of {}", split.k, split.n);
        }
    }
}

#[test]
fn fewer_than_k_shares_combine_to_something_else() {
    for split in splits().into_iter().filter(|split| split.k > 2 && split.secret.len() > 1) {
        let shares: Vec<_> = split.shares.iter().map(|share| &share.0[..]).collect();
        let too_few = shares[..usize::from(split.k) - 1].concat();
        let combined = combine(&too_few, 1 + split.secret.len()).expect("valid shares");
        assert_ne!(*combined, split.secret, "{} of {}", split.k, split.n);
    }
}

#[test]
fn any_k_shares_give_every_other_share() {
    for split in splits() {
        for selection in selections(&split).into_iter().take(8) {
            for share in &split.shares {
                let len = 1 + split.secret.len();
                let computed = compute_share(&selection, len, share.0[0]).expect("valid shares");
                assert_eq!(*computed, share.0, "{} of {}", split.k, split.n);
            }
        }
    }
}

#[test]
fn computed_shares_and_all_digests_are_the_recorded_ones() {
    for split in splits() {
        for (share, digest) in split.shares.iter().zip(&split.digests) {
            assert_eq!(Sha3_256::digest(&share.0)[..], digest.0);
        }
        for computed in &split.computed {
            let from: Vec<_> =
                computed.from_x.iter().map(|&x| &split.shares[usize::from(x) - 1].0[..]).collect();
            let share = compute_share(&from.concat(), 1 + split.secret.len(), computed.x)
                .expect("valid shares");
            assert_eq!(*share, computed.share.0, "{} of {}", split.k, split.n);
            assert_eq!(Sha3_256::digest(&*share)[..], computed.digest.0);
        }
    }
    assert!(splits().iter().any(|split| !split.computed.is_empty()));
}

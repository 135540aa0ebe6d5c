//! What original bootstores wrote is read here, byte for byte.

use serde::Deserialize;
use trust_quorum_lrtq::{
    LrtqError, SHARE_BYTES, combine, open_spare_shares, seal_spare_shares, share_digest,
};

#[derive(Deserialize)]
struct Vectors {
    racks: Vec<Rack>,
    raw: Vec<Raw>,
}

#[derive(Deserialize)]
struct Rack {
    sleds: usize,
    threshold: usize,
    #[serde(rename = "rack_uuid")]
    uuid: String,
    secret: Array<32>,
    shares: Vec<SledShare>,
    spare_shares_of_second: Vec<Array<SHARE_BYTES>>,
    #[serde(with = "hex")]
    encrypted_shares_of_second: Vec<u8>,
    salt: Array<32>,
    nonce_of_second: Array<12>,
}

#[derive(Deserialize)]
struct SledShare {
    share: Array<SHARE_BYTES>,
    digest: Array<32>,
}

#[derive(Deserialize)]
struct Raw {
    n: usize,
    k: usize,
    secret: Array<32>,
    shares: Vec<Array<SHARE_BYTES>>,
}

#[derive(Deserialize, Clone, Copy)]
struct Array<const N: usize>(#[serde(with = "hex")] [u8; N])
where
    [u8; N]: hex::FromHex<Error = hex::FromHexError>;

impl Rack {
    fn id(&self) -> [u8; 16] {
        let bytes = hex::decode(self.uuid.replace('-', "")).expect("a uuid");
        bytes.try_into().expect("a uuid has 16 bytes")
    }

    fn open(&self) -> Vec<u8> {
        open_spare_shares(
            &self.secret.0,
            &self.id(),
            &self.salt.0,
            &self.nonce_of_second.0,
            &self.encrypted_shares_of_second,
        )
        .expect("the package opens")
        .to_vec()
    }
}

fn vectors() -> Vectors {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/lrtq.json");
    let text = std::fs::read_to_string(path).expect("the vectors can be read");
    let vectors: Vectors = serde_json::from_str(&text).expect("the vectors are well-formed");
    assert!(!vectors.racks.is_empty() && !vectors.raw.is_empty());
    vectors
}

/// Every run of `k` shares, wrapping round, forwards and backwards, and all of them.
fn selections(shares: &[[u8; SHARE_BYTES]], k: usize) -> Vec<Vec<u8>> {
    let mut selections = vec![shares.concat()];
    for first in 0..shares.len() {
        let mut run: Vec<_> = (first..first + k).map(|i| shares[i % shares.len()]).collect();
        selections.push(run.concat());
        run.reverse();
        selections.push(run.concat());
    }
    selections
}

#[test]
fn any_k_shares_of_a_rack_combine_to_its_secret() {
    for rack in vectors().racks {
        assert_eq!((rack.shares.len(), rack.threshold), (rack.sleds, rack.sleds / 2 + 1));
        let shares: Vec<_> = rack.shares.iter().map(|sled| sled.share.0).collect();
        for selection in selections(&shares, rack.threshold) {
            assert_eq!(*combine(&selection).expect("valid shares"), rack.secret.0);
        }
        if rack.threshold > 2 {
            let too_few = shares[..rack.threshold - 1].concat();
            assert_ne!(*combine(&too_few).expect("valid shares"), rack.secret.0);
        }
    }
}

#[test]
fn any_k_raw_shares_combine_to_their_secret() {
    for raw in vectors().raw {
        assert_eq!(raw.shares.len(), raw.n);
        let shares: Vec<_> = raw.shares.iter().map(|share| share.0).collect();
        for selection in selections(&shares, raw.k) {
            assert_eq!(*combine(&selection).expect("valid shares"), raw.secret.0);
        }
    }
}

#[test]
fn digests_are_the_recorded_ones() {
    for sled in vectors().racks.iter().flat_map(|rack| &rack.shares) {
        assert_eq!(share_digest(&sled.share.0), sled.digest.0);
    }
}

#[test]
fn spare_shares_open_and_stand_in_for_sleds() {
    for rack in vectors().racks {
        let spare_shares = rack.open();
        let recorded: Vec<_> = rack.spare_shares_of_second.iter().map(|share| share.0).collect();
        assert_eq!(spare_shares, recorded.concat());

        // The second sled's shares follow the 255/n of the first; its own is the first of them.
        let each = 255 / rack.sleds;
        let ids: Vec<_> = recorded.iter().map(|share| usize::from(share[0])).collect();
        assert_eq!(ids, (each + 2..=2 * each).collect::<Vec<_>>());

        for selection in selections(&recorded, rack.threshold.min(recorded.len())) {
            let mut shares = selection;
            // Where there are fewer spare shares than the threshold, sleds make up for it.
            for sled in rack.shares.iter().take(rack.threshold.saturating_sub(recorded.len())) {
                shares.extend_from_slice(&sled.share.0);
            }
            assert_eq!(*combine(&shares).expect("valid shares"), rack.secret.0);
        }
    }
}

#[test]
fn sealing_gives_the_recorded_package() {
    for rack in vectors().racks {
        let package = seal_spare_shares(
            &rack.secret.0,
            &rack.id(),
            &rack.salt.0,
            &rack.nonce_of_second.0,
            &rack.open(),
        );
        assert_eq!(package.as_ref(), Ok(&rack.encrypted_shares_of_second));
    }
}

#[test]
fn a_package_opens_only_with_exactly_what_it_was_sealed_with() {
    let rack = &vectors().racks[4];
    let (secret, id, salt, nonce) = (rack.secret.0, rack.id(), rack.salt.0, rack.nonce_of_second.0);
    let package = &rack.encrypted_shares_of_second;
    let mut results = Vec::new();
    for i in 0..package.len() {
        let mut changed = package.clone();
        changed[i] ^= 1;
        results.push(open_spare_shares(&secret, &id, &salt, &nonce, &changed));
        results.push(open_spare_shares(&secret, &id, &salt, &nonce, &package[..i]));
    }
    results.push(open_spare_shares(&changed(secret), &id, &salt, &nonce, package));
    results.push(open_spare_shares(&secret, &changed(id), &salt, &nonce, package));
    results.push(open_spare_shares(&secret, &id, &changed(salt), &nonce, package));
    results.push(open_spare_shares(&secret, &id, &salt, &changed(nonce), package));
    for result in results {
        assert_eq!(result.err(), Some(LrtqError::AuthenticationFailed));
    }
    assert_eq!(LrtqError::AuthenticationFailed.code(), "ERR_TQ_AUTHENTICATION_FAILED");
}

fn changed<const N: usize>(mut bytes: [u8; N]) -> [u8; N] {
    bytes[N - 1] ^= 0x80;
    bytes
}

//! Rack secrets that the original implementation sealed open here, and sealing gives its bytes.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeMap;

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;
use serde::Deserialize;
use trust_quorum_rack_secret::{
    Encrypted, Error, RackSecret, RackSecrets, SHARE_BYTES, compute_share, recover, recover_lrtq,
    seal, share_digest,
};

#[derive(Deserialize)]
struct Sealed {
    rack_id: String,
    epoch: u64,
    rack_secret: Array<32>,
    prior_secrets: BTreeMap<u64, Array<32>>,
    salt: Array<32>,
    #[serde(with = "hex")]
    data: Vec<u8>,
}

#[derive(Deserialize)]
struct Split {
    n: u8,
    k: u8,
    #[serde(with = "hex")]
    secret: Vec<u8>,
    shares: Vec<Bytes>,
    digests: Vec<Bytes>,
    computed: Vec<Computed>,
}

#[derive(Deserialize)]
struct Computed {
    from_x: Vec<u8>,
    x: u8,
    share: Bytes,
    digest: Array<32>,
}

#[derive(Deserialize)]
struct Lrtq {
    racks: Vec<LrtqRack>,
}

#[derive(Deserialize)]
struct LrtqRack {
    threshold: usize,
    secret: Array<32>,
    shares: Vec<LrtqShare>,
}

#[derive(Deserialize)]
struct LrtqShare {
    share: Bytes,
}

#[derive(Deserialize)]
struct Bytes(#[serde(with = "hex")] Vec<u8>);

#[derive(Deserialize, Clone, Copy)]
struct Array<const N: usize>(#[serde(with = "hex")] [u8; N])
where
    [u8; N]: hex::FromHex<Error = hex::FromHexError>;

impl Sealed {
    fn rack_id(&self) -> [u8; 16] {
        let bytes = hex::decode(self.rack_id.replace('-', "")).expect("a uuid");
        bytes.try_into().expect("a uuid has 16 bytes")
    }

    /// Three shares of the rack secret, any two of which recover it, and their digests.
    fn shares(&self) -> (Vec<u8>, Vec<u8>) {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let shares = trust_quorum_shamir::split(&self.rack_secret.0, 3, 2, &mut rng)
            .expect("a valid split")
            .to_vec();
        let digests = shares.chunks(SHARE_BYTES).flat_map(share_digest).collect();
        (shares, digests)
    }

    fn prior(&self) -> RackSecrets {
        let mut secrets = RackSecrets::new();
        for (&epoch, secret) in &self.prior_secrets {
            secrets.insert(epoch, RackSecret::from_bytes(&secret.0).unwrap()).unwrap();
        }
        secrets
    }
}

fn load<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    let path = format!("{}/../../testdata/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the vectors can be read");
    serde_json::from_str(&text).expect("the vectors are well-formed")
}

fn sealed() -> Vec<Sealed> {
    let sealed: Vec<Sealed> = load("rack-secrets.json");
    assert!(!sealed.is_empty());
    sealed
}

fn exposed(secrets: &RackSecrets) -> Vec<(u64, [u8; 32])> {
    secrets.iter().map(|(epoch, secret)| (epoch, *secret.expose())).collect()
}

#[test]
fn prior_secrets_are_recovered() {
    for sealed in sealed() {
        let (shares, digests) = sealed.shares();
        let mut expected: Vec<_> =
            sealed.prior_secrets.iter().map(|(&epoch, secret)| (epoch, secret.0)).collect();
        expected.push((sealed.epoch, sealed.rack_secret.0));
        for (shares, digests) in [
            (&shares[..], &digests[..]),
            (&shares[..2 * SHARE_BYTES], &digests[..64]),
            (&shares[SHARE_BYTES..], &digests[32..]),
        ] {
            let encrypted = Some((&sealed.salt.0, &sealed.data[..]));
            let secrets =
                recover(shares, digests, &sealed.rack_id(), sealed.epoch, encrypted).unwrap();
            assert_eq!(exposed(&secrets), expected);
        }
    }
}

#[test]
fn sealing_again_with_the_same_salt_gives_the_same_bytes() {
    for sealed in sealed() {
        let (shares, _) = sealed.shares();
        let salt = sealed.salt.0;
        let again =
            seal(&shares, &sealed.rack_id(), sealed.epoch, &sealed.prior(), Some(salt)).unwrap();
        assert_eq!(again, Encrypted { salt, data: sealed.data });
    }
}

#[test]
fn nothing_opens_with_anything_else_than_it_was_sealed_with() {
    for sealed in sealed() {
        let (shares, digests) = sealed.shares();
        let (rack_id, epoch, salt) = (sealed.rack_id(), sealed.epoch, sealed.salt.0);
        let open = |rack_id, epoch, salt, data: &[u8]| {
            recover(&shares, &digests, &rack_id, epoch, Some((&salt, data))).err()
        };
        let failed = Some(Error::AuthenticationFailed);
        assert_eq!(open(changed(rack_id), epoch, salt, &sealed.data), failed);
        assert_eq!(open(rack_id, epoch + 1, salt, &sealed.data), failed);
        assert_eq!(open(rack_id, epoch, changed(salt), &sealed.data), failed);
        for i in 0..sealed.data.len() {
            let mut data = sealed.data.clone();
            data[i] ^= 0x10;
            assert_eq!(open(rack_id, epoch, salt, &data), failed);
            assert_eq!(open(rack_id, epoch, salt, &sealed.data[..i]), failed);
        }

        // Another rack secret, with shares and digests that agree with each other.
        let other = Sealed { rack_secret: Array(changed(sealed.rack_secret.0)), ..sealed };
        let (shares, digests) = other.shares();
        let encrypted = Some((&salt, &other.data[..]));
        assert_eq!(recover(&shares, &digests, &rack_id, epoch, encrypted).err(), failed);
    }
}

#[test]
fn recorded_splits_are_recovered_by_their_digests() {
    let splits: Vec<Split> = load("gf256-shamir.json");
    let splits: Vec<_> = splits.into_iter().filter(|split| split.secret.len() == 32).collect();
    assert!(splits.len() > 3);
    for split in splits {
        assert_eq!(split.shares.len(), usize::from(split.n));
        let k = usize::from(split.k);
        for first in [0, split.shares.len() - k] {
            let select = |from: &[Bytes]| -> Vec<u8> {
                from[first..first + k].iter().flat_map(|bytes| bytes.0.clone()).collect()
            };
            let (shares, digests) = (select(&split.shares), select(&split.digests));
            let secrets = recover(&shares, &digests, &[0; 16], 1, None).unwrap();
            assert_eq!(exposed(&secrets), [(1, split.secret.clone().try_into().unwrap())]);
        }
        for computed in split.computed {
            let shares: Vec<u8> = computed
                .from_x
                .iter()
                .flat_map(|&x| split.shares[usize::from(x) - 1].0.clone())
                .collect();
            let mut out = [0; SHARE_BYTES];
            compute_share(&shares, computed.x, &computed.digest.0, &mut out).unwrap();
            assert_eq!(out[..], computed.share.0);
        }
    }
}

#[test]
fn lrtq_racks_are_recovered_as_epoch_1() {
    let lrtq: Lrtq = load("lrtq.json");
    assert!(!lrtq.racks.is_empty());
    for rack in lrtq.racks {
        for first in 0..=rack.shares.len() - rack.threshold {
            let shares: Vec<u8> = rack.shares[first..first + rack.threshold]
                .iter()
                .flat_map(|sled| sled.share.0.clone())
                .collect();
            assert_eq!(exposed(&recover_lrtq(&shares).unwrap()), [(1, rack.secret.0)]);
        }
    }
}

fn changed<const N: usize>(mut bytes: [u8; N]) -> [u8; N] {
    bytes[N - 1] ^= 0x80;
    bytes
}

//! The cases. Their ids are those of the benchmark in Node (`bench/src/cases.ts`).

use std::error::Error;
use std::hint::black_box;

use chacha20::ChaCha20Rng;
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use hkdf::SimpleHkdf;
use rand_core::SeedableRng;
use sha3::{Digest, Sha3_256};
use trust_quorum_rack_secret::{
    OperationRandom, RackSecret, RackSecrets, create_shares, recover, seal,
};
use trust_quorum_shamir::{combine_into, split_into};

use crate::peers;
use crate::subject::{Sharing, Subject};

/// This project's crates, without Node.
const OWN: &str = "Rust";
/// The crates that this project's crates depend on.
const RUST_CRYPTO: &str = "RustCrypto";

/// All subjects of all cases.
pub(crate) fn all() -> Result<Vec<Subject>, Box<dyn Error>> {
    let mut subjects = Vec::new();
    for (n, k, split, combine) in
        [(32, 17, "split-32-17", "combine-17"), (5, 3, "split-5-3", "combine-3")]
    {
        let sharing = Sharing { secret: vec![7; 32], n, k, split, combine };
        subjects.extend(own_sharing(&sharing)?);
        subjects.extend(peers::vsss_rs(&sharing, generator()?)?);
        subjects.extend(peers::blahaj(&sharing)?);
        subjects.extend(peers::shamirsecretsharing(&sharing)?);
    }
    let secret = vec![7; 1 << 20];
    let large = Sharing { secret, n: 5, k: 3, split: "split-large", combine: "combine-large" };
    subjects.extend(own_sharing(&large)?);
    subjects.extend(peers::vsss_rs(&large, generator()?)?);
    subjects.extend(peers::blahaj(&large)?);
    subjects.push(configuration());
    subjects.push(load_path()?);
    subjects.extend(primitives());
    Ok(subjects)
}

/// A generator for the peer that takes one.
fn generator() -> Result<ChaCha20Rng, Box<dyn Error>> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(ChaCha20Rng::from_seed(seed))
}

fn own_sharing(sharing: &Sharing) -> Result<[Subject; 2], Box<dyn Error>> {
    let Sharing { secret, n, k, split, combine } = sharing.clone();
    let share_len = 1 + secret.len();
    let mut shares = vec![0; usize::from(n) * share_len];
    split_into(&secret, n, k, &mut OperationRandom::new()?, &mut shares)?;
    let enough = shares[usize::from(n - k) * share_len..].to_vec();
    let mut combined = vec![0; secret.len()];
    combine_into(&enough, share_len, &mut combined)?;
    if combined != secret {
        return Err("our own shares combined to something else".into());
    }
    let splitting = move || {
        let mut random = OperationRandom::new().expect("it could before");
        split_into(black_box(&secret), n, k, &mut random, &mut shares).expect("it could before");
        black_box(&shares);
    };
    let combining = move || {
        combine_into(black_box(&enough), share_len, &mut combined).expect("it could before");
        black_box(&combined);
    };
    Ok([
        Subject { case: split, name: OWN, call: Box::new(splitting) },
        Subject { case: combine, name: OWN, call: Box::new(combining) },
    ])
}

fn configuration() -> Subject {
    let (mut shares, mut digests) = ([0; 32 * 33], [0; 32 * 32]);
    let call = move || {
        create_shares(32, 17, &mut shares, &mut digests).expect("the arguments are right");
        black_box((&shares, &digests));
    };
    Subject { case: "configuration", name: OWN, call: Box::new(call) }
}

fn load_path() -> Result<Subject, Box<dyn Error>> {
    const EPOCH: u64 = 9;
    let rack_id = [7; 16];
    let (mut shares, mut digests) = (vec![0; 32 * 33], vec![0; 32 * 32]);
    create_shares(32, 17, &mut shares, &mut digests)?;
    let mut prior = RackSecrets::new();
    for epoch in 1..EPOCH {
        prior.insert(epoch, RackSecret::random()?)?;
    }
    let sealed = seal(&shares, &rack_id, EPOCH, &prior, None)?;
    shares.truncate(17 * 33);
    digests.truncate(17 * 32);
    let call = move || {
        let encrypted = Some((&sealed.salt, &sealed.data[..]));
        recover(black_box(&shares), &digests, &rack_id, EPOCH, encrypted)
    };
    if call()?.len() != 9 {
        return Err("not all secrets were opened".into());
    }
    let call = move || {
        black_box(call().expect("it could before"));
    };
    Ok(Subject { case: "load-path", name: OWN, call: Box::new(call) })
}

fn primitives() -> [Subject; 5] {
    let (share, large) = ([7; 33], vec![7; 1 << 20]);
    let sha3 = move || {
        black_box(Sha3_256::digest(black_box(share)));
    };
    let sha3_large = move || {
        black_box(Sha3_256::digest(black_box(&large)));
    };
    let hkdf = move || {
        let mut key = [0; 32];
        SimpleHkdf::<Sha3_256>::new(Some(&[1; 32]), black_box(&[7; 32]))
            .expand(&[2; 52], &mut key)
            .expect("32 bytes are not too long");
        black_box(key);
    };
    let mut text = [7_u8; 320];
    let seals = move || {
        let cipher = ChaCha20Poly1305::new(black_box(&[7; 32].into()));
        let tag = cipher.encrypt_inout_detached(&[0; 12].into(), &[], text.as_mut_slice().into());
        black_box((tag.expect("320 bytes are not too long"), &text));
    };
    let mut random = [0; 544];
    let draws = move || {
        let mut source = OperationRandom::new().expect("it could before");
        rand_core::Rng::fill_bytes(&mut source, &mut random);
        black_box(&random);
    };
    [
        Subject { case: "sha3-256", name: RUST_CRYPTO, call: Box::new(sha3) },
        Subject { case: "sha3-256-large", name: RUST_CRYPTO, call: Box::new(sha3_large) },
        Subject { case: "hkdf", name: RUST_CRYPTO, call: Box::new(hkdf) },
        Subject { case: "chacha20-poly1305", name: RUST_CRYPTO, call: Box::new(seals) },
        Subject { case: "random", name: OWN, call: Box::new(draws) },
    ]
}

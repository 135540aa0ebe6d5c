//! The other crates, each called as its documentation shows.

use std::error::Error;
use std::hint::black_box;

use blahaj::{Share, Sharks};
use chacha20::ChaCha20Rng;
use shamirsecretsharing::hazmat::{combine_keyshares, create_keyshares};
use vsss_rs::Gf256;

use crate::subject::{Sharing, Subject};

pub(crate) const VSSS_RS: &str = "vsss-rs";
pub(crate) const BLAHAJ: &str = "blahaj";
pub(crate) const SHAMIR_SECRET_SHARING: &str = "shamirsecretsharing";

/// Refuses a peer that gives something else than the secret back.
fn right(name: &str, combined: &[u8], secret: &[u8]) -> Result<(), Box<dyn Error>> {
    if combined == secret {
        Ok(())
    } else {
        Err(format!("{name} combined to something else").into())
    }
}

/// Splitting and combining with `vsss-rs`. Its generator is seeded only once, which saves it time.
pub(crate) fn vsss_rs(sharing: &Sharing, rng: ChaCha20Rng) -> Result<[Subject; 2], Box<dyn Error>> {
    let Sharing { secret, n, k, split, combine } = sharing.clone();
    let (limit, threshold) = (usize::from(n), usize::from(k));
    let mut rng = rng;
    let shares = Gf256::split_bytes(threshold, limit, &secret, &mut rng)
        .map_err(|error| error.to_string())?;
    let enough = shares[limit - threshold..].to_vec();
    let combined = Gf256::combine_bytes(&enough).map_err(|error| error.to_string())?;
    right(VSSS_RS, &combined, &secret)?;
    let splitting = move || {
        let shares = Gf256::split_bytes(threshold, limit, black_box(&secret), &mut rng);
        black_box(shares.expect("it could before"));
    };
    let combining = move || {
        black_box(Gf256::combine_bytes(black_box(&enough)).expect("it could before"));
    };
    Ok([
        Subject { case: split, name: VSSS_RS, call: Box::new(splitting) },
        Subject { case: combine, name: VSSS_RS, call: Box::new(combining) },
    ])
}

/// Splitting and combining with `blahaj`.
pub(crate) fn blahaj(sharing: &Sharing) -> Result<[Subject; 2], Box<dyn Error>> {
    let Sharing { secret, n, k, split, combine } = sharing.clone();
    let scheme = Sharks(k);
    let shares: Vec<Share> = scheme.dealer(&secret).take(n.into()).collect();
    let enough = shares[usize::from(n - k)..].to_vec();
    right(BLAHAJ, &scheme.recover(&enough)?, &secret)?;
    let splitting = move || {
        let dealer = Sharks(k).dealer(black_box(&secret));
        black_box(dealer.take(n.into()).collect::<Vec<Share>>());
    };
    let combining = move || {
        black_box(Sharks(k).recover(black_box(&enough)).expect("it could before"));
    };
    Ok([
        Subject { case: split, name: BLAHAJ, call: Box::new(splitting) },
        Subject { case: combine, name: BLAHAJ, call: Box::new(combining) },
    ])
}

/// Splitting and combining with `shamirsecretsharing`, which takes secrets of 32 bytes only.
pub(crate) fn shamirsecretsharing(sharing: &Sharing) -> Result<[Subject; 2], Box<dyn Error>> {
    let Sharing { secret, n, k, split, combine } = sharing.clone();
    let shares = create_keyshares(&secret, n, k)?;
    let enough = shares[usize::from(n - k)..].to_vec();
    right(SHAMIR_SECRET_SHARING, &combine_keyshares(&enough)?, &secret)?;
    let splitting = move || {
        black_box(create_keyshares(black_box(&secret), n, k).expect("it could before"));
    };
    let combining = move || {
        black_box(combine_keyshares(black_box(&enough)).expect("it could before"));
    };
    Ok([
        Subject { case: split, name: SHAMIR_SECRET_SHARING, call: Box::new(splitting) },
        Subject { case: combine, name: SHAMIR_SECRET_SHARING, call: Box::new(combining) },
    ])
}

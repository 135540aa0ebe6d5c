//! All cases. The secret input of each lies in memory that does not move.

use std::convert::Infallible;
use std::hint::black_box;

use curve25519_dalek::scalar::Scalar;
use rand_core::{TryCryptoRng, TryRng};
use trust_quorum_rack_secret::{
    DIGEST_BYTES, RackSecret, SHARE_BYTES, digests_at_a_time, share_digests,
};
use trust_quorum_shamir::{combine_into, split_into};

use crate::controls::{EarlyExitCompare, TableMultiply};
use crate::subject::{Case, Subject};

const SECRET_BYTES: usize = 32;

pub(crate) fn cases() -> Vec<Case> {
    let case = |name, subject| Case { name, uses_kernel: true, control: false, subject };
    let common = |name, subject| Case { uses_kernel: false, ..case(name, subject) };
    let control = |name, subject| Case { control: true, ..common(name, subject) };
    vec![
        case("evaluate, n=5 k=3", Box::new(Evaluate::new(5, 3))),
        case("evaluate, n=32 k=17", Box::new(Evaluate::new(32, 17))),
        case("combine, k=3", Box::new(Combine::new(3))),
        case("combine, k=17", Box::new(Combine::new(17))),
        common("digest of a share", Box::new(Digests::new(1))),
        common("digests of 8 shares", Box::new(Digests::new(8))),
        common("compare", Box::new(Compare::new())),
        common("inverse, LRTQ's field", Box::new(Inverse(Box::new([0; SECRET_BYTES])))),
        common("combine, LRTQ k=3", Box::new(LrtqCombine::new(3))),
        control("control: table multiply", Box::new(TableMultiply::new())),
        control("control: compare", Box::new(EarlyExitCompare::new())),
    ]
}

/// Splitting: the secret and the coefficients are secret.
struct Evaluate {
    n: u8,
    k: u8,
    secret: Vec<u8>,
    coefficients: FixedRandom,
    shares: Vec<u8>,
}

impl Evaluate {
    fn new(n: u8, k: u8) -> Self {
        Self {
            n,
            k,
            secret: vec![0; SECRET_BYTES],
            coefficients: FixedRandom(vec![0; (usize::from(k) - 1) * SECRET_BYTES]),
            shares: vec![0; usize::from(n) * SHARE_BYTES],
        }
    }
}

impl Subject for Evaluate {
    fn len(&self) -> usize {
        usize::from(self.k) * SECRET_BYTES
    }

    fn load(&mut self, secret: &[u8]) {
        let (secret, coefficients) = secret.split_at(SECRET_BYTES);
        self.secret.copy_from_slice(secret);
        self.coefficients.0.copy_from_slice(coefficients);
    }

    fn secrets(&self) -> Vec<&[u8]> {
        vec![&self.secret, &self.coefficients.0]
    }

    fn run(&mut self) {
        split_into(&self.secret, self.n, self.k, &mut self.coefficients, &mut self.shares)
            .expect("a valid split");
        black_box(&self.shares);
    }
}

/// Combining: the y bytes are secret, the x-coordinates are not.
struct Combine {
    shares: Vec<u8>,
    secret: Vec<u8>,
}

impl Combine {
    fn new(k: u8) -> Self {
        let mut shares = vec![0; usize::from(k) * SHARE_BYTES];
        for (x, share) in (1..).zip(shares.chunks_exact_mut(SHARE_BYTES)) {
            share[0] = x;
        }
        Self { shares, secret: vec![0; SECRET_BYTES] }
    }
}

impl Subject for Combine {
    fn len(&self) -> usize {
        self.shares.len() / SHARE_BYTES * SECRET_BYTES
    }

    fn load(&mut self, secret: &[u8]) {
        load_shares(&mut self.shares, secret);
    }

    fn secrets(&self) -> Vec<&[u8]> {
        self.shares.chunks_exact(SHARE_BYTES).map(|share| &share[1..]).collect()
    }

    fn run(&mut self) {
        combine_into(&self.shares, SHARE_BYTES, &mut self.secret).expect("valid shares");
        black_box(&self.secret);
    }
}

/// Hashing shares: all but their x-coordinates is secret. Several are hashed side by side where the
/// processor has AVX-512, one alone never is.
struct Digests {
    shares: Vec<[u8; SHARE_BYTES]>,
    digests: Vec<[u8; DIGEST_BYTES]>,
}

impl Digests {
    fn new(count: u8) -> Self {
        let share = |x| std::array::from_fn(|i| if i == 0 { x } else { 0 });
        let shares: Vec<_> = (1..=count).map(share).collect();
        Self { digests: vec![[0; DIGEST_BYTES]; shares.len()], shares }
    }
}

impl Subject for Digests {
    fn len(&self) -> usize {
        self.shares.len() * SECRET_BYTES
    }

    fn load(&mut self, secret: &[u8]) {
        load_shares(self.shares.as_flattened_mut(), secret);
    }

    fn secrets(&self) -> Vec<&[u8]> {
        self.shares.iter().map(|share| &share[1..]).collect()
    }

    fn run(&mut self) {
        share_digests(&self.shares, &mut self.digests);
        black_box(&self.digests);
    }

    fn instructions(&self) -> Option<&'static str> {
        Some(if self.shares.len() > 1 && digests_at_a_time() > 1 { "avx512" } else { "portable" })
    }
}

/// Comparing rack secrets: equal ones in the fixed class.
struct Compare {
    one: RackSecret,
    other: RackSecret,
}

impl Compare {
    fn new() -> Self {
        let secret = || RackSecret::from_bytes(&[1; SECRET_BYTES]).expect("a valid secret");
        Self { one: secret(), other: secret() }
    }
}

impl Subject for Compare {
    fn len(&self) -> usize {
        2 * SECRET_BYTES
    }

    fn load(&mut self, secret: &[u8]) {
        // Never all zero, which is refused.
        let load = |half: &[u8]| {
            let mut bytes: [u8; SECRET_BYTES] = half.try_into().expect("a half");
            bytes[0] |= 1;
            RackSecret::from_bytes(&bytes).expect("a valid secret")
        };
        let (one, other) = secret.split_at(SECRET_BYTES);
        (self.one, self.other) = (load(one), load(other));
    }

    fn secrets(&self) -> Vec<&[u8]> {
        vec![self.one.expose(), self.other.expose()]
    }

    fn run(&mut self) {
        black_box(self.one.ct_eq(&self.other));
    }
}

/// Inverting a scalar, as combining LRTQ's shares does with differences of identifiers. These are public,
/// but inversion is examined all the same. There is no such case for GF(2⁸), where only values derived from
/// x-coordinates are inverted, with tables; the `combine` cases show that no y byte is involved.
struct Inverse(Box<[u8; SECRET_BYTES]>);

impl Subject for Inverse {
    fn len(&self) -> usize {
        SECRET_BYTES
    }

    fn load(&mut self, secret: &[u8]) {
        self.0.copy_from_slice(secret);
    }

    fn secrets(&self) -> Vec<&[u8]> {
        vec![&self.0[..]]
    }

    fn run(&mut self) {
        black_box(Scalar::from_bytes_mod_order(*self.0).invert());
    }
}

/// Combining shares of a bootstore rack: the y-coordinates are secret.
struct LrtqCombine {
    shares: Vec<u8>,
}

impl LrtqCombine {
    fn new(k: u8) -> Self {
        Self { shares: Combine::new(k).shares }
    }
}

impl Subject for LrtqCombine {
    fn len(&self) -> usize {
        self.shares.len() / SHARE_BYTES * SECRET_BYTES
    }

    fn load(&mut self, secret: &[u8]) {
        load_shares(&mut self.shares, secret);
        // Below the order, which is a little more than 2^252.
        for share in self.shares.chunks_exact_mut(SHARE_BYTES) {
            share[SHARE_BYTES - 1] &= 0x0f;
        }
    }

    fn secrets(&self) -> Vec<&[u8]> {
        self.shares.chunks_exact(SHARE_BYTES).map(|share| &share[1..]).collect()
    }

    fn run(&mut self) {
        black_box(trust_quorum_lrtq::combine(&self.shares).expect("valid shares"));
    }
}

fn load_shares(shares: &mut [u8], secret: &[u8]) {
    for (share, y) in shares.chunks_exact_mut(SHARE_BYTES).zip(secret.chunks_exact(SECRET_BYTES)) {
        share[1..].copy_from_slice(y);
    }
}

/// A random source that returns bytes which were set before.
struct FixedRandom(Vec<u8>);

impl TryRng for FixedRandom {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("splitting draws bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("splitting draws bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&self.0);
        Ok(())
    }
}

impl TryCryptoRng for FixedRandom {}

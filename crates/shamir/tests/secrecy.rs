//! `k - 1` shares say nothing about the secret: over all that the random source could have drawn,
//! they look the same for every secret. Shown exhaustively for a secret of one byte.

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use trust_quorum_shamir::split_into;

/// A "random" source that draws exactly the given bytes, each once.
struct Drawn<'a>(&'a [u8]);

impl TryRng for Drawn<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("only bytes are drawn")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("only bytes are drawn")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        let (drawn, rest) = self.0.split_at(bytes.len());
        bytes.copy_from_slice(drawn);
        self.0 = rest;
        Ok(())
    }
}

impl TryCryptoRng for Drawn<'_> {}

/// The y-coordinates of the shares of `secret` when the source draws `coefficients`.
fn shares<const N: usize>(secret: u8, coefficients: &[u8]) -> [u8; N] {
    let mut rng = Drawn(coefficients);
    let mut shares = [0; 16];
    let shares = &mut shares[..2 * N];
    let n = u8::try_from(N).expect("a few shares");
    let k = u8::try_from(coefficients.len() + 1).expect("a few shares");
    split_into(&[secret], n, k, &mut rng, shares).expect("a valid split");
    assert!(rng.0.is_empty(), "one byte is drawn for each coefficient and secret byte");
    std::array::from_fn(|i| shares[2 * i + 1])
}

/// With 256 possible draws and 256 possible views, "every view once" is the uniform distribution,
/// whatever the secret is.
#[test]
fn one_share_of_a_2_of_n_split_is_uniform_for_every_secret() {
    for secret in 0..=255 {
        let mut seen = [[0; 256]; 3];
        for coefficient in 0..=255 {
            let ys: [u8; 3] = shares(secret, &[coefficient]);
            for (seen, y) in seen.iter_mut().zip(ys) {
                seen[usize::from(y)] += 1;
            }
        }
        assert_eq!(seen, [[1; 256]; 3], "secret {secret:#x}");
    }
}

/// As above, with the 65536 draws of two coefficients and the 65536 views of any two shares.
#[test]
fn two_shares_of_a_3_of_n_split_are_uniform_for_every_secret() {
    for secret in 0..=255 {
        let mut seen = vec![[0u8; 3]; 1 << 16];
        for coefficients in 0..=u16::MAX {
            let [a, b, c] = shares(secret, &coefficients.to_be_bytes());
            for (pair, view) in [[a, b], [a, c], [b, c]].into_iter().enumerate() {
                seen[usize::from(u16::from_be_bytes(view))][pair] += 1;
            }
        }
        assert!(seen.iter().all(|seen| *seen == [1; 3]), "secret {secret:#x}");
    }
}

/// A leading coefficient that is never zero would rule out one value of the secret for each view.
#[test]
fn the_leading_coefficient_is_drawn_like_the_others_and_may_be_zero() {
    assert_eq!(shares(0x5a, &[0]), [0x5a; 3]);
    assert_eq!(shares(0x5a, &[0, 0]), [0x5a; 3]);
    // A line, at x = 1, 2, 3, whichever of the two coefficients is the leading one.
    let lines: [[u8; 3]; 2] = [shares(0x5a, &[0x07, 0]), shares(0x5a, &[0, 0x07])];
    assert!(lines.contains(&[0x5a ^ 0x07, 0x5a ^ 0x0e, 0x5a ^ 0x09]));
}

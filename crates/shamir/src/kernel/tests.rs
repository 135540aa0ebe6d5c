//! The kernel against the definition of the field, exhaustively where that is possible.

use proptest::prelude::*;

use super::accumulate;
use crate::field::{lagrange_weights, powers};

/// The product by the book: multiply the polynomials, then divide by x⁸ + x⁴ + x³ + x + 1.
fn slow_product(a: u8, b: u8) -> u8 {
    let mut product =
        (0..8).filter(|bit| b >> bit & 1 == 1).fold(0, |sum, bit| sum ^ (u16::from(a) << bit));
    for degree in (8..=14).rev() {
        if product >> degree & 1 == 1 {
            product ^= 0x11b << (degree - 8);
        }
    }
    u8::try_from(product).expect("a remainder has a degree below 8")
}

fn kernel_product(weight: u8, element: u8) -> u8 {
    let mut out = [0];
    accumulate(&mut out, &[element], 1, &[weight]);
    out[0]
}

fn slow_accumulate(out: &mut [u8], rows: &[u8], stride: usize, weights: &[u8]) {
    for (j, &weight) in weights.iter().enumerate() {
        for (i, out) in out.iter_mut().enumerate() {
            *out ^= slow_product(weight, rows[j * stride + i]);
        }
    }
}

/// `x^exponent` by repeated multiplication.
fn slow_power(x: u8, exponent: usize) -> u8 {
    (0..exponent).fold(1, |power, _| slow_product(power, x))
}

#[test]
fn every_product_is_that_of_the_polynomials() {
    for weight in 0..=255 {
        let elements: Vec<u8> = (0..=255).collect();
        let mut out = vec![0; 256];
        accumulate(&mut out, &elements, 256, &[weight]);
        for (&element, product) in elements.iter().zip(out) {
            assert_eq!(product, slow_product(weight, element), "{weight:#x} · {element:#x}");
            // One column goes through the padded end instead of a whole block.
            assert_eq!(product, kernel_product(weight, element), "{weight:#x} · {element:#x}");
        }
    }
}

#[test]
fn the_products_are_those_of_the_aes_standard() {
    // FIPS 197, sections 4.2 and 4.2.1.
    assert_eq!(kernel_product(0x57, 0x83), 0xc1);
    assert_eq!(kernel_product(0x57, 0x13), 0xfe);
    assert_eq!(kernel_product(0x57, 0x02), 0xae);
}

#[test]
fn the_kernels_products_form_a_field() {
    let table: Vec<Vec<u8>> =
        (0..=255).map(|a| (0..=255).map(|b| kernel_product(a, b)).collect()).collect();
    let product = |a: u8, b: u8| table[usize::from(a)][usize::from(b)];
    for a in 0..=255 {
        assert_eq!(product(a, 0), 0);
        assert_eq!(product(a, 1), a);
        let inverses = (0..=255).filter(|&b| product(a, b) == 1).count();
        assert_eq!(inverses, usize::from(a != 0), "inverses of {a:#x}");
        for b in 0..=255 {
            let ab = product(a, b);
            assert_eq!(ab, product(b, a), "{a:#x} {b:#x} commute");
            for c in 0..=255 {
                let associative = product(ab, c) == product(a, product(b, c));
                let distributive = product(a, b ^ c) == ab ^ product(a, c);
                assert!(associative && distributive, "{a:#x} {b:#x} {c:#x}");
            }
        }
    }
}

#[test]
fn every_length_and_number_of_rows_is_summed_completely() {
    // Lengths around the blocks, rows closer together than they are long being impossible here.
    for len in 0..=70 {
        for count in [0, 1, 2, 7, 32] {
            let stride = len + 1 + len % 3;
            let rows: Vec<u8> =
                (0..stride * count).map(|i| u8::try_from(i * 31 % 251).expect("< 251")).collect();
            let weights: Vec<u8> = (0..count).map(|j| slow_power(3, 7 * j + 1)).collect();
            let mut out = vec![0xa5; len];
            let mut expected = out.clone();
            accumulate(&mut out, &rows, stride, &weights);
            slow_accumulate(&mut expected, &rows, stride, &weights);
            assert_eq!(out, expected, "{count} rows of {len} bytes");
        }
    }
}

#[test]
#[should_panic(expected = "the rows are too short")]
fn rows_that_are_too_short_are_refused() {
    accumulate(&mut [0; 16], &[0; 31], 16, &[1, 2]);
}

#[test]
fn powers_are_repeated_products() {
    for x in 1..=255 {
        let mut given = [0; 254];
        powers(x, &mut given);
        let mut power = 1;
        for (i, given) in given.into_iter().enumerate() {
            power = slow_product(power, x);
            assert_eq!(given, power, "{x:#x} to the power of {}", i + 1);
        }
    }
}

#[test]
fn all_255_points_interpolate() {
    let xs: Vec<u8> = (1..=255).collect();
    assert_interpolates(&xs, 0);
}

/// What defines the weights: they interpolate every polynomial of a degree below the number of
/// points, hence every x^degree.
fn assert_interpolates(xs: &[u8], x: u8) {
    let weights = lagrange_weights(xs, x);
    for degree in 0..xs.len() {
        let sum = xs
            .iter()
            .zip(&weights)
            .fold(0, |sum, (&xi, &weight)| sum ^ slow_product(weight, slow_power(xi, degree)));
        assert_eq!(sum, slow_power(x, degree), "degree {degree} at {x} from {xs:?}");
    }
}

proptest! {
    #[test]
    fn lagrange_weights_interpolate_every_polynomial(
        xs in prop::collection::hash_set(1u8.., 2..24),
        x in any::<u8>(),
    ) {
        let xs: Vec<u8> = xs.into_iter().collect();
        assert_interpolates(&xs, x);
        // At one of the points themselves too.
        assert_interpolates(&xs, xs[0]);
    }

    #[test]
    fn sums_are_those_of_the_definition(
        out in prop::collection::vec(any::<u8>(), 0..200),
        weights in prop::collection::vec(any::<u8>(), 0..12),
        gap in 1usize..5,
        seed in any::<u64>(),
    ) {
        let stride = out.len() + gap;
        let mut state = seed | 1;
        let rows: Vec<u8> = (0..stride * weights.len())
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state.to_be_bytes()[0]
            })
            .collect();
        let (mut sum, mut expected) = (out.clone(), out);
        accumulate(&mut sum, &rows, stride, &weights);
        slow_accumulate(&mut expected, &rows, stride, &weights);
        prop_assert_eq!(sum, expected);
    }
}

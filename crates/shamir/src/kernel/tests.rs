//! Every kernel that this machine has against the definitions, exhaustively where that is possible.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::Kernel;
use crate::error::KernelError;
use crate::field::lagrange_weights;

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

/// All of the products by the book, so that the tests do not take minutes.
static PRODUCTS: LazyLock<Vec<[u8; 256]>> = LazyLock::new(|| {
    let bytes: [u8; 256] = std::array::from_fn(|i| u8::try_from(i).expect("a byte"));
    bytes.map(|a| bytes.map(|b| slow_product(a, b))).to_vec()
});

fn product(a: u8, b: u8) -> u8 {
    PRODUCTS[usize::from(a)][usize::from(b)]
}

fn inverse(a: u8) -> u8 {
    (1..=255).find(|&b| product(a, b) == 1).expect("0 has no inverse")
}

/// `x^exponent` by repeated multiplication.
fn slow_power(x: u8, exponent: usize) -> u8 {
    (0..exponent).fold(1, |power, _| product(power, x))
}

/// The value at `x` of the polynomial with the coefficients of 1, x, x² …
fn value(polynomial: &[u8], x: u8) -> u8 {
    polynomial.iter().rev().fold(0, |sum, &coefficient| product(sum, x) ^ coefficient)
}

fn polynomial_product(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut products = vec![0; a.len() + b.len() - 1];
    for (i, &a) in a.iter().enumerate() {
        for (j, &b) in b.iter().enumerate() {
            products[i + j] ^= product(a, b);
        }
    }
    products
}

/// The basis by its definition: `Xᵢ` is the product, over the bits `j` of `i`, of all `x - u` for
/// `u < 2^j`, divided by its value at `2^j`. Each has as many coefficients as its degree, plus one.
static BASIS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let factors: [Vec<u8>; 8] = std::array::from_fn(|j| {
        let roots = (0..1u16 << j).map(|u| u8::try_from(u).expect("below 128"));
        let vanishing = roots.fold(vec![1], |product, u| polynomial_product(&product, &[u, 1]));
        let norm = inverse(value(&vanishing, 1 << j));
        vanishing.into_iter().map(|coefficient| product(coefficient, norm)).collect()
    });
    (0..=255)
        .map(|i| {
            let bits = (0..8).filter(|bit| i >> bit & 1 == 1);
            bits.fold(vec![1], |product, bit| polynomial_product(&product, &factors[bit]))
        })
        .collect()
});

/// `values[i][x]` is that of `Xᵢ` at `x`.
static BASIS_VALUES: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| BASIS.iter().map(|p| (0..=255).map(|x| value(p, x)).collect()).collect());

fn slow_evaluate(secret: &[u8], coefficients: &[u8], n: u8, out: &mut [u8], stride: usize) {
    for (x, out) in (1..=n).zip(out.chunks_mut(stride)) {
        for (out, &secret) in out.iter_mut().zip(secret) {
            *out = secret;
        }
        for (row, basis) in coefficients.chunks(secret.len()).zip(&BASIS_VALUES[1..]) {
            for (out, &coefficient) in out.iter_mut().zip(row) {
                *out ^= product(coefficient, basis[usize::from(x)]);
            }
        }
    }
}

fn slow_combine(out: &mut [u8], rows: &[u8], stride: usize, weights: &[u8]) {
    out.fill(0);
    for (j, &weight) in weights.iter().enumerate() {
        for (i, out) in out.iter_mut().enumerate() {
            *out ^= product(weight, rows[j * stride + i]);
        }
    }
}

fn kernel_product(kernel: Kernel, weight: u8, element: u8) -> u8 {
    let mut out = [0];
    kernel.combine(&mut out, &[element], 1, &[weight]);
    out[0]
}

/// Bytes that look random, the same for the same seed.
fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        state.to_be_bytes()[0]
    })
    .take(len)
    .collect()
}

/// Where something lies in memory: `skip` bytes after wherever the allocator put it, and `gap` bytes
/// between the rows.
#[derive(Debug, Clone, Copy)]
struct Place {
    skip: usize,
    gap: usize,
}

/// That all kernels evaluate as defined, and write nothing but the values.
fn assert_evaluates(columns: usize, n: u8, k: usize, place: Place, seed: u64) {
    let Place { skip, gap } = place;
    let given = noise(skip + k * columns, seed);
    let (secret, coefficients) = given[skip..].split_at(columns);
    let stride = columns + gap;
    let before = noise(skip + usize::from(n) * stride, seed ^ 1);
    let mut expected = before.clone();
    slow_evaluate(secret, coefficients, n, &mut expected[skip..], stride);
    for kernel in Kernel::available() {
        let mut out = before.clone();
        kernel.evaluate(secret, coefficients, n, &mut out[skip..], stride);
        assert!(out == expected, "{kernel:?}: {columns} columns, {k} of {n}, {place:?}, {seed}");
    }
}

/// That all kernels combine as defined, and write nothing but the sums.
fn assert_combines(columns: usize, count: usize, place: Place, seed: u64) {
    let Place { skip, gap } = place;
    let stride = columns + gap;
    let rows = noise(skip + count * stride, seed);
    let weights = noise(count, seed ^ 2);
    let before = noise(skip + columns + gap, seed ^ 1);
    let mut expected = before.clone();
    slow_combine(&mut expected[skip..skip + columns], &rows[skip..], stride, &weights);
    for kernel in Kernel::available() {
        let mut out = before.clone();
        kernel.combine(&mut out[skip..skip + columns], &rows[skip..], stride, &weights);
        assert!(out == expected, "{kernel:?}: {count} rows of {columns}, {place:?}, {seed}");
    }
}

#[test]
fn every_product_is_that_of_the_polynomials() {
    let elements: Vec<u8> = (0..=255).collect();
    for kernel in Kernel::available() {
        for weight in 0..=255 {
            let mut out = vec![0; 256];
            kernel.combine(&mut out, &elements, 256, &[weight]);
            for (&element, given) in elements.iter().zip(out) {
                let expected = slow_product(weight, element);
                assert_eq!(given, expected, "{kernel:?}: {weight:#x} · {element:#x}");
                // One column alone goes through a padded block instead of a whole one.
                let given = kernel_product(kernel, weight, element);
                assert_eq!(given, expected, "{kernel:?}: {weight:#x} · {element:#x}");
            }
        }
    }
}

#[test]
fn the_products_are_those_of_the_aes_standard() {
    // FIPS 197, sections 4.2 and 4.2.1.
    for kernel in Kernel::available() {
        assert_eq!(kernel_product(kernel, 0x57, 0x83), 0xc1);
        assert_eq!(kernel_product(kernel, 0x57, 0x13), 0xfe);
        assert_eq!(kernel_product(kernel, 0x57, 0x02), 0xae);
    }
}

#[test]
fn the_products_form_a_field() {
    // Those by the book; the kernels' are the same.
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

/// What makes uniform coefficients in this basis mean a uniform polynomial through the secret.
#[test]
fn the_basis_has_one_polynomial_of_each_degree_and_only_the_first_does_not_vanish_at_0() {
    assert_eq!(BASIS[0], [1]);
    for (degree, polynomial) in BASIS.iter().enumerate().skip(1) {
        assert_eq!(polynomial.len(), degree + 1);
        assert_ne!(polynomial[degree], 0, "the leading coefficient of degree {degree}");
        assert_eq!(polynomial[0], 0, "the constant term of degree {degree}");
    }
}

#[test]
fn every_number_of_shares_and_threshold_is_evaluated() {
    // More than two blocks of the narrower vectors, and one and an overlapping one of the others.
    const COLUMNS: usize = 35;
    let secret = noise(COLUMNS, 1);
    let coefficients = noise(254 * COLUMNS, 2);
    for k in 2..=255 {
        let coefficients = &coefficients[..(k - 1) * COLUMNS];
        // The values at 1 … n do not depend on how many there are of them.
        let mut expected = vec![0; 255 * COLUMNS];
        slow_evaluate(&secret, coefficients, 255, &mut expected, COLUMNS);
        for kernel in Kernel::available() {
            // More shares than the threshold, fewer, and none: the kernels do not mind.
            for n in 0..=255 {
                let len = usize::from(n) * COLUMNS;
                let mut out = vec![0xee; len + COLUMNS];
                kernel.evaluate(&secret, coefficients, n, &mut out, COLUMNS);
                assert!(out[..len] == expected[..len], "{kernel:?}: {k} of {n}");
                assert!(out[len..] == [0xee; COLUMNS], "{kernel:?} wrote beyond {n} rows");
            }
        }
    }
}

#[test]
fn every_length_is_evaluated_at_odd_alignments() {
    for columns in 1..=300 {
        for (n, k) in [(3, 2), (5, 3), (9, 8), (12, 9), (32, 17), (36, 33)] {
            let place = Place { skip: (columns + usize::from(n)) % 67, gap: columns % 4 };
            assert_evaluates(columns, n, k, place, 7);
        }
    }
}

#[test]
fn every_length_is_combined_at_odd_alignments() {
    for columns in 0..=300 {
        for count in [0, 1, 2, 7, 17, 32] {
            let place = Place { skip: (columns + count) % 67, gap: 1 + columns % 3 };
            assert_combines(columns, count, place, 7);
        }
    }
}

#[test]
fn every_alignment_is_as_good() {
    for skip in 0..64 {
        for columns in [16, 32, 33, 64, 130] {
            assert_evaluates(columns, 20, 11, Place { skip, gap: 1 }, 3);
            assert_combines(columns, 5, Place { skip, gap: 1 }, 3);
        }
    }
}

#[test]
#[should_panic(expected = "the rows are too short")]
fn rows_that_are_too_short_are_refused() {
    Kernel::available().next().unwrap().combine(&mut [0; 16], &[0; 31], 16, &[1, 2]);
}

#[test]
#[should_panic(expected = "the output is too short")]
fn an_output_that_is_too_short_is_refused() {
    Kernel::available().next().unwrap().evaluate(&[0; 16], &[0; 16], 2, &mut [0; 31], 16);
}

#[test]
#[should_panic(expected = "the values would overlap")]
fn rows_that_overlap_are_refused() {
    Kernel::available().next().unwrap().evaluate(&[0; 16], &[0; 16], 2, &mut [0; 64], 15);
}

#[test]
#[should_panic(expected = "the coefficients are not whole rows")]
fn a_part_of_a_row_of_coefficients_is_refused() {
    Kernel::available().next().unwrap().evaluate(&[0; 16], &[0; 17], 2, &mut [0; 32], 16);
}

#[test]
fn the_portable_kernel_is_always_there_and_the_last_resort() {
    assert_eq!(Kernel::available().last().unwrap().name(), "portable");
    #[cfg(target_arch = "aarch64")]
    assert_eq!(Kernel::available().next().unwrap().name(), "neon");
}

#[test]
fn a_kernel_is_chosen_by_its_name() {
    let choose = |name: &str| Kernel::choose(Some(name.as_ref())).map(Kernel::name);
    let available: Vec<_> = Kernel::available().map(Kernel::name).collect();
    for name in Kernel::NAMES {
        let expected =
            if available.contains(&name) { Ok(name) } else { Err(KernelError::Unsupported) };
        assert_eq!(choose(name), expected);
    }
    assert!(available.iter().all(|name| Kernel::NAMES.contains(name)));
    for name in ["", "AVX2", "avx2 ", "sse2"] {
        assert_eq!(choose(name), Err(KernelError::Unknown), "{name:?}");
    }
    assert_eq!(Kernel::choose(None).map(Kernel::name), Ok(available[0]));
}

#[test]
fn all_255_points_interpolate() {
    let xs: Vec<u8> = (1..=255).collect();
    assert_interpolates(&xs, 0);
}

/// What defines the weights: they interpolate every polynomial of a degree below the number of
/// points, hence every x^degree.
fn assert_interpolates(xs: &[u8], x: u8) {
    let mut weights = vec![0xee; xs.len()];
    lagrange_weights(xs, x, &mut weights);
    for degree in 0..xs.len() {
        let sum = xs
            .iter()
            .zip(&weights)
            .fold(0, |sum, (&xi, &weight)| sum ^ product(weight, slow_power(xi, degree)));
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
    fn all_kernels_evaluate_alike(
        columns in 1usize..=300,
        n in 0u8..=255,
        k in 2usize..=255,
        skip in 0usize..64,
        gap in 0usize..5,
        seed in any::<u64>(),
    ) {
        assert_evaluates(columns, n, k, Place { skip, gap }, seed);
    }

    #[test]
    fn all_kernels_combine_alike(
        columns in 0usize..=300,
        count in 0usize..=255,
        skip in 0usize..64,
        gap in 1usize..5,
        seed in any::<u64>(),
    ) {
        assert_combines(columns, count, Place { skip, gap }, seed);
    }
}

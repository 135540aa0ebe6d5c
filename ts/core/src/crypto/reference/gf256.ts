/**
 * Constant-time arithmetic in GF(2^8) = GF(2)[x] / (x^8 + x^4 + x^3 + x + 1), the field of AES (FIPS 197, section
 * 4). Elements are integers 0–255; addition is XOR.
 *
 * There are no tables and no branches: a look-up at a secret index leaves traces in the cache. Products are
 * computed bit by bit with masks, in a number of steps that does not depend on the operands.
 */

/** The field's modulus: x^8 + x^4 + x^3 + x + 1. */
const MODULUS = 0x11b;

/** The product of two elements (0–255), in constant time. */
export function multiply(a: number, b: number): number {
  let product = 0;
  let power = a;
  for (let bit = 0; bit < 8; bit++) {
    // `-(bit)` is a mask of all ones or of none: it selects without a branch.
    product ^= power & -((b >> bit) & 1);
    power = (power << 1) ^ (MODULUS & -(power >> 7));
  }
  return product;
}

/** The inverse of an element as a^254, in constant time; 0 for 0, which has none. */
export function invert(a: number): number {
  // 254 = 2 + 4 + … + 128: the product of the seven squares after a itself.
  let square = a;
  let product = 1;
  for (let i = 0; i < 7; i++) {
    square = multiply(square, square);
    product = multiply(product, square);
  }
  return product;
}

/**
 * The weights with which the values at the distinct points `xs` add up to the value at `x`:
 * Lagrange's basis polynomials, Π (x − x_j) / (x_i − x_j) over all j ≠ i. Points are public.
 */
export function lagrangeWeights(xs: Uint8Array, x: number): Uint8Array {
  return xs.map((xi, i) => {
    let numerator = 1;
    let denominator = 1;
    for (const [j, xj] of xs.entries()) {
      if (j === i) continue;
      numerator = multiply(numerator, x ^ xj);
      denominator = multiply(denominator, xi ^ xj);
    }
    return multiply(numerator, invert(denominator));
  });
}

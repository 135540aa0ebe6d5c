//! Arithmetic on **public** field elements: x-coordinates and what follows from them alone.
//!
//! It looks up tables at indices made from its operands, so nothing secret may ever come here.
//! Secrets are handled by [`crate::kernel`] only.

/// The order of the multiplicative group.
const ORDER: u32 = 255;

/// The multiplicative group is cyclic and 3 generates it: `EXP[i]` is 3^i, and `LOG` is its inverse.
/// 0 has no logarithm; that `LOG[0]` is 0 leaves a factor 0 out of a product.
static EXP: [u8; ORDER as usize] = TABLES.0;
static LOG: [u8; 256] = TABLES.1;

/// `LOG_ROWS[low][word][i]` is the logarithm of `(8 * word + i) ^ low`: eight by eight, those of the
/// differences of all elements to one of them are words of one of these rows.
static LOG_ROWS: [[[u8; 8]; 32]; 8] = {
    let mut rows = [[[0; 8]; 32]; 8];
    let mut at = 0;
    while at < 8 * 256 {
        let (low, x) = (at / 256, at % 256);
        rows[low][x / 8][x % 8] = TABLES.1[x ^ low];
        at += 1;
    }
    rows
};

/// Writes to `weights` those with which the values at `xs` add up to the value at `x`: `weights[i] =
/// Π (x - xs[j]) / (xs[i] - xs[j])` over all `j ≠ i`. The `xs` are distinct, and as many as
/// `weights`.
pub(crate) fn lagrange_weights(xs: &[u8], x: u8, weights: &mut [u8]) {
    if let Some(at) = xs.iter().position(|&given| given == x) {
        weights.fill(0);
        weights[at] = 1;
        return;
    }
    // Products are sums of logarithms.
    let log = |element: u8| u32::from(LOG[usize::from(element)]);
    let numerator: u32 = xs.iter().map(|&xi| log(x ^ xi)).sum();
    let denominators = logs_of_differences(xs);
    for (&xi, weight) in xs.iter().zip(weights) {
        let others = u32::from(denominators[usize::from(xi / 8)][usize::from(xi % 8)]);
        let denominator = log(x ^ xi) + others;
        *weight = EXP[((numerator + 256 * ORDER - denominator) % ORDER) as usize];
    }
}

/// At `[xi / 8][xi % 8]`, for each of the distinct `xs`: the logarithm, not reduced, of the product
/// of its differences to the others. There are at most 254 of them, of at most 254 each, and its
/// difference to itself counts for nothing.
fn logs_of_differences(xs: &[u8]) -> [[u16; 8]; 32] {
    let mut sums = [[0; 8]; 32];
    let words = xs.iter().max().map_or(0, |&max| usize::from(max / 8) + 1);
    // Word by word, so that a sum stays in a register until it is complete.
    for (word, sums) in sums[..words].iter_mut().enumerate() {
        for &xi in xs {
            let row = &LOG_ROWS[usize::from(xi % 8)];
            for (sum, &log) in sums.iter_mut().zip(&row[(word ^ usize::from(xi / 8)) % 32]) {
                *sum += u16::from(log);
            }
        }
    }
    sums
}

/// The product of two elements, at compile time.
pub(crate) const fn product(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        return 0;
    }
    let exponent = TABLES.1[a as usize] as u32 + TABLES.1[b as usize] as u32;
    TABLES.0[(exponent % ORDER) as usize]
}

/// `a / b` where `b ≠ 0`, at compile time.
pub(crate) const fn quotient(a: u8, b: u8) -> u8 {
    assert!(b != 0, "division by 0");
    product(a, TABLES.0[((ORDER - TABLES.1[b as usize] as u32) % ORDER) as usize])
}

const TABLES: ([u8; ORDER as usize], [u8; 256]) = {
    let mut exp = [0; ORDER as usize];
    let mut log = [0; 256];
    let mut power: u8 = 1;
    let mut exponent = 0;
    while exponent < exp.len() {
        exp[exponent] = power;
        #[expect(clippy::cast_possible_truncation, reason = "the exponent stays below 255")]
        {
            log[power as usize] = exponent as u8;
        }
        // Times 3, which is x + 1: once shifted (and reduced), plus once as it is.
        let reduction = if power & 0x80 == 0 { 0 } else { 0x1b };
        power ^= (power << 1) ^ reduction;
        exponent += 1;
    }
    (exp, log)
};

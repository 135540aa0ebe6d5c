//! Arithmetic on **public** field elements: x-coordinates and what follows from them alone.
//!
//! It looks up tables at indices made from its operands, so nothing secret may ever come here.
//! Secrets are handled by [`crate::kernel`] only.

/// The order of the multiplicative group.
const ORDER: usize = 255;

/// How many elements one block of the tables and sums below has.
const BLOCK: usize = 32;

/// The multiplicative group is cyclic and 3 generates it: `EXP[i]` is 3^i, three times around so that
/// sums of exponents need no division.
static EXP: [u8; 3 * ORDER] = {
    let mut exp = [0; 3 * ORDER];
    let mut exponent = 0;
    while exponent < exp.len() {
        exp[exponent] = TABLES.0[exponent % ORDER];
        exponent += 1;
    }
    exp
};

/// `LOG_ROWS[low][block][i]` is the logarithm of `(32 * block + i) ^ low`: those of the differences
/// of 32 elements at a time to one element are one of these rows. 0 has no logarithm; that it has 0
/// here leaves a factor 0 out of a product.
static LOG_ROWS: [[[u8; BLOCK]; 256 / BLOCK]; BLOCK] = {
    let mut rows = [[[0; BLOCK]; 256 / BLOCK]; BLOCK];
    let mut at = 0;
    while at < BLOCK * 256 {
        let (low, x) = (at / 256, at % 256);
        rows[low][x / BLOCK][x % BLOCK] = TABLES.1[x ^ low];
        at += 1;
    }
    rows
};

/// Writes to `weights` those with which the values at `xs` add up to the value at `x`: `weights[i] =
/// Π (x - xs[j]) / (xs[i] - xs[j])` over all `j ≠ i`. The `xs` are distinct, none is 0, and they are as
/// many as `weights`.
pub(crate) fn lagrange_weights(xs: &[u8], x: u8, weights: &mut [u8]) {
    if x != 0
        && let Some(at) = xs.iter().position(|&given| given == x)
    {
        weights.fill(0);
        weights[at] = 1;
        return;
    }
    // A rack's x-coordinates are at most 32.
    match xs.iter().fold(x, |bits, &xi| bits | xi) {
        0..32 => weights_within::<1>(xs, x, weights),
        32..64 => weights_within::<2>(xs, x, weights),
        64.. => weights_within::<8>(xs, x, weights),
    }
}

/// The weights where `x` and the `xs`, which do not have it, are elements of the first `N` blocks.
fn weights_within<const N: usize>(xs: &[u8], x: u8, weights: &mut [u8]) {
    // Products are sums of logarithms, here of the differences to all the `xs` and to `x`. At `x` that
    // is the numerator, and one factor more: the difference to `xs[i]`. At `xs[i]` it is the
    // denominator and the same factor. The difference of an element to itself counts for nothing.
    let mut logs = [[0; BLOCK]; N];
    for (block, logs) in logs.iter_mut().enumerate() {
        *logs = logs_of_differences(xs, x, block);
    }
    let log_at = |element: u8| {
        usize::from(logs[usize::from(element) / BLOCK % N][usize::from(element) % BLOCK])
    };
    let numerator = 2 * ORDER + log_at(x) % ORDER;
    for (&xi, weight) in xs.iter().zip(weights) {
        *weight = EXP[numerator - log_at(xi)];
    }
}

/// For each element of a block: a number below 256 that is, modulo the order, the sum of the
/// logarithms of its differences to all the `xs` and to `x`.
fn logs_of_differences(xs: &[u8], x: u8, block: usize) -> [u16; BLOCK] {
    let row = |of: u8| {
        let (high, low) = (usize::from(of) / BLOCK, usize::from(of) % BLOCK);
        &LOG_ROWS[low][(block ^ high) % (256 / BLOCK)]
    };
    // At most 255 of at most 254 each, and a 0.
    let mut sums = row(x).map(u16::from);
    for &xi in xs {
        for (sum, &log) in sums.iter_mut().zip(row(xi)) {
            *sum += u16::from(log);
        }
    }
    // 256 is 1 modulo the order; the first time leaves at most 508.
    sums.map(|sum| (sum & 0xff) + (sum >> 8)).map(|sum| (sum & 0xff) + (sum >> 8))
}

/// The product of two elements, at compile time.
pub(crate) const fn product(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        return 0;
    }
    let exponent = TABLES.1[a as usize] as usize + TABLES.1[b as usize] as usize;
    TABLES.0[exponent % ORDER]
}

/// `a / b` where `b ≠ 0`, at compile time.
pub(crate) const fn quotient(a: u8, b: u8) -> u8 {
    assert!(b != 0, "division by 0");
    product(a, TABLES.0[(ORDER - TABLES.1[b as usize] as usize) % ORDER])
}

const TABLES: ([u8; ORDER], [u8; 256]) = {
    let mut exp = [0; ORDER];
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

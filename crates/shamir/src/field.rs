//! Arithmetic on **public** field elements: x-coordinates and what follows from them alone.
//!
//! It looks up tables at indices made from its operands, so nothing secret may ever come here.
//! Secrets are handled by [`crate::kernel`] only.

/// The order of the multiplicative group.
const ORDER: usize = 255;

/// The multiplicative group is cyclic and 3 generates it: `EXP[i]` is 3^i, and `LOG` is its inverse
/// (0 has none).
const EXP: [u8; ORDER] = tables().0;
const LOG: [u8; 256] = tables().1;

/// Fills `powers` with `x, x², x³ …`, where `x ≠ 0`.
pub(crate) fn powers(x: u8, powers: &mut [u8]) {
    let log = log(x);
    let mut exponent = 0;
    for power in powers {
        exponent = (exponent + log) % ORDER;
        *power = EXP[exponent];
    }
}

/// The weights with which the values at `xs` add up to the value at `x`: `weight[i] = Π (x - xs[j])
/// / (xs[i] - xs[j])` over all `j ≠ i`. The `xs` are distinct.
pub(crate) fn lagrange_weights(xs: &[u8], x: u8) -> Vec<u8> {
    if let Some(at) = xs.iter().position(|&given| given == x) {
        let mut weights = vec![0; xs.len()];
        weights[at] = 1;
        return weights;
    }
    // None of the factors is 0, so that products are sums of logarithms, and at most 2 · 255 of
    // them do not overflow.
    let numerator: usize = xs.iter().map(|&xi| log(x ^ xi)).sum();
    xs.iter()
        .map(|&xi| {
            let others = xs.iter().filter(|&&xj| xj != xi);
            let denominator: usize = log(x ^ xi) + others.map(|&xj| log(xi ^ xj)).sum::<usize>();
            EXP[(numerator + (ORDER - denominator % ORDER)) % ORDER]
        })
        .collect()
}

fn log(element: u8) -> usize {
    debug_assert_ne!(element, 0, "0 has no logarithm");
    usize::from(LOG[usize::from(element)])
}

#[expect(clippy::cast_possible_truncation, reason = "the exponent stays below 255")]
const fn tables() -> ([u8; ORDER], [u8; 256]) {
    let mut exp = [0; ORDER];
    let mut log = [0; 256];
    let mut power: u8 = 1;
    let mut exponent = 0;
    while exponent < ORDER {
        exp[exponent] = power;
        log[power as usize] = exponent as u8;
        // Times 3, which is x + 1: once shifted (and reduced), plus once as it is.
        let reduction = if power & 0x80 == 0 { 0 } else { 0x1b };
        power ^= (power << 1) ^ reduction;
        exponent += 1;
    }
    (exp, log)
}

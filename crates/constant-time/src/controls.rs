//! Controls: computations that leak on purpose. An examination that does not flag them proves nothing.

use std::hint::black_box;

use crate::subject::Subject;

/// Multiplication in GF(2⁸) the way that is quickest to write: with a table of all 65,536 products.
/// Which of its cache lines are touched depends on the factors.
pub(crate) struct TableMultiply {
    table: Vec<[u8; 256]>,
    factors: Vec<u8>,
}

const FACTORS: usize = 512;

impl TableMultiply {
    pub(crate) fn new() -> Self {
        let row = |a: u8| std::array::from_fn(|b| product(a, u8::try_from(b).expect("a byte")));
        Self { table: (0..=255).map(row).collect(), factors: vec![0; FACTORS] }
    }
}

impl Subject for TableMultiply {
    fn len(&self) -> usize {
        FACTORS
    }

    fn load(&mut self, secret: &[u8]) {
        self.factors.copy_from_slice(secret);
    }

    fn secrets(&self) -> Vec<&[u8]> {
        vec![&self.factors]
    }

    fn run(&mut self) {
        let pairs = self.factors.as_chunks::<2>().0;
        let sum =
            pairs.iter().fold(0, |sum, &[a, b]| sum ^ self.table[usize::from(a)][usize::from(b)]);
        black_box(sum);
    }
}

fn product(a: u8, b: u8) -> u8 {
    (0..8).filter(|bit| b >> bit & 1 == 1).fold(0, |sum, bit| {
        let shifted = (0..bit).fold(a, |a, _| (a << 1) ^ if a & 0x80 == 0 { 0 } else { 0x1b });
        sum ^ shifted
    })
}

/// A comparison that stops at the first difference.
pub(crate) struct EarlyExitCompare {
    halves: Vec<u8>,
}

impl EarlyExitCompare {
    pub(crate) fn new() -> Self {
        Self { halves: vec![0; 64] }
    }
}

impl Subject for EarlyExitCompare {
    fn len(&self) -> usize {
        self.halves.len()
    }

    fn load(&mut self, secret: &[u8]) {
        self.halves.copy_from_slice(secret);
    }

    fn secrets(&self) -> Vec<&[u8]> {
        vec![&self.halves]
    }

    fn run(&mut self) {
        let (one, other) = self.halves.split_at(self.halves.len() / 2);
        black_box(one.iter().zip(other).all(|(a, b)| black_box(a) == black_box(b)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_multiplies_in_the_field_of_aes() {
        assert_eq!((product(0x57, 0x83), product(0x57, 0x13)), (0xc1, 0xfe));
        let TableMultiply { table, .. } = TableMultiply::new();
        assert_eq!((table[0x57][0x83], table[0][0xff]), (0xc1, 0));
    }
}

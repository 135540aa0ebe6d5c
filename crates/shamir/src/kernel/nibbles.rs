//! Products by table, for kernels that can look up 16 bytes at once inside a register.
//!
//! `c · (16 h + l) = c · 16 h + c · l`, and `h` and `l` have 16 values each. Which table is used
//! depends on the factor, which is public; the secret nibbles only select within registers.

use crate::field;

/// The products of one factor with 0, 1 … 15 and with 0, 16 … 240.
#[repr(C, align(32))]
pub(super) struct Nibbles {
    pub(super) low: [u8; 16],
    pub(super) high: [u8; 16],
}

/// For each factor.
pub(super) static NIBBLES: [Nibbles; 256] = {
    let mut tables = [const { Nibbles { low: [0; 16], high: [0; 16] } }; 256];
    let mut factor = 0;
    while factor < 256 {
        let mut nibble = 0;
        while nibble < 16 {
            #[expect(clippy::cast_possible_truncation, reason = "both stay below 256")]
            {
                tables[factor].low[nibble] = field::product(factor as u8, nibble as u8);
                tables[factor].high[nibble] = field::product(factor as u8, 16 * nibble as u8);
            }
            nibble += 1;
        }
        factor += 1;
    }
    tables
};

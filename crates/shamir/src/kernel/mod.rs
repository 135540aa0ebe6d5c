//! The only arithmetic on secrets: one operation, constant-time in the data.
//!
//! Splitting, combining and computing a share are all the same sum, `out += Σ weight · row`, with
//! public weights that follow from the x-coordinates. An implementation for a processor's vector
//! instructions has to provide just this.

mod portable;

/// `out[i] ^= Σ weights[j] · rows[j * stride + i]` in GF(2⁸), for every `i` of `out` and `j` of
/// `weights`.
///
/// `weights` are public. `out` and `rows` are secret: neither time nor memory access depends on
/// their bytes.
///
/// # Panics
///
/// If `rows` is too short for that.
pub(crate) fn accumulate(out: &mut [u8], rows: &[u8], stride: usize, weights: &[u8]) {
    let Some(last) = weights.len().checked_sub(1) else { return };
    assert!(last * stride + out.len() <= rows.len(), "the rows are too short");
    portable::accumulate(out, rows, stride, weights);
}

#[cfg(test)]
mod tests;

//! `Fingerprint`: a stable 64-bit hash of data, so that a resumed run can refuse other data.

use crate::{Column, Frame, RawTarget, Targets, Values};

/// A running hash over words; the same on every machine and in every version.
///
/// Each word is added, multiplied by an odd constant and rotated; the finaliser is SplitMix64's (Steele, Lea & Flood
/// 2014). It tells accidents apart, not adversaries.
///
/// ```
/// use tunesmith_data::Fingerprint;
/// let hash = |numbers: &[f64]| Fingerprint::new().numbers(numbers).finish();
/// assert_eq!(hash(&[1.0, 2.0]), hash(&[1.0, 2.0]));
/// assert_ne!(hash(&[1.0, 2.0]), hash(&[2.0, 1.0]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self::new()
    }
}

impl Fingerprint {
    /// The hash of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(0x243f_6a88_85a3_08d3) // the first 64 bits of pi's fraction
    }

    /// The hash with one more word.
    #[must_use]
    pub const fn word(self, word: u64) -> Self {
        Self((self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29))
    }

    /// The hash with a text and its length.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    /// The hash with bytes and their number.
    #[must_use]
    pub fn bytes(self, bytes: &[u8]) -> Self {
        bytes.chunks(8).fold(self.word(bytes.len() as u64), |hash, chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            hash.word(u64::from_le_bytes(word))
        })
    }

    /// The hash with real numbers and their count; every NaN is the same, and so are 0 and -0.
    #[must_use]
    pub fn numbers(self, numbers: &[f64]) -> Self {
        numbers.iter().fold(self.word(numbers.len() as u64), |hash, &x| hash.word(bits(x)))
    }

    /// The hash as a number.
    #[must_use]
    pub const fn finish(self) -> u64 {
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn frame(self, frame: &Frame) -> Self {
        frame.columns().iter().fold(self.word(frame.rows() as u64), Self::column)
    }

    fn column(self, column: &Column) -> Self {
        let hash = self.text(&column.name);
        match &column.values {
            Values::Numbers(cells) => hash.word(0).numbers(cells),
            Values::Bytes(cells) => hash.word(1).bytes(cells),
            Values::Indicator(cells) => hash.word(2).bytes(cells),
            Values::Categories { levels, codes } => {
                let hash = levels.iter().fold(hash.word(3), |hash, level| hash.text(level));
                codes.iter().fold(hash, |hash, code| hash.word(code.map_or(u64::MAX, u64::from)))
            }
        }
    }

    pub(crate) fn raw_target(self, target: &RawTarget) -> Self {
        match target {
            RawTarget::Classes { name, names, codes } => self.text(name).word(0).classes(names).codes(codes),
            RawTarget::Numbers(frame) => self.word(1).frame(frame),
        }
    }

    pub(crate) fn targets(self, targets: &Targets) -> Self {
        match targets {
            Targets::Classes { codes, names } => self.word(0).classes(names).codes(codes),
            Targets::Numbers { values, outputs } => self.word(1).word(*outputs as u64).floats(values),
        }
    }

    fn classes(self, names: &[String]) -> Self {
        names.iter().fold(self.word(names.len() as u64), |hash, name| hash.text(name))
    }

    fn codes(self, codes: &[i64]) -> Self {
        codes.iter().fold(self.word(codes.len() as u64), |hash, &code| hash.word(code.cast_unsigned()))
    }

    pub(crate) fn floats(self, numbers: &[f32]) -> Self {
        numbers.iter().fold(self.word(numbers.len() as u64), |hash, &x| hash.word(bits(f64::from(x))))
    }
}

fn bits(x: f64) -> u64 {
    if x.is_nan() {
        f64::NAN.to_bits()
    } else {
        (x + 0.0).to_bits() // -0 + 0 is 0
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    #[test]
    fn value_is_pinned() {
        // Recorded from this implementation: a change here makes every stored study refuse its own data.
        let hash = Fingerprint::new().text("age").numbers(&[1.5, -2.0, f64::NAN]).finish();
        assert_eq!(hash, 10_969_554_861_619_753_415);
    }

    #[test]
    fn zeros_and_lengths() {
        let hash = |numbers: &[f64]| Fingerprint::new().numbers(numbers).finish();
        assert_eq!(hash(&[0.0]), hash(&[-0.0]));
        assert_ne!(hash(&[0.0]), hash(&[0.0, 0.0]));
    }
}

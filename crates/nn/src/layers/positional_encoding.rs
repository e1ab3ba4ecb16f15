//! Positional encoding (Vaswani et al., 2017): where in a sequence a vector stands.

use crate::plugin::*;

/// Adds to each position of a sequence what tells it from the others.
///
/// Input and output `[rows, positions, units]`. `kind = "sinusoidal"` adds `sin(position / 10000^(2i / units))` to unit
/// `2i` and the cosine of the same to unit `2i + 1`, without parameters; `kind = "learned"` adds `weight`
/// `[max_positions, units]`, as BERT and GPT-2 do (normal with deviation 0.02 at first).
///
/// ```
/// use tunesmith_nn::{Sequential, layers::PositionalEncoding};
/// let model = Sequential::new([2, 2]).with(PositionalEncoding::sinusoidal());
/// assert_eq!(model.predict::<f64>(&[], &[0.0; 4]), [0.0, 1.0, 1_f64.sin(), 1_f64.cos()]);
/// ```
#[derive(Clone, Debug)]
pub struct PositionalEncoding {
    kind: String,
    max_positions: usize,
}

impl PositionalEncoding {
    /// Sines and cosines.
    #[must_use]
    pub fn sinusoidal() -> Self {
        Self::default()
    }

    /// A learnt vector for each of so many positions.
    #[must_use]
    pub fn learned(max_positions: usize) -> Self {
        Self { kind: "learned".into(), max_positions }
    }
}

impl Default for PositionalEncoding {
    fn default() -> Self {
        Self { kind: "sinusoidal".into(), max_positions: 512 }
    }
}

impl Describe for PositionalEncoding {
    const NAME: &'static str = "positional_encoding";
    const ABOUT: &'static str = "adds to each position of a sequence what tells it from the others";
    const SOURCE: &'static str = "Vaswani et al. 2017, arXiv:1706.03762";
    const PARAMS: &'static [Param<Self>] = &[
        Param::name(
            "kind",
            &["sinusoidal", "learned"],
            |s: &mut Self| &mut s.kind,
            "sines, or learnt vectors",
        ),
        Param::int(
            "max_positions",
            1,
            4096,
            |s: &mut Self| &mut s.max_positions,
            "of learned: the longest sequence",
        )
        .fixed()
        .valid(1.0, 1e7),
    ];
}

impl Layer for PositionalEncoding {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let &[_, positions, units] = input.shape().dims() else {
            let because = format!(
                "positional_encoding needs [rows, positions, units], found the shape {}",
                input.shape()
            );
            return Err(trace.error(because));
        };
        if self.kind == "sinusoidal" {
            let angle = |at: usize, unit: usize| {
                let even = (unit / 2 * 2) as f64;
                at as f64 / 10_000_f64.powf(even / units as f64)
            };
            let value = |at: usize, unit: usize| match unit % 2 {
                0 => angle(at, unit).sin(),
                _ => angle(at, unit).cos(),
            };
            let table: Vec<f64> =
                (0..positions).flat_map(|at| (0..units).map(move |unit| value(at, unit))).collect();
            return Ok(input + trace.graph().constant([positions, units], &table));
        }
        if positions > self.max_positions {
            let because = format!(
                "a sequence of {positions} positions is longer than max_positions = {}, raise it",
                self.max_positions
            );
            return Err(trace.error(because));
        }
        let init = Plug::new("normal").with("std", 0.02);
        Ok(input + trace.param("weight", [self.max_positions, units], &init).slice(0, 0, positions))
    }

    fn sample(&self) -> Sample {
        Sample::numbers([4, 6])
    }
}

register!(LayerEntry, PositionalEncoding);

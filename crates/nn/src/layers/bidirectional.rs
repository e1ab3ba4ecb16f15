//! Bidirectional: a recurrent layer along a sequence, and another of its kind from the end back.

use tunesmith_autodiff::ops::recurrent::{Direction, Outputs};
use tunesmith_core::{Why, from_table};

use super::recurrent::{RecurrentLayer, sequences};
use super::{Gru, Lstm, SimpleRnn};
use crate::plugin::*;

/// Two recurrent layers with parameters of their own, one from the first step to the last and one from the last to the
/// first, their outputs joined (Schuster & Paliwal, 1997): Keras's `Bidirectional`, PyTorch's `bidirectional = True`.
///
/// Input `[rows, time, in]`. With the inner layer's `return_sequences` the output is `[rows, time, 2 units]`, both
/// directions in order of time; without, `[rows, 2 units]`, from what each computed last. It is `units` wide unless the
/// two are joined by "concat". Parameters are those of the inner layer, and again with `_reverse` behind their names.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_nn::{Sequential, layers::Bidirectional};
/// let gru = Plug::new("gru").with("units", 4_usize).with("return_sequences", true);
/// let model = Sequential::new([7, 3]).with(Bidirectional::new(gru));
/// assert_eq!(model.output_shape().dims(), [7, 8]);
/// assert_eq!(model.params()[4].name, "0.weight_ih_l0_reverse");
/// ```
#[derive(Clone, Debug)]
pub struct Bidirectional {
    layer: Plug,
    merge: String,
}

impl Bidirectional {
    /// A recurrent layer in both directions, the outputs side by side.
    #[must_use]
    pub fn new(layer: Plug) -> Self {
        Self { layer, ..Self::default() }
    }

    /// The same with outputs joined by "concat", "sum", "average" or "multiply".
    ///
    /// # Panics
    /// When it is another name.
    #[must_use]
    #[track_caller]
    pub fn merge(mut self, name: &str) -> Self {
        assert!(MERGES.contains(&name), "merge: {MERGES:?} are possible, not {name:?}");
        name.clone_into(&mut self.merge);
        self
    }
}

const MERGES: &[&str] = &["concat", "sum", "average", "multiply"];

impl Default for Bidirectional {
    fn default() -> Self {
        // As wide as the other layers by default, both directions together.
        Self { layer: Plug::new("lstm").with("units", 16_usize), merge: "concat".into() }
    }
}

impl Describe for Bidirectional {
    const NAME: &'static str = "bidirectional";
    const ABOUT: &'static str = "a recurrent layer along a sequence and another from its end back";
    const SOURCE: &'static str = "Schuster & Paliwal 1997, IEEE Transactions on Signal Processing 45";
    const PARAMS: &'static [Param<Self>] = &[
        Param::plug("layer", "layer", |s: &mut Self| &mut s.layer, "the layer: lstm, gru or simple_rnn")
            .fixed(),
        Param::name("merge", MERGES, |s: &mut Self| &mut s.merge, "how the outputs of both become one"),
    ];
}

/// The recurrent layer a plug names.
fn recurrent(plug: &Plug, trace: &Trace) -> Result<Box<dyn RecurrentLayer>, Error> {
    let at = format!("{}.layer.{}", Bidirectional::NAME, plug.name);
    let layer: Box<dyn RecurrentLayer> = match plug.name.as_str() {
        Lstm::NAME => Box::new(from_table::<Lstm>(&plug.config, &at)?),
        Gru::NAME => Box::new(from_table::<Gru>(&plug.config, &at)?),
        SimpleRnn::NAME => Box::new(from_table::<SimpleRnn>(&plug.config, &at)?),
        other => {
            let because = format!("`{other}` has no direction; lstm, gru and simple_rnn have one");
            return Err(trace.error(because));
        }
    };
    if layer.settings().go_backwards {
        return Err(Error::new(
            at,
            Why::Conflict { because: "both directions are taken already, leave go_backwards out".into() },
        ));
    }
    Ok(layer)
}

impl Layer for Bidirectional {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let layer = recurrent(&self.layer, trace)?;
        let mut walk = |direction, suffix| -> Result<Outputs, Error> {
            let steps = sequences(trace, &*layer, input)?;
            layer.walk(trace, &steps, direction, suffix)
        };
        let both = [walk(Direction::Forward, "")?, walk(Direction::Backward, "_reverse")?];
        let every = layer.settings().return_sequences;
        let [a, b] = both.map(|outputs| if every { outputs.sequence() } else { outputs.last() });
        let merged = match self.merge.as_str() {
            "sum" => a + b,
            "average" => (a + b) * 0.5,
            "multiply" => a * b,
            _ => a.graph().concat(&[&a, &b], a.rank() - 1),
        };
        Ok(if every { merged.time_major() } else { merged })
    }

    fn sample(&self) -> Sample {
        Sample::numbers([3, 2])
    }
}

register!(LayerEntry, Bidirectional);

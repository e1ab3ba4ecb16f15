//! CTC: a sequence of labels from a longer sequence of frames, without knowing which frame says which label.

use crate::plugin::*;

/// The mean over rows of `-ln` of the probability of the row's labels under all their alignments with the frames, over
/// the number of labels, as in PyTorch's `CTCLoss`; Keras does not divide (`per_label = false`).
///
/// Predictions are logits `[rows, time, classes]`, of which class 0 is the blank; every row has all frames. Targets are
/// class codes `[rows, longest]`, a row's labels first, filled up with class 0.
#[derive(Clone, Debug)]
pub(crate) struct Ctc {
    per_label: bool,
    zero_infinity: bool,
}

impl Default for Ctc {
    fn default() -> Self {
        Self { per_label: true, zero_infinity: false }
    }
}

impl Describe for Ctc {
    const NAME: &'static str = "ctc";
    const ABOUT: &'static str = "-ln of the probability of a label sequence over all alignments, from logits";
    const SOURCE: &'static str = "Graves et al. 2006, ICML";
    const PARAMS: &'static [Param<Self>] = &[
        Param::switch(
            "per_label",
            |s: &mut Self| &mut s.per_label,
            "divide by the number of labels of a row",
        ),
        Param::switch(
            "zero_infinity",
            |s: &mut Self| &mut s.zero_infinity,
            "rows whose labels do not fit the frames count zero, not infinity",
        ),
    ];
}

impl Loss for Ctc {
    fn targets(&self) -> Targets {
        Targets::Sequences
    }

    fn check(&self, output: &Var) -> Result<(), String> {
        match output.shape().dims() {
            [_, _, classes] if *classes > 1 => Ok(()),
            [_, rest @ ..] => Err(format!(
                "needs [time, classes] a row, of which class 0 is the blank, the model puts out {}",
                Shape::from(rest)
            )),
            [] => Err("needs rows".into()),
        }
    }

    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        batch.mean(&prediction.ctc(target, self.per_label, self.zero_infinity))
    }

    fn interpret(&self, prediction: &Var) -> Var {
        prediction.softmax()
    }
}

register!(LossEntry, Ctc);

//! Embedding: a learnt vector for every identifier.

use crate::plugin::*;

/// The vector of every identifier: `[rows, ...]` of whole numbers below `vocabulary` become `[rows, ..., units]`.
///
/// The identifiers must be columns of the model's input (see `select`), because they are checked before anything runs
/// ([`Sequential::check_samples`](crate::Sequential::check_samples)); an `f32` holds those up to 16,777,216. Parameter
/// `weight` `[vocabulary, units]`, standard normal at first as in PyTorch (`init = { uniform = ... }` is Keras's). The
/// vector of the `padding` identifier gets no gradient.
///
/// With `sparse`, a training step updates only the vectors of the identifiers in its batch, so that its cost does not grow
/// with the vocabulary. With SGD and AdaGrad (without momentum and decay) nothing changes. With Adam, momentum or weight
/// decay it is another rule, that of `torch.optim.SparseAdam`: a vector whose identifier is not met keeps its moments, is
/// not decayed and does not move. Rules that need to see the whole table, such as Adafactor or LAMB, are refused. Without
/// `sparse`, every rule gives what it gives for any other weight, and rows that a batch does not meet cost only what the
/// rule itself does to them.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::Embedding};
/// let model = Sequential::new([2]).with(Embedding::new(3, 2));
/// let table = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5];
/// assert_eq!(model.predict::<f64>(&table, &[2.0, 0.0]), [2.0, 2.5, 0.0, 0.5]);
/// ```
#[derive(Clone, Debug)]
pub struct Embedding {
    vocabulary: usize,
    units: usize,
    padding: Option<usize>,
    sparse: bool,
    init: Plug,
}

impl Embedding {
    /// A table of vectors with so many units.
    #[must_use]
    pub fn new(vocabulary: usize, units: usize) -> Self {
        Self { vocabulary, units, padding: None, sparse: false, init: Plug::new("normal").with("std", 1.0) }
    }

    /// The same with an identifier whose vector is not learnt.
    #[must_use]
    pub fn padding(mut self, padding: usize) -> Self {
        self.padding = Some(padding);
        self
    }

    /// The same, of which a training step updates only the vectors whose identifiers it meets.
    #[must_use]
    pub fn sparse(mut self) -> Self {
        self.sparse = true;
        self
    }
}

impl Default for Embedding {
    fn default() -> Self {
        Self::new(50, 16)
    }
}

impl Describe for Embedding {
    const NAME: &'static str = "embedding";
    const ABOUT: &'static str = "a learnt vector for every identifier";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int(
            "vocabulary",
            2,
            1_000_000,
            |s: &mut Self| &mut s.vocabulary,
            "identifiers: whole numbers below this",
        )
        .log()
        .fixed()
        .valid(1.0, 16_777_216.0),
        Param::int("units", 2, 256, |s: &mut Self| &mut s.units, "numbers in a vector").log().valid(1.0, 1e6),
        Param::optional_int(
            "padding",
            0,
            1,
            |s: &mut Self| &mut s.padding,
            "the identifier whose vector gets no gradient",
        )
        .fixed(),
        Param::switch(
            "sparse",
            |s: &mut Self| &mut s.sparse,
            "whether a step updates only the vectors that its batch meets",
        )
        .fixed(),
        Param::plug("init", "init", |s: &mut Self| &mut s.init, "how the vectors start"),
    ];

    fn check(&self) -> Result<(), String> {
        match self.padding {
            Some(padding) if padding >= self.vocabulary => {
                Err(format!("the padding {padding} is not below the vocabulary {}", self.vocabulary))
            }
            _ => Ok(()),
        }
    }
}

impl Layer for Embedding {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        if input.rank() >= 8 {
            return Err(trace.error(format!("the shape {} has no room for another axis", input.shape())));
        }
        trace.needs_whole(input, self.vocabulary)?;
        let shape = [self.vocabulary, self.units];
        let table = if self.sparse {
            trace.sparse_param("weight", shape, &self.init)
        } else {
            trace.param("weight", shape, &self.init)
        };
        Ok(table.rows_but(input, self.padding))
    }

    fn sample(&self) -> Sample {
        Sample::whole([5], self.vocabulary)
    }
}

register!(LayerEntry, Embedding);

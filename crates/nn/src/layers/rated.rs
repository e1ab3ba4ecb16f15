//! What the layers with one probability share: the setting, its range, and doing nothing in prediction.

/// A layer with a `rate` that changes its input while training by an expression of the trace, the input and the rate.
macro_rules! rated {
    (
        $(#[$doc:meta])*
        $Layer:ident, $name:literal, $about:literal, $source:literal, default $default:literal, $meaning:literal,
        |$trace:ident, $input:ident, $rate:ident| $value:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $Layer {
            rate: f64,
        }

        impl $Layer {
            /// The layer with that rate; it lies from 0 up to, not including, 1.
            #[must_use]
            pub fn new(rate: f64) -> Self {
                Self { rate }
            }
        }

        impl Default for $Layer {
            fn default() -> Self {
                Self::new($default)
            }
        }

        impl Describe for $Layer {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const SOURCE: &'static str = $source;
            const PARAMS: &'static [Param<Self>] =
                &[Param::float("rate", 0.0, 0.5, |s: &mut Self| &mut s.rate, $meaning).valid(0.0, 0.999)];
        }

        impl Layer for $Layer {
            fn forward(&self, $trace: &mut Trace, $input: &Var) -> Result<Var, Error> {
                let $rate = self.rate;
                if !$trace.training() || $rate == 0.0 {
                    return Ok($input.clone());
                }
                $value
            }
        }

        register!(LayerEntry, $Layer);
    };
}

pub(super) use rated;

#[cfg(test)]
pub(super) mod tests {
    use tunesmith_autodiff::{Feed, Runner};
    use tunesmith_core::Describe;

    use crate::{Layer, Mode, Sequential};

    /// What a layer makes of rows while training.
    pub(in super::super) fn in_training<L: Describe + Layer>(
        layer: L,
        shape: &[usize],
        rows: usize,
        x: &[f64],
    ) -> Vec<f64> {
        let model = Sequential::new(tunesmith_tensor::Shape::from(shape.to_vec())).with(layer);
        let traced = model.trace(rows, Mode::Training);
        let mut runner = Runner::<f64>::new(traced.graph.plan(&[&traced.output]));
        runner.run(Feed { inputs: &[x], noise: 5, ..Feed::default() });
        runner.output(0).to_vec()
    }
}

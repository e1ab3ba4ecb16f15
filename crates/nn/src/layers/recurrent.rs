//! What the recurrent layers share: their settings, how they start, the way of a batch through them.

use tunesmith_autodiff::ops::recurrent::{Cell, Direction, Outputs};

use crate::plugin::*;

/// The settings every recurrent layer has.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) units: Count,
    pub(super) return_sequences: bool,
    pub(super) go_backwards: bool,
    pub(super) bias: bool,
    pub(super) dropout: f64,
    pub(super) init: Option<Plug>,
    pub(super) recurrent_init: Option<Plug>,
    pub(super) bias_init: Option<Plug>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            units: Count::Fixed(32),
            return_sequences: false,
            go_backwards: false,
            bias: true,
            dropout: 0.0,
            init: None,
            recurrent_init: None,
            bias_init: None,
        }
    }
}

/// The shared settings of a layer that holds them as `settings`, and its own behind them.
macro_rules! recurrent_params {
    ($($own:expr),*) => {
        &[
            Param::count(
                "units",
                8,
                256,
                &["classes", "outputs"],
                |s: &mut Self| &mut s.settings.units,
                "number of outputs of a step",
            )
            .log()
            .valid(1.0, 1e6),
            Param::switch(
                "return_sequences",
                |s: &mut Self| &mut s.settings.return_sequences,
                "whether all steps are put out, not only the last",
            ),
            Param::switch(
                "go_backwards",
                |s: &mut Self| &mut s.settings.go_backwards,
                "whether the last step comes first; what is put out is in that order too",
            ),
            Param::switch("bias", |s: &mut Self| &mut s.settings.bias, "whether learnt constants are added"),
            Param::float(
                "dropout",
                0.0,
                0.5,
                |s: &mut Self| &mut s.settings.dropout,
                "probability that an input is zero at all steps of a row while training",
            )
            .rarely()
            .valid(0.0, 0.999),
            Param::optional_plug(
                "init",
                "init",
                |s: &mut Self| &mut s.settings.init,
                "how the input weights start; uniform within 1 / sqrt(units) when off",
            ),
            Param::optional_plug(
                "recurrent_init",
                "init",
                |s: &mut Self| &mut s.settings.recurrent_init,
                "how the recurrent weights start; uniform within 1 / sqrt(units) when off",
            ),
            Param::optional_plug(
                "bias_init",
                "init",
                |s: &mut Self| &mut s.settings.bias_init,
                "how the constants start; uniform within 1 / sqrt(units) when off",
            ),
            $($own),*
        ]
    };
}
pub(super) use recurrent_params;

/// A layer that walks along the steps of sequences.
pub(super) trait RecurrentLayer {
    fn name(&self) -> &'static str;

    fn settings(&self) -> &Settings;

    /// Records the walk along sequences from [`sequences`]; parameters are called as in PyTorch, with the suffix.
    fn walk(
        &self,
        trace: &mut Trace,
        steps: &Var,
        direction: Direction,
        suffix: &str,
    ) -> Result<Outputs, Error>;
}

/// A batch of sequences with the time first, `[time, rows, features]`, some inputs dropped.
pub(super) fn sequences(trace: &Trace, layer: &dyn RecurrentLayer, input: &Var) -> Result<Var, Error> {
    let shape = input.shape();
    let (name, dropout) = (layer.name(), layer.settings().dropout);
    match *shape.dims() {
        [rows, time, features] if time > 0 && features > 0 => {
            let steps = input.time_major();
            if !trace.training() || dropout == 0.0 {
                return Ok(steps);
            }
            Ok(&steps * &trace.graph().dropout_mask([rows, features], dropout))
        }
        [_, time] if time > 0 => Err(trace.error(format!(
            "{name} needs sequences [rows, time, features], found {shape}; an embedding makes them of whole numbers"
        ))),
        _ => Err(trace.error(format!("{name} needs sequences [rows, time, features], found the shape {shape}"))),
    }
}

/// The walk of a cell; the two biases start by rules of their own where the layer gives them.
pub(super) fn walk<C: Cell>(
    (trace, suffix): (&mut Trace, &str),
    settings: &Settings,
    (cell, biases): (C, Option<[Plug; 2]>),
    steps: &Var,
    direction: Direction,
) -> Result<Outputs, Error> {
    let &[time, rows, features] = steps.shape().dims() else { unreachable!("made by `sequences`") };
    let units = trace.count(&settings.units)?;
    let wide = C::GATES * units;
    let bound = 1.0 / (units as f64).sqrt();
    let uniform = Plug::new("uniform").with("low", -bound).with("high", bound);
    let or_uniform = |init: &Option<Plug>| init.clone().unwrap_or_else(|| uniform.clone());
    let name = |what: &str| format!("{what}_l0{suffix}");
    let weight_ih = trace.param(&name("weight_ih"), [wide, features], &or_uniform(&settings.init));
    let weight_hh = trace.param(&name("weight_hh"), [wide, units], &or_uniform(&settings.recurrent_init));
    let [bias_ih, bias_hh] = if settings.bias {
        let [ih, hh] = biases.unwrap_or_else(|| [(); 2].map(|()| or_uniform(&settings.bias_init)));
        [trace.param(&name("bias_ih"), [wide], &ih), trace.param(&name("bias_hh"), [wide], &hh)]
    } else {
        let none = trace.graph().constant([wide], &vec![0.0; wide]);
        [none.clone(), none]
    };
    let projected = steps.reshape([time * rows, features]).matmul_t(&weight_ih).reshape([time, rows, wide]);
    Ok(projected.recurrent(cell, [&weight_hh, &bias_ih, &bias_hh], direction, trace.training()))
}

/// What a layer by itself puts out.
pub(super) fn forward(layer: &dyn RecurrentLayer, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
    let settings = layer.settings();
    let steps = sequences(trace, layer, input)?;
    let direction = if settings.go_backwards { Direction::Backward } else { Direction::Forward };
    let outputs = layer.walk(trace, &steps, direction, "")?;
    if !settings.return_sequences {
        return Ok(outputs.last());
    }
    let sequence = outputs.sequence();
    let sequence = if settings.go_backwards { turned(&sequence) } else { sequence };
    Ok(sequence.time_major())
}

/// The first axis in reverse order.
fn turned(steps: &Var) -> Var {
    let shape = steps.shape();
    let time = shape.dims()[0];
    let order: Vec<f64> = (0..time).rev().map(|step| step as f64).collect();
    let order = steps.graph().constant([time], &order);
    steps.reshape([time, shape.numel() / time]).rows(&order).reshape(shape)
}

/// States a recurrent layer: its type, and how it walks.
macro_rules! recurrent_layer {
    ($Name:ident, |$layer:ident| ($cell:expr, $biases:expr)) => {
        impl $Name {
            /// A layer with that many outputs a step, of which the last step's are put out.
            #[must_use]
            pub fn new(units: usize) -> Self {
                let mut layer = Self::default();
                layer.settings.units = Count::Fixed(units);
                layer
            }

            /// The same layer that puts out all steps, `[rows, time, units]`.
            #[must_use]
            pub fn return_sequences(mut self) -> Self {
                self.settings.return_sequences = true;
                self
            }

            /// The same layer that takes the steps from the last to the first; puts them out in that order too (Keras).
            #[must_use]
            pub fn go_backwards(mut self) -> Self {
                self.settings.go_backwards = true;
                self
            }

            /// The same layer that drops inputs with a probability while training, each at all steps of a row.
            #[must_use]
            pub fn dropout(mut self, rate: f64) -> Self {
                self.settings.dropout = rate;
                self
            }

            /// The same layer with weights that start by other rules: the input's, the recurrent.
            #[must_use]
            pub fn init(mut self, init: Plug, recurrent_init: Plug) -> Self {
                self.settings.init = Some(init);
                self.settings.recurrent_init = Some(recurrent_init);
                self
            }
        }

        impl $crate::layers::recurrent::RecurrentLayer for $Name {
            fn name(&self) -> &'static str {
                Self::NAME
            }

            fn settings(&self) -> &$crate::layers::recurrent::Settings {
                &self.settings
            }

            fn walk(
                &self,
                trace: &mut Trace,
                steps: &Var,
                direction: tunesmith_autodiff::ops::recurrent::Direction,
                suffix: &str,
            ) -> Result<tunesmith_autodiff::ops::recurrent::Outputs, Error> {
                let $layer = self;
                let cell = ($cell, $biases);
                $crate::layers::recurrent::walk((trace, suffix), &self.settings, cell, steps, direction)
            }
        }

        impl Layer for $Name {
            fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
                $crate::layers::recurrent::forward(self, trace, input)
            }

            fn sample(&self) -> Sample {
                Sample::numbers([3, 2])
            }
        }

        register!(LayerEntry, $Name);
    };
}
pub(super) use recurrent_layer;

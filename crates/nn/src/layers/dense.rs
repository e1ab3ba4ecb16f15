//! Dense: every input to every output.

use crate::activation::activate;
use crate::plugin::*;

/// `activation(x W^T + b)`: Keras's `Dense`, PyTorch's `Linear` with an activation.
///
/// Input `[rows, ..., in]`, output `[rows, ..., units]` (half as many after a gated activation such as `glu`); parameters `weight` `[units, in]` and `bias` `[units]`.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::Dense};
/// let model = Sequential::new([2]).with(Dense::new(1));
/// // 3 * 1 + 4 * 2 + 5
/// assert_eq!(model.predict::<f64>(&[3.0, 4.0, 5.0], &[1.0, 2.0]), [16.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Dense {
    units: Count,
    activation: Plug,
    bias: bool,
    init: Plug,
    bias_init: Plug,
}

impl Dense {
    /// A layer with that many outputs, linear, weights by Glorot's uniform rule, biases zero.
    #[must_use]
    pub fn new(units: usize) -> Self {
        Self { units: Count::Fixed(units), ..Self::default() }
    }

    /// The same layer followed by an activation, by name.
    #[must_use]
    pub fn activation(mut self, name: &str) -> Self {
        self.activation = Plug::new(name);
        self
    }

    /// The same layer with weights that start by another rule.
    #[must_use]
    pub fn init(mut self, init: Plug) -> Self {
        self.init = init;
        self
    }

    /// The same layer without a bias.
    #[must_use]
    pub fn without_bias(mut self) -> Self {
        self.bias = false;
        self
    }
}

impl Default for Dense {
    fn default() -> Self {
        Self {
            units: Count::Fixed(32),
            activation: Plug::new("linear"),
            bias: true,
            init: Plug::new("glorot_uniform"),
            bias_init: Plug::new("zeros"),
        }
    }
}

impl Describe for Dense {
    const NAME: &'static str = "dense";
    const ABOUT: &'static str = "every input to every output, then an activation";
    const PARAMS: &'static [Param<Self>] = &[
        Param::count(
            "units",
            8,
            512,
            &["classes", "outputs"],
            |s: &mut Self| &mut s.units,
            "number of outputs",
        )
        .log()
        .valid(1.0, 1e7),
        Param::plug("activation", "activation", |s: &mut Self| &mut s.activation, "what follows the sum"),
        Param::switch("bias", |s: &mut Self| &mut s.bias, "whether a learnt constant is added"),
        Param::plug("init", "init", |s: &mut Self| &mut s.init, "how the weights start"),
        Param::plug("bias_init", "init", |s: &mut Self| &mut s.bias_init, "how the constant starts"),
    ];
}

impl Layer for Dense {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let shape = input.shape();
        let [lead @ .., features] = shape.dims() else {
            return Err(trace.error("dense needs inputs, found a single number"));
        };
        if lead.is_empty() || *features == 0 {
            return Err(
                trace.error(format!("dense needs rows with at least one input, found the shape {shape}"))
            );
        }
        let units = trace.count(&self.units)?;
        let rows = input.reshape([lead.iter().product(), *features]);
        let mut out = trace.product(&rows, "weight", units, &self.init);
        if self.bias {
            out = out + trace.param("bias", [units], &self.bias_init);
        }
        let out = activate(trace, &self.activation, &out)?;
        let made = out.shape().dims()[1];
        Ok(out.reshape([lead, &[made]].concat()))
    }

    fn forward_of_each(&self, trace: &mut Trace, trials: &[&dyn Layer], input: &Var) -> Result<Var, Error> {
        let trials = <dyn Layer>::all_of::<Self>(trials);
        let units = trials.iter().map(|dense| trace.count(&dense.units)).collect::<Result<Vec<_>, _>>()?;
        trace.same_of_each("number of units", &units)?;
        trace.same_of_each("activation", trials.iter().map(|dense| &dense.activation))?;
        trace.same_of_each("bias", trials.iter().map(|dense| dense.bias))?;
        let &[_, features] = input.shape().dims() else {
            let shape = input.shape();
            return Err(trace.error(format!("in a group dense takes [rows, features], found {shape}")));
        };
        let weight = trace.param_of_each("weight", &[units[0], features], &self.init);
        let mut out = trace.product_of_each(input, &weight);
        if self.bias {
            let bias = trace.param_of_each("bias", &[units[0]], &self.bias_init);
            out = trace.add_of_each(&out, &bias);
        }
        activate(trace, &self.activation, &out)
    }
}

register!(LayerEntry, Dense);

//! Highway (Srivastava et al. 2015): a dense layer with a learnt gate between what it makes and what it was given.

use tunesmith_nn::plugin::*;

/// `t f(x W^T + b) + (1 - t) x` with the gate `t = sigmoid(x V^T + c)`: deep networks that start near the identity.
///
/// Input and output `[rows, features]`; parameters `weight` and `gate_weight` `[features, features]`, `bias` and
/// `gate_bias` `[features]`, the last of which starts below zero.
///
/// Srivastava, Greff & Schmidhuber 2015, "Highway networks", arXiv:1505.00387, equation 3.
#[derive(Clone, Debug)]
pub struct Highway {
    /// What `f` is.
    pub activation: Plug,
    /// What the gate's bias starts as: the lower, the more of the input passes at first.
    pub gate_start: f64,
}

impl Default for Highway {
    fn default() -> Self {
        Self { activation: Plug::new("relu"), gate_start: -2.0 }
    }
}

impl Describe for Highway {
    const NAME: &'static str = "highway";
    const ABOUT: &'static str = "a dense layer with a gate between its result and its input";
    const SOURCE: &'static str = "Srivastava et al. 2015, arXiv:1505.00387";
    const PARAMS: &'static [Param<Self>] = &[
        Param::plug("activation", "activation", |s: &mut Self| &mut s.activation, "what follows the sum"),
        Param::float(
            "gate_start",
            -4.0,
            0.0,
            |s: &mut Self| &mut s.gate_start,
            "what the gate's bias starts as",
        )
        .rarely(),
    ];
}

impl Layer for Highway {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let shape = input.shape();
        let &[_, features] = shape.dims() else {
            return Err(trace.error(format!("highway needs [rows, features], found {shape}")));
        };
        let square = [features, features];
        let (weights, zeros) = (Plug::new("glorot_uniform"), Plug::new("zeros"));
        let start = Plug::new("constant").with("value", self.gate_start);
        let made = input.matmul_t(&trace.param("weight", square, &weights))
            + trace.param("bias", [features], &zeros);
        let gate = input.matmul_t(&trace.param("gate_weight", square, &weights))
            + trace.param("gate_bias", [features], &start);
        let (made, gate) = (trace.activate(&self.activation, &made)?, gate.sigmoid());
        Ok(input + &(gate * &(made - input)))
    }
}

register!(LayerEntry, Highway);

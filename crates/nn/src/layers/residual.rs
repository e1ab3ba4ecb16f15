//! Residual (He et al., 2015): a list of layers whose result is added to what went in.

use super::normalized::{channels_first, channels_last};
use super::sequential::one_after_another;
use crate::plugin::*;

/// `x + f(x)`, where `f` is a list of layers.
///
/// Input and output of any shape. With `project`, `x` goes through a learnt linear map where the shapes differ in the
/// last axis alone (a dense layer, `project.weight` `[out, in]`) or in the channels of an image alone (a convolution of
/// size one, `project.weight` `[out, in, 1, ...]`), with `project.bias` `[out]`. Parameters of `f` are named by place in
/// the list: `0.weight`.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_nn::Sequential;
/// let relu = Plug::new("activation").with("function", "relu").to_value();
/// let model = Sequential::from_plugs(&[Plug::new("residual").with("layers", vec![relu])], [2], None).unwrap();
/// assert_eq!(model.predict::<f64>(&[], &[-1.0, 3.0]), [-1.0, 6.0]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Residual {
    layers: Vec<Plug>,
    project: bool,
}

impl Describe for Residual {
    const NAME: &'static str = "residual";
    const ABOUT: &'static str = "a list of layers whose result is added to what went in";
    const SOURCE: &'static str = "He et al. 2015, arXiv:1512.03385";
    const PARAMS: &'static [Param<Self>] = &[
        Param::plugs("layers", "layer", |s: &mut Self| &mut s.layers, "the layers beside the short way"),
        Param::switch(
            "project",
            |s: &mut Self| &mut s.project,
            "whether a learnt map makes differing shapes fit",
        ),
    ];
}

impl Layer for Residual {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let out = one_after_another(trace, &self.layers, input)?;
        let (old, new) = (input.shape(), out.shape());
        if old == new {
            return Ok(input + out);
        }
        let differing: Vec<usize> = (0..old.dims().len().max(new.dims().len()))
            .filter(|&axis| old.dims().get(axis) != new.dims().get(axis))
            .collect();
        let last = old.dims().len() - 1;
        let same_rank = old.dims().len() == new.dims().len();
        let axis = match differing[..] {
            [axis] if self.project && same_rank && axis > 0 && (axis == last || axis == 1) => axis,
            _ => {
                let cure = match self.project {
                    true => {
                        "a projection changes the last axis or the channels alone; let its layers keep the others"
                    }
                    false => "let its last layer put out the shape that went in, or set project = true",
                };
                return Err(
                    trace.error(format!("what goes in is {old}, what its layers make of it {new}: {cure}"))
                );
            }
        };
        let (from, to) = (old.dims()[axis], new.dims()[axis]);
        trace.within("project", |trace| {
            let mut window = vec![to, from];
            if axis != last {
                window.resize(old.dims().len(), 1);
            }
            let weight = trace.param("weight", window, &Plug::new("glorot_uniform")).reshape([to, from]);
            let bias = trace.param("bias", [to], &Plug::new("zeros"));
            let x = if axis == last { input.clone() } else { channels_last(input) };
            let mut dims = x.shape().dims().to_vec();
            let rows = x.shape().numel() / from.max(1);
            dims[last] = to;
            let mapped = (x.reshape([rows, from]).matmul_t(&weight) + bias).reshape(dims);
            Ok(if axis == last { mapped } else { channels_first(&mapped) } + out)
        })
    }
}

register!(LayerEntry, Residual);

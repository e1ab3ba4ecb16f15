//! A layer with a buffer, for tests: takes off the mean of the batch, keeps a running mean for prediction.

use tunesmith_nn::plugin::*;

/// What of a batch's mean enters the running one.
pub(crate) const MOMENTUM: f64 = 0.1;

/// Takes the mean of each column off it; in prediction, its running mean.
#[derive(Clone, Debug, Default)]
pub(crate) struct Centre;

impl Describe for Centre {
    const NAME: &'static str = "centre";
    const ABOUT: &'static str = "takes the mean off each column";
    const PARAMS: &'static [Param<Self>] = &[];
}

impl Layer for Centre {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let columns = input.shape().dims()[1];
        let running = trace.buffer("running_mean", [columns], &Plug::new("zeros"));
        if !trace.training() {
            return Ok(input - &running);
        }
        let mean = input.mean_axis(0).reshape([columns]);
        trace.update(&running, &(running.affine(1.0 - MOMENTUM, 0.0) + mean.affine(MOMENTUM, 0.0)));
        Ok(input - &mean)
    }
}

//! What the normalisation layers share: a learnt scale and shift, channels moved behind the positions and back.

use crate::plugin::*;

/// `y * weight + bias`, both of a shape that broadcasts to that of `y` after `broadcast`.
pub(super) fn scaled(
    trace: &mut Trace,
    y: &Var,
    shape: &[usize],
    [weight, bias]: [bool; 2],
    broadcast: &[usize],
) -> Var {
    let mut out = y.clone();
    if weight {
        let ones = Plug::new("constant").with("value", 1.0);
        out = out * trace.param("weight", shape, &ones).reshape(broadcast);
    }
    if bias {
        out = out + trace.param("bias", shape, &Plug::new("zeros")).reshape(broadcast);
    }
    out
}

/// The channels of `[rows, channels, ...]`, or why there are none.
pub(super) fn channels_of(trace: &Trace, what: &str, input: &Var) -> Result<usize, Error> {
    match input.shape().dims() {
        [_, channels, positions @ ..] if *channels > 0 && !positions.contains(&0) => Ok(*channels),
        _ => {
            Err(trace.error(format!("{what} needs [rows, channels, ...], found the shape {}", input.shape())))
        }
    }
}

/// `[rows, channels, ...]` as `[rows, ..., channels]`.
pub(super) fn channels_last(input: &Var) -> Var {
    let axes: Vec<usize> = std::iter::once(0).chain(2..input.rank()).chain([1]).collect();
    input.permute(&axes)
}

/// `[rows, ..., channels]` as `[rows, channels, ...]`.
pub(super) fn channels_first(input: &Var) -> Var {
    let last = input.rank() - 1;
    let axes: Vec<usize> = [0, last].into_iter().chain(1..last).collect();
    input.permute(&axes)
}

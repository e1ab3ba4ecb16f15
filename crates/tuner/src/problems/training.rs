//! Problems that look like trainings: plateaus where nothing is learned, and cliffs beyond which a run diverges.

use tunesmith_core::{Params, Space};

use super::{Problem, float, int, log, log_int, read, reverse_log, square};

/// A training's loss over six usual settings, of our own design: a curved valley in rate and momentum, a plateau where
/// steps are too small, and no value at all where they are too large for the width.
pub(super) const TRAINING6: Problem = Problem::new("training6", training6_space, training6, 0.05);

/// The best rate lies at the very edge of divergence, and where the edge is depends on depth and clipping.
pub(super) const CLIFF3: Problem = Problem::new("cliff3", cliff3_space, cliff3, 0.0);

fn training6_space() -> Space {
    Space::new()
        .with("lr", log(1e-5, 10.0))
        .with("momentum", reverse_log(0.1, 0.999))
        .with("weight_decay", log(1e-7, 1.0))
        .with("width", log_int(8, 1024))
        .with("batch", log_int(8, 512))
        .with("dropout", float(0.0, 0.8))
}

fn training6(params: &Params) -> f64 {
    let rest = 1.0 - read(params, "momentum");
    let wider = (read(params, "width") / 256.0).log2();
    let larger = (read(params, "batch") / 64.0).log2();
    // The effective step, in decades: a batch of four times as many rows bears twice the rate.
    let step = (read(params, "lr") / rest).log10() - larger * 0.5 * std::f64::consts::LOG10_2;
    if step > 0.1 - 0.1 * wider {
        return f64::NAN;
    }
    let decay = (read(params, "weight_decay") / 1e-4).log10() - 0.2 * wider;
    let narrow = if wider < 0.0 { 0.06 } else { 0.01 };
    let cost = if step > -0.5 { 3.0 } else { 0.8 } * square(step + 0.5)
        + 0.15 * square((rest / 0.06).log10())
        + 0.05 * square(decay)
        + narrow * square(wider)
        + 0.02 * square(larger)
        + 1.5 * square(read(params, "dropout") - 0.15 - 0.04 * wider);
    0.05 + 0.85 * (1.0 - (-cost).exp())
}

fn cliff3_space() -> Space {
    Space::new().with("lr", log(1e-4, 10.0)).with("clip", log(1e-2, 100.0)).with("depth", int(1, 10))
}

fn cliff3(params: &Params) -> f64 {
    let clip = read(params, "clip").log10();
    let deeper = read(params, "depth") - 4.0;
    let gap = -0.4 - 0.1 * deeper - 0.15 * clip - read(params, "lr").log10();
    if gap < 0.0 { f64::NAN } else { 0.5 * gap + 0.1 * square(clip - 0.3) + 0.03 * square(deeper) }
}

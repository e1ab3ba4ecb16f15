//! The suites that every layer, activation, loss and initialiser passes; they walk the registry.
//!
//! A plug-in of another crate is checked by linking it and calling [`check_all`]: no list is edited.

use tunesmith_autodiff::{Feed, Graph, Runner, Var};
use tunesmith_core::parity::Numbers;
use tunesmith_core::{Entry, Generator, Plug, Seed, all, conform};
use tunesmith_tensor::Shape;

use crate::loss::probe::Probe;
use crate::{ActivationEntry, InitEntry, LayerEntry, Loss, LossEntry, Mode, Sequential, SideBySide, Targets};

/// Checks every linked plug-in of this crate's kinds; returns what is wrong, one line each.
///
/// ```
/// assert_eq!(tunesmith_nn::conform::check_all(), Vec::<String>::new());
/// ```
#[must_use]
pub fn check_all() -> Vec<String> {
    let mut wrong = conform::check_all();
    let mut run = |kind: &str, name: &str, found: Vec<String>| {
        wrong.extend(found.into_iter().map(|what| format!("{kind} `{name}`: {what}")));
    };
    for entry in all::<ActivationEntry>() {
        run("activation", entry.meta().name, activation(entry));
    }
    for entry in all::<LossEntry>() {
        run("loss", entry.meta().name, loss(entry));
    }
    for entry in all::<InitEntry>() {
        run("init", entry.meta().name, init(entry));
    }
    for entry in all::<LayerEntry>() {
        run("layer", entry.meta().name, layer(entry));
    }
    wrong
}

/// An activation keeps the shape, but for the last axis as it declares; it is finite far out, and its derivative is that
/// of its values.
#[must_use]
pub fn activation(entry: &ActivationEntry) -> Vec<String> {
    let mut wrong = Vec::new();
    let built = match entry.build(&Default::default(), "activation") {
        Ok(built) => built,
        Err(error) => return vec![error.to_string()],
    };
    let graph = Graph::new();
    let x = graph.param("x", [3, 8]);
    let declared = match built.features(8) {
        Ok(features) => Shape::from([3, features]),
        Err(because) => return vec![format!("does not take 8 features: it {because}")],
    };
    let y = built.apply(&x);
    if y.shape() != declared {
        return vec![format!("the shape {} becomes {}, not {declared} as declared", x.shape(), y.shape())];
    }
    // No kink lies on this grid, and it reaches where exponentials overflow.
    let grid: Vec<f64> = (0..24).map(|i| (f64::from(i) - 11.0) * 0.41 + 0.013).collect();
    wrong.extend(slope_matches(&graph, &(&y * &y).sum(), &grid));
    let far: Vec<f64> = (0..24).map(|i| (f64::from(i) - 12.0) * 75.0).collect();
    let values = &graph.evaluate(&[&(&y + 0.0 * x.sum())], &far)[0];
    if values.iter().any(|v| !v.is_finite()) {
        wrong.push("is not finite for arguments up to 900".into());
    }
    wrong
}

/// A loss is finite, parts of a batch add up to the whole, a row of weight two counts as two rows, and its derivative is
/// that of its values.
#[must_use]
pub fn loss(entry: &LossEntry) -> Vec<String> {
    let built = match entry.build(&Default::default(), "loss") {
        Ok(built) => built,
        Err(error) => return vec![error.to_string()],
    };
    let mut wrong = Vec::new();
    let Some(probe) = probe(&*built) else {
        return vec!["takes no predictions of [rows, 3], [rows, 2] or [rows, 4, 3]".into()];
    };
    let (whole, _) = probe.whole();
    if !whole.is_finite() {
        wrong.push(format!("has the value {whole}"));
    }
    let mut weighted = Probe { weights: Some(vec![2.0, 1.0, 1.0, 0.5]), ..probe.clone() };
    for probe in [&probe, &weighted] {
        let (whole, parts) = (probe.whole().0, probe.in_parts(1).0);
        if (whole - parts).abs() >= 1e-12 || parts.is_nan() {
            wrong.push(format!("parts of a batch add up to {parts}, the whole is {whole}"));
        }
    }
    wrong.extend(compare(&probe.prediction.values.clone(), &mut |values| {
        let prediction = Numbers { values: values.to_vec(), ..probe.prediction.clone() };
        Probe { prediction, ..probe.clone() }.whole()
    }));
    weighted.weights = Some(vec![2.0, 1.0, 1.0, 1.0]);
    let twice = |numbers: &Numbers| {
        let mut numbers = numbers.clone();
        let row = numbers.values.len() / 4;
        numbers.values.extend_from_within(..row);
        numbers.shape.iter_mut().take(1).for_each(|rows| *rows = 5);
        numbers
    };
    let repeated =
        Probe { prediction: twice(&probe.prediction), target: twice(&probe.target), ..probe.clone() };
    let (weighted, repeated) = (weighted.whole().0, repeated.whole().0);
    if (weighted - repeated).abs() >= 1e-12 || weighted.is_nan() {
        wrong.push(format!("with a row of weight two it is {weighted}, with that row twice {repeated}"));
    }
    wrong
}

/// Predictions that a loss takes, with targets of its kind, for four rows.
fn probe(loss: &dyn Loss) -> Option<Probe<'_>> {
    let mut generator = Seed::new(3).named("loss").generator();
    let mut draw = |shape: Vec<usize>, mut value: Box<dyn FnMut(&mut Generator) -> f64>| {
        let count = shape.iter().product::<usize>();
        Numbers { shape, values: (0..count).map(|_| value(&mut generator)).collect() }
    };
    for shape in [vec![4, 3], vec![4, 2], vec![4, 4, 3]] {
        // Predictions lie in (0, 1), where logits, numbers and probabilities all make sense.
        let prediction = draw(shape.clone(), Box::new(|g| g.uniform_in(0.1, 0.9)));
        let classes = shape[shape.len() - 1];
        let binary = |g: &mut Generator| f64::from(u8::from(g.chance(0.5)));
        let target = match loss.targets() {
            Targets::Classes => {
                draw(shape[..shape.len() - 1].to_vec(), Box::new(move |g| g.below(classes) as f64))
            }
            Targets::Binary => draw(shape, Box::new(binary)),
            Targets::Numbers => draw(shape, Box::new(|g| g.uniform_in(1.0, 2.0))),
            Targets::Flags => draw(vec![4], Box::new(binary)),
            Targets::Sequences => draw(vec![4, 2], Box::new(move |g| g.below(classes) as f64)),
            Targets::Nothing => Numbers::default(),
        };
        let probe = Probe { loss, prediction, target, weights: None, before: Var::clone };
        if probe.check().is_ok() {
            return Some(probe);
        }
    }
    None
}

/// An initialiser fills everything with finite numbers, the same for the same seed; empty tensors are fine.
#[must_use]
pub fn init(entry: &InitEntry) -> Vec<String> {
    let built = match entry.build(&Default::default(), "init") {
        Ok(built) => built,
        Err(error) => return vec![error.to_string()],
    };
    let mut wrong = Vec::new();
    for dims in [vec![], vec![5], vec![40, 30], vec![30, 40], vec![8, 3, 3, 3], vec![0, 4]] {
        let shape = Shape::from(dims);
        let draw = |seed: u64| {
            let mut out = vec![f64::NAN; shape.numel()];
            built.fill(&shape, &mut Seed::new(seed).generator(), &mut out);
            out
        };
        let (a, b) = (draw(1), draw(1));
        if a.iter().any(|x| !x.is_finite()) {
            wrong.push(format!("leaves something unfilled or not finite in {shape}"));
        } else if a != b {
            wrong.push(format!("fills {shape} differently from the same seed"));
        }
    }
    wrong
}

/// A layer with its defaults works on a batch of its sample: unique parameter names, the same parameters in training and
/// prediction, rows independent of each other in prediction, the derivative of its values by its parameters and by its
/// input, in prediction and in training, and in a group, if it can be in one, the values it has alone.
#[must_use]
pub fn layer(entry: &LayerEntry) -> Vec<String> {
    let name = entry.meta().name;
    let sample = match entry.build(&Default::default(), "layer") {
        Ok(layer) => layer.sample(),
        Err(error) => return vec![error.to_string()],
    };
    let model = match Sequential::from_plugs(&[Plug::new(name)], sample.shape, Some(3)) {
        Ok(model) => model,
        Err(error) => {
            return vec![format!("does not work on [rows, {}] with its defaults: {error}", sample.shape)];
        }
    };
    let mut wrong = Vec::new();
    let params = model.params();
    for (i, param) in params.iter().enumerate() {
        if params[..i].iter().any(|other| other.name == param.name) {
            wrong.push(format!("two parameters are called `{}`", param.name));
        }
    }
    let names = |mode| model.recorded(4, mode).1.params;
    if names(Mode::Training) != names(Mode::Prediction) {
        wrong.push("has other parameters in training than in prediction".into());
    }
    let slab = model.initial_params(1);
    let mut generator = Seed::new(5).named(name).generator();
    let width = sample.shape.numel();
    let mut drawn = || match sample.below {
        None => generator.normal(),
        Some(bound) => generator.below(bound) as f64,
    };
    let samples: Vec<f64> = (0..4 * width).map(|_| drawn()).collect();
    let together = model.predict(&slab, &samples);
    let apart: Vec<f64> = samples.chunks(width).flat_map(|sample| model.predict(&slab, sample)).collect();
    let far = |(a, b): (&f64, &f64)| (a - b).abs() > 1e-12 * (1.0 + b.abs());
    if together.len() != apart.len() || together.iter().zip(&apart).any(far) {
        wrong.push("predicts a row differently beside other rows".into());
    }
    for mode in [Mode::Prediction, Mode::Training] {
        wrong.extend(layer_slope(&model, mode, &slab, &samples, sample.below.is_none()));
    }
    wrong.extend(layer_in_group(&model, &samples));
    wrong
}

/// Two trials side by side put out what each puts out alone, with its own parameters and random numbers.
fn layer_in_group(model: &Sequential, samples: &[f64]) -> Option<String> {
    let Ok(group) = SideBySide::trace(&[model.clone(), model.clone()], 4) else { return None };
    let slabs = [1, 2].map(|seed| model.initial_params(seed));
    let (mut slab, mut start) = (Vec::new(), 0);
    for param in &group.params {
        let end = start + param.shape.numel();
        slabs.iter().for_each(|own| slab.extend(&own[start..end]));
        start = end;
    }
    let run = |graph: &Graph, output: &Var, feed: Feed<'_, f64>| {
        let mut runner = Runner::<f64>::new(graph.plan(&[&(output + &graph.scalar(0.0))]));
        runner.run(feed);
        runner.output(0).to_vec()
    };
    let feed = Feed { params: &slab, inputs: &[samples], indices: &[&[5, 6]], noise: 0 };
    let together = run(&group.graph, &group.output, feed);
    let width = together.len() / 8;
    for (trial, params) in slabs.iter().enumerate() {
        let traced = model.trace(4, Mode::Training);
        let feed = Feed { params, inputs: &[samples], indices: &[], noise: 5 + trial as u64 };
        let alone = run(&traced.graph, &traced.output, feed);
        let own = together.chunks(width.max(1)).skip(trial).step_by(2).flatten();
        let far = |(a, b): (&f64, &f64)| (a - b).abs() > 1e-12 * (1.0 + b.abs());
        if alone.len() != 4 * width || own.zip(&alone).any(far) {
            return Some("puts out other values in a group than alone".into());
        }
    }
    None
}

/// The derivative of a model's outputs by all it learns and, where that is asked, by its input.
fn layer_slope(
    model: &Sequential,
    mode: Mode,
    slab: &[f64],
    samples: &[f64],
    by_input: bool,
) -> Option<String> {
    let traced = model.trace(4, mode);
    let graph = &traced.graph;
    let weights: Vec<f64> =
        (0..traced.output.shape().numel()).map(|i| 1.0 + (i as f64 * 0.7).sin()).collect();
    let weighted = &traced.output * &graph.constant(traced.output.shape(), &weights);
    let loss = (&weighted * &traced.output).sum();
    let mut by = graph.param_vars();
    let learnt: usize = by.iter().map(|var| var.shape().numel()).sum();
    if by_input {
        by.push(traced.input.clone());
    }
    let slopes = graph.gradient(&loss, &by.iter().collect::<Vec<_>>());
    let slopes: Vec<Var> = slopes.iter().map(|slope| slope + &graph.scalar(0.0)).collect();
    let outputs: Vec<&Var> = std::iter::once(&loss).chain(&slopes).collect();
    let mut runner = Runner::<f64>::new(graph.plan(&outputs));
    let mut point = slab[..learnt].to_vec();
    if by_input {
        point.extend(samples);
    }
    compare(&point, &mut |point| {
        let params = [&point[..learnt], &slab[learnt..]].concat();
        let input = if by_input { &point[learnt..] } else { samples };
        runner.run(Feed { params: &params, inputs: &[input], ..Feed::default() });
        (runner.loss(), (1..outputs.len()).flat_map(|i| runner.output(i).to_vec()).collect())
    })
}

fn slope_matches(graph: &Graph, loss: &Var, point: &[f64]) -> Option<String> {
    let mut runner = Runner::<f64>::new(graph.plan_training(loss, &[]));
    let mut gradient = vec![0.0; point.len()];
    compare(point, &mut |params| {
        runner.run_training(Feed { params, ..Feed::default() }, &mut gradient);
        (runner.loss(), gradient.clone())
    })
}

/// A function's value and gradient at a point.
type ValueAndGradient<'a> = dyn FnMut(&[f64]) -> (f64, Vec<f64>) + 'a;

/// Compares a derivative with central differences.
fn compare(point: &[f64], at: &mut ValueAndGradient<'_>) -> Option<String> {
    let (_, gradient) = at(point);
    let mut moved = point.to_vec();
    let scale = gradient.iter().fold(1.0_f64, |m, g| m.max(g.abs()));
    for i in 0..point.len() {
        let h = 1e-5;
        moved[i] = point[i] + h;
        let above = at(&moved).0;
        moved[i] = point[i] - h;
        let below = at(&moved).0;
        moved[i] = point[i];
        let numeric = (above - below) / (2.0 * h);
        if (numeric - gradient[i]).abs() > 1e-6 * scale || gradient[i].is_nan() {
            return Some(format!("its derivative is {}, finite differences say {numeric}", gradient[i]));
        }
    }
    None
}

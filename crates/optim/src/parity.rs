//! PyTorch's optimizers, schedules and clipping, reproduced from fixture files.

use tunesmith_core::parity::{Arguments, Case, drop_switched_off, relative_error, worse};
use tunesmith_core::{Entry, Plug, Table, Value, find};
use tunesmith_tensor::{DType, Par};

use crate::{
    ClipByGlobalNorm, ClipByValue, GradientDescent, Layout, OptimizerEntry, Pace, Point, Rule, ScheduleEntry,
    clip_by_global_norm, clip_by_value,
};

pub use tunesmith_core::parity::Parity;

/// Runs one case of a fixture file (`optimizers`, `schedules` or `clipping`) in `f64`.
///
/// ```
/// use tunesmith_core::Value;
/// use tunesmith_optim::parity::{Parity, run_case};
/// let case: Value = serde_json::from_str(
///     r#"{"rule": "sgd", "hyperparameters": {"lr": 0.5}, "initial": [1.0], "gradients": [[2.0]], "after_step": [[0.0]]}"#,
/// ).unwrap();
/// assert_eq!(run_case("optimizers", &case), Parity::Error(0.0));
/// ```
#[must_use]
pub fn run_case(file_stem: &str, case: &Value) -> Parity {
    let error = Case::new(case).and_then(|case| match file_stem {
        "optimizers" => optimizer(case),
        "schedules" => schedule(case),
        "clipping" => clipping(case),
        other => Err(format!("no fixture file of optimizers is called `{other}`")),
    });
    error.into()
}

fn optimizer(case: Case<'_>) -> Result<f64, String> {
    let rule = case.text("rule")?;
    let entry = find::<OptimizerEntry>(rule, "rule").map_err(|error| error.to_string())?;
    let mut settings = Table::new();
    for (name, value) in case.arguments("hyperparameters")? {
        // PyTorch's tuples are settings of their own here.
        let names: &[&str] = match name.as_str() {
            "betas" => &["beta1", "beta2"],
            "etas" => &["etaminus", "etaplus"],
            "step_sizes" => &["step_size_min", "step_size_max"],
            "eps" if matches!(value, Value::List(_)) => &["eps1", "eps2"],
            _ => &[],
        };
        match value {
            Value::List(values) if values.len() == names.len() => {
                settings.extend(names.iter().map(|&name| name.to_owned()).zip(values));
            }
            value => {
                settings.insert(name, value);
            }
        }
    }
    drop_switched_off(&mut settings, &(entry.meta().specs)());
    if case.has("function") {
        return of_a_function(case, entry, settings);
    }
    let mut optimizer = entry.build(&settings, rule).map_err(|error| error.to_string())?;
    let mut initial = case.numbers("initial")?;
    let (gradients, after) = (case.list("gradients")?, case.list("after_step")?);
    if gradients.len() != after.len() || gradients.iter().any(|gradient| gradient.shape != initial.shape) {
        return Err("the case does not have one gradient like `initial` for each step".into());
    }
    optimizer.init(&Layout::packed([("value", initial.shape)]), DType::F64);
    let values = &mut initial.values;
    let mut largest = 0.0;
    for (gradient, after) in gradients.iter().zip(&after) {
        let step = optimizer.step(values, &[&gradient.values], Pace::default(), Par::Seq);
        step.map_err(|error| error.to_string())?;
        largest = worse(largest, relative_error(values, &after.values));
    }
    Ok(largest)
}

/// A rule that evaluates: the case names the function instead of gradients.
fn of_a_function(case: Case<'_>, entry: &OptimizerEntry, mut settings: Table) -> Result<f64, String> {
    const ROSENBROCK: &str = "0.01*sum(100*(x[i+1]-x[i]^2)^2+(1-x[i])^2)";
    let function = case.text("function")?;
    if function != ROSENBROCK {
        return Err(format!("no function here is `{function}`"));
    }
    if entry.meta().name == "lbfgs" {
        // PyTorch's defaults, where ours are others.
        settings.entry("line_search_fn".to_owned()).or_insert_with(|| "none".into());
        settings.entry("history_size".to_owned()).or_insert(Value::Int(100));
    }
    let mut optimizer = entry.build(&settings, "rule").map_err(|error| error.to_string())?;
    let mut initial = case.numbers("initial")?;
    let (losses, after) = (case.numbers("loss_before_step")?.values, case.list("after_step")?);
    if losses.len() != after.len() {
        return Err("the case does not have one loss for each step".into());
    }
    optimizer.init(&Layout::packed([("value", initial.shape)]), DType::F64);
    let mut largest = 0.0;
    for (loss, after) in losses.iter().zip(&after) {
        let values = &mut initial.values;
        let found = optimizer.step_with(values, &mut rosenbrock, Pace::default(), Par::Seq);
        let found = found.map_err(|error| error.to_string())?;
        largest = worse(largest, relative_error(&[found], &[*loss]));
        largest = worse(largest, relative_error(&initial.values, &after.values));
    }
    Ok(largest)
}

/// A hundredth of Rosenbrock's function of any number of variables.
fn rosenbrock(x: &[f64], gradient: &mut [f64]) -> f64 {
    gradient.fill(0.0);
    let mut value = 0.0;
    for i in 1..x.len() {
        let (rest, off) = (1.0 - x[i - 1], x[i] - x[i - 1] * x[i - 1]);
        value += 100.0 * off * off + rest * rest;
        gradient[i - 1] -= 2.0 * off * (2.0 * x[i - 1]) + 0.01 * (2.0 * rest);
        gradient[i] += 2.0 * off;
    }
    0.01 * value
}

/// PyTorch's schedulers are given the learning rate of the optimizer, except `OneCycleLR`, which is given the peak;
/// what they count are here both steps and epochs. Arguments that are not given have PyTorch's defaults.
fn schedule(case: Case<'_>) -> Result<f64, String> {
    let name = case.text("schedule")?;
    let mut arguments = Arguments::new(case.arguments("arguments")?);
    let theirs = case.numbers("lr")?.values;
    let mut lr = case.number("base_lr")?;
    let mut total = theirs.len() as f64;
    let mut plug = Plug::new(name);
    match name {
        "constant" => {
            plug = plug
                .with("factor", arguments.number("factor", Some(1.0 / 3.0))?)
                .with("epochs", arguments.number("total_iters", Some(5.0))?);
        }
        "step" => {
            plug = plug
                .with("step_size", arguments.number("step_size", None)?)
                .with("gamma", arguments.number("gamma", Some(0.1))?);
        }
        "exponential" => plug = plug.with("gamma", arguments.number("gamma", None)?),
        "cosine" => {
            total = arguments.number("T_max", None)?;
            plug = plug.with("eta_min", arguments.number("eta_min", Some(0.0))? / lr);
        }
        "one_cycle" => {
            lr = arguments.number("max_lr", None)?;
            total = match arguments.take("total_steps").and_then(|steps| steps.as_f64()) {
                Some(steps) => steps,
                None => arguments.number("epochs", None)? * arguments.number("steps_per_epoch", None)?,
            };
            for name in ["pct_start", "div_factor", "final_div_factor", "anneal_strategy"] {
                if let Some(value) = arguments.take(name) {
                    plug = plug.with(name, value);
                }
            }
            // These move the momentum, which is not compared.
            for name in ["cycle_momentum", "base_momentum", "max_momentum"] {
                arguments.take(name);
            }
        }
        "linear" => {
            plug = plug
                .with("start_factor", arguments.number("start_factor", Some(1.0 / 3.0))?)
                .with("end_factor", arguments.number("end_factor", Some(1.0))?)
                .with("epochs", arguments.number("total_iters", Some(5.0))?);
        }
        "polynomial" => {
            plug = plug
                .with("power", arguments.number("power", Some(1.0))?)
                .with("epochs", arguments.number("total_iters", Some(5.0))?);
        }
        "multi_step" => {
            plug = plug.with("gamma", arguments.number("gamma", Some(0.1))?);
            if let Some(milestones) = arguments.take("milestones") {
                plug = plug.with("milestones", milestones);
            }
        }
        "cosine_restarts" => {
            plug = plug
                .with("t_0", arguments.number("T_0", None)?)
                .with("t_mult", arguments.number("T_mult", Some(1.0))?)
                .with("eta_min", arguments.number("eta_min", Some(0.0))? / lr);
        }
        "cyclic" => {
            lr = arguments.number("max_lr", None)?;
            plug = plug.with("base_factor", arguments.number("base_lr", None)? / lr);
            plug = plug.with("gamma", arguments.number("gamma", Some(1.0))?);
            for name in ["step_size_up", "step_size_down", "mode"] {
                if let Some(value) = arguments.take(name) {
                    plug = plug.with(name, value);
                }
            }
            arguments.take("cycle_momentum");
        }
        other => return Err(format!("no schedule here is PyTorch's `{other}`")),
    }
    arguments.finish()?;
    let schedule = ScheduleEntry::make(&plug, name).map_err(|error| error.to_string())?;
    let point = |step: usize| Point { epoch: step as f64, ..Point::new(step, total as usize, total) };
    let ours: Vec<f64> = (0..theirs.len()).map(|step| lr * schedule.at(point(step))).collect();
    Ok(relative_error(&ours, &theirs))
}

/// Both forms, the function and the transform, must agree with PyTorch.
fn clipping(case: Case<'_>) -> Result<f64, String> {
    let flat =
        |key| Ok::<Vec<_>, String>(case.list(key)?.into_iter().map(|numbers| numbers.values).collect());
    let (gradients, theirs): (Vec<Vec<f64>>, _) = (flat("gradients")?, flat("clipped")?.concat());
    if case.has("norm_type") && case.number("norm_type")? != 2.0 {
        return Err("the norm here is the Euclidean one".into());
    }
    let mut clipped = gradients.clone();
    let mut slices: Vec<&mut [f64]> = clipped.iter_mut().map(Vec::as_mut_slice).collect();
    let mut largest = 0.0;
    let chain = match case.text("clip")? {
        "global_norm" => {
            let max_norm = case.number("max_norm")?;
            let norm = clip_by_global_norm(&mut slices, max_norm);
            if case.has("total_norm") {
                largest = relative_error(&[norm], &[case.number("total_norm")?]);
            }
            ClipByGlobalNorm::new(max_norm).into()
        }
        "value" => {
            let limit = case.number("clip_value")?;
            clip_by_value(&mut slices, limit);
            ClipByValue::new(limit).into()
        }
        other => return Err(format!("no clipping here is called `{other}`")),
    };
    largest = worse(largest, relative_error(&clipped.concat(), &theirs));

    // Descent from zero with rate -1 lands on the clipped gradient.
    let mut optimizer = GradientDescent { lr: -1.0 }.optimizer();
    optimizer.prepend(chain);
    let names = (0..gradients.len()).map(|i| format!("gradient {i}"));
    let layout = Layout::packed(names.zip(gradients.iter().map(|gradient| vec![gradient.len()])));
    optimizer.init(&layout, DType::F64);
    let mut values = vec![0.0; layout.len()];
    let step = optimizer.step(&mut values, &[&gradients.concat()], Pace::default(), Par::Seq);
    step.map_err(|error| error.to_string())?;
    Ok(worse(largest, relative_error(&values, &theirs)))
}

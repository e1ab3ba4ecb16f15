//! Reproducing PyTorch's numbers from fixture files; `cargo xtask parity` calls [`run_case`].

use tunesmith_core::{Plug, Table, Value};
use tunesmith_tensor::{DType, Par};

use crate::{
    ClipByGlobalNorm, ClipByValue, GradientDescent, Layout, OptimizerEntry, Pace, Point, Rule, ScheduleEntry,
    clip_by_global_norm, clip_by_value,
};

/// What became of one case.
#[derive(Clone, Debug, PartialEq)]
pub enum Parity {
    /// The largest relative error: the largest `max |ours - theirs| / max |theirs|` over the vectors of the case,
    /// where the divisor is at least 1e-12. NaN when ours is.
    Error(f64),
    /// The case is about something that is not here; why.
    Unsupported(String),
}

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
    let error = match file_stem {
        "optimizers" => optimizer(case),
        "schedules" => schedule(case),
        "clipping" => clipping(case),
        other => Err(format!("no fixture file of optimizers is called `{other}`")),
    };
    error.map_or_else(Parity::Unsupported, Parity::Error)
}

fn optimizer(case: &Value) -> Result<f64, String> {
    let rule = text(case, "rule")?;
    let mut plug = Plug::new(rule);
    for (name, value) in table(case, "hyperparameters")? {
        match (name.as_str(), value) {
            ("betas", Value::List(betas)) => {
                for (i, beta) in betas.iter().enumerate() {
                    plug = plug.with(&format!("beta{}", i + 1), beta.clone());
                }
            }
            _ => plug = plug.with(name, value.clone()),
        }
    }
    let mut optimizer = OptimizerEntry::make(&plug, rule).map_err(|error| error.to_string())?;
    let mut values = numbers(case, "initial")?;
    optimizer.init(&Layout::packed([("value", shape(field(case, "initial")?))]), DType::F64);
    let mut largest = 0.0;
    for (gradient, after) in list(case, "gradients")?.iter().zip(list(case, "after_step")?) {
        let step = optimizer.step(&mut values, &[&flat(gradient)?], Pace::default(), Par::Seq);
        step.map_err(|error| error.to_string())?;
        largest = worse(largest, relative_error(&values, &flat(after)?));
    }
    Ok(largest)
}

/// PyTorch's schedulers are given the learning rate of the optimizer, except `OneCycleLR`, which is given the peak;
/// what they count are here both steps and epochs.
fn schedule(case: &Value) -> Result<f64, String> {
    let (name, arguments) = (text(case, "schedule")?, table(case, "arguments")?);
    let number = |name: &str| arguments.get(name).and_then(Value::as_f64);
    let need = |name: &str| number(name).ok_or_else(|| format!("the case has no argument `{name}`"));
    let theirs = numbers(case, "lr")?;
    let mut lr = field(case, "base_lr")?.as_f64().ok_or("`base_lr` is not a number")?;
    let mut total = theirs.len() as f64;
    let mut plug = Plug::new(name);
    match name {
        "constant" => plug = plug.with("factor", need("factor")?).with("epochs", need("total_iters")?),
        "step" => plug = plug.with("step_size", need("step_size")?).with("gamma", need("gamma")?),
        "exponential" => plug = plug.with("gamma", need("gamma")?),
        "cosine" => {
            total = need("T_max")?;
            plug = plug.with("eta_min", number("eta_min").unwrap_or(0.0) / lr);
        }
        "one_cycle" => {
            if arguments.get("three_phase").and_then(Value::as_bool) == Some(true) {
                return Err("one_cycle has two phases".into());
            }
            lr = need("max_lr")?;
            total = need("total_steps")?;
            for name in ["pct_start", "div_factor", "final_div_factor", "anneal_strategy"] {
                if let Some(value) = arguments.get(name) {
                    plug = plug.with(name, value.clone());
                }
            }
        }
        "linear" if number("end_factor").is_none_or(|end| end == 1.0) => {
            plug = Plug::new("warmup")
                .with("start_factor", number("start_factor").unwrap_or(1.0 / 3.0))
                .with("steps", need("total_iters")?);
        }
        other => return Err(format!("no schedule here is PyTorch's `{other}`")),
    }
    let schedule = ScheduleEntry::make(&plug, name).map_err(|error| error.to_string())?;
    let point = |step: usize| Point { epoch: step as f64, ..Point::new(step, total as usize, total) };
    let ours: Vec<f64> = (0..theirs.len()).map(|step| lr * schedule.at(point(step))).collect();
    Ok(relative_error(&ours, &theirs))
}

/// Both forms, the function and the transform, must agree with PyTorch.
fn clipping(case: &Value) -> Result<f64, String> {
    let gradients = list(case, "gradients")?.iter().map(flat).collect::<Result<Vec<_>, _>>()?;
    let theirs = list(case, "clipped")?.iter().map(flat).collect::<Result<Vec<_>, _>>()?.concat();
    let mut clipped = gradients.clone();
    let mut slices: Vec<&mut [f64]> = clipped.iter_mut().map(Vec::as_mut_slice).collect();
    let mut largest = 0.0;
    let chain = match text(case, "clip")? {
        "global_norm" => {
            let max_norm = field(case, "max_norm")?.as_f64().ok_or("`max_norm` is not a number")?;
            let norm = clip_by_global_norm(&mut slices, max_norm);
            if let Some(total) = case.at("total_norm").and_then(Value::as_f64) {
                largest = worse(largest, relative_error(&[norm], &[total]));
            }
            ClipByGlobalNorm::new(max_norm).into()
        }
        "value" => {
            let limit = field(case, "clip_value")?.as_f64().ok_or("`clip_value` is not a number")?;
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

fn relative_error(ours: &[f64], theirs: &[f64]) -> f64 {
    if ours.len() != theirs.len() {
        return f64::INFINITY;
    }
    let size = theirs.iter().fold(1e-12, |size: f64, x| size.max(x.abs()));
    ours.iter().zip(theirs).fold(0.0, |error, (a, b)| worse(error, (a - b).abs() / size))
}

/// The larger error; NaN is larger than any.
fn worse(a: f64, b: f64) -> f64 {
    if a.is_nan() || a >= b { a } else { b }
}

fn field<'a>(case: &'a Value, name: &str) -> Result<&'a Value, String> {
    case.at(name).ok_or_else(|| format!("the case has no `{name}`"))
}

fn text<'a>(case: &'a Value, name: &str) -> Result<&'a str, String> {
    field(case, name)?.as_str().ok_or_else(|| format!("`{name}` is not a text"))
}

fn table<'a>(case: &'a Value, name: &str) -> Result<&'a Table, String> {
    field(case, name)?.as_table().ok_or_else(|| format!("`{name}` is not a table"))
}

fn list<'a>(case: &'a Value, name: &str) -> Result<&'a [Value], String> {
    match field(case, name)? {
        Value::List(list) => Ok(list),
        _ => Err(format!("`{name}` is not a list")),
    }
}

fn numbers(case: &Value, name: &str) -> Result<Vec<f64>, String> {
    flat(field(case, name)?)
}

/// The numbers of nested lists, in order.
fn flat(value: &Value) -> Result<Vec<f64>, String> {
    match value {
        Value::List(list) => list.iter().map(flat).collect::<Result<Vec<_>, _>>().map(|parts| parts.concat()),
        other => other.as_f64().map(|x| vec![x]).ok_or_else(|| format!("{other} is not a number")),
    }
}

/// The shape of nested lists.
fn shape(value: &Value) -> Vec<usize> {
    match value {
        Value::List(list) => {
            let inner = list.first().map(shape).unwrap_or_default();
            [vec![list.len()], inner].concat()
        }
        _ => Vec::new(),
    }
}

//! The suite every optimizer passes.

use tunesmith_core::{Entry as _, Plug, Scale, Seed, Shape, Table, Value, find};
use tunesmith_tensor::Par;

use super::probe::{bits, declared_bytes, load, normal, pace, save, take, walk};
use super::sparse::{known_rows, sparse_rows};
use super::{decay, momentum, variants};
use crate::problems::{self, Problem};
use crate::{Element, Group, Groups, Guard, Layout, Optimizer, OptimizerEntry, Pace, StateSpec, StepError};

/// Checks one optimizer with its defaults and with each setting, and each two, moved; returns what is wrong, one line
/// each.
#[must_use]
pub fn check_optimizer(entry: &OptimizerEntry) -> Vec<String> {
    let meta = entry.meta();
    let mut wrong = Vec::new();
    for table in variants(meta) {
        let subject = Subject { entry, table };
        for (promise, check) in CHECKS {
            // Large slabs take their time; whether threads matter does not hang on pairs of settings.
            if promise == THREADS && subject.table.len() > 1 {
                continue;
            }
            if let Err(what) = check(&subject) {
                let (name, table) = (meta.name, Value::from(subject.table.clone()));
                wrong.push(format!("optimizer `{name}` with {table}: {promise}: {what}"));
            }
        }
    }
    for problem in problems::all() {
        if let Err(what) = descends(entry, &problem) {
            wrong.push(format!("optimizer `{}` on the {}: {what}", meta.name, problem.name));
        }
    }
    wrong
}

pub(super) struct Subject<'a> {
    pub(super) entry: &'a OptimizerEntry,
    pub(super) table: Table,
}

impl Subject<'_> {
    pub(super) fn make<T: Element>(&self, layout: &Layout) -> Result<Box<dyn Optimizer>, String> {
        let mut optimizer = self.entry.build(&self.table, "conform").map_err(|error| error.to_string())?;
        optimizer.init(layout, T::DTYPE);
        Ok(optimizer)
    }
}

const THREADS: &str = "threads";

type Check = fn(&Subject<'_>) -> Result<(), String>;

const CHECKS: [(&str, Check); 14] = [
    ("parameters of any shape", |subject| both(subject, any_shape::<f32>, any_shape::<f64>)),
    ("stop, save, load, continue", |subject| both(subject, resumes::<f32>, resumes::<f64>)),
    ("order of parameters", |subject| both(subject, order::<f32>, order::<f64>)),
    ("a zero gradient", |subject| both(subject, zero::<f32>, zero::<f64>)),
    ("groups", |subject| both(subject, groups::<f32>, groups::<f64>)),
    ("huge and tiny gradients", |subject| both(subject, extremes::<f32>, extremes::<f64>)),
    ("size of state", |subject| both(subject, sizes::<f32>, sizes::<f64>)),
    ("gradients that are not finite", |subject| both(subject, refuses::<f32>, refuses::<f64>)),
    (THREADS, |subject| both(subject, threads::<f32>, threads::<f64>)),
    ("a group's factor of decay", |subject| both(subject, decay::check::<f32>, decay::check::<f64>)),
    ("a schedule of the momentum", |subject| both(subject, momentum::check::<f32>, momentum::check::<f64>)),
    ("shards", |subject| both(subject, shards::<f32>, shards::<f64>)),
    ("known rows", |subject| both(subject, known_rows::<f32>, known_rows::<f64>)),
    ("sparse rows", |subject| both(subject, sparse_rows::<f32>, sparse_rows::<f64>)),
];

fn both(subject: &Subject<'_>, single: Check, double: Check) -> Result<(), String> {
    single(subject).and_then(|()| double(subject))
}

pub(super) fn shapes() -> Layout {
    Layout::packed([
        ("scalar", vec![]),
        ("vector", vec![5]),
        ("empty", vec![0, 3]),
        ("matrix", vec![4, 3]),
        ("kernel", vec![2, 3, 2, 2]),
    ])
}

pub(super) fn same(what: &str, equal: bool) -> Result<(), String> {
    if equal { Ok(()) } else { Err(format!("{what} differ")) }
}

fn any_shape<T: Element>(subject: &Subject<'_>) -> Result<(), String> {
    for layout in [shapes(), Layout::packed([("empty", vec![0])]), Layout::default()] {
        let mut optimizer = subject.make::<T>(&layout)?;
        let mut values = normal::<T>(Seed::new(1), layout.len());
        let before = values.clone();
        walk(&mut *optimizer, &mut values, 1..4, Par::Seq)?;
        if values.iter().any(|x| !x.is_finite()) {
            return Err(format!("{values:?} after three steps"));
        }
        for segment in layout.segments().iter().filter(|segment| !segment.range.is_empty()) {
            if values[segment.range.clone()] == before[segment.range.clone()] {
                return Err(format!("`{}` did not move", segment.name));
            }
        }
    }
    Ok(())
}

fn resumes<T: Element>(subject: &Subject<'_>) -> Result<(), String> {
    let layout = shapes();
    let mut through = subject.make::<T>(&layout)?;
    let mut values = normal::<T>(Seed::new(1), layout.len());
    walk(&mut *through, &mut values, 1..6, Par::Seq)?;
    let (saved, mut resumed_values) = (save(&mut *through), values.clone());
    walk(&mut *through, &mut values, 6..11, Par::Seq)?;

    let mut resumed = subject.make::<T>(&layout)?;
    load(&mut *resumed, &saved)?;
    walk(&mut *resumed, &mut resumed_values, 6..11, Par::Seq)?;
    same("the values", bits(&values) == bits(&resumed_values))?;
    same("the states", save(&mut *through) == save(&mut *resumed))
}

fn order<T: Element>(subject: &Subject<'_>) -> Result<(), String> {
    let parts = [("a", vec![3, 7]), ("b", vec![10]), ("c", vec![]), ("d", vec![2, 2, 5])];
    let orders = [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]];
    let mut results: Vec<Vec<Vec<f64>>> = Vec::new();
    let (mut exact, mut searches) = (true, false);
    for order in orders {
        let layout = Layout::packed(order.map(|part| parts[part].clone()));
        let slab = |step: u64| {
            let part = |&part: &usize| {
                let size = parts[part].1.iter().product();
                normal::<T>(Seed::new(2).at(step).at(part as u64), size)
            };
            order.iter().map(part).collect::<Vec<_>>().concat()
        };
        let mut optimizer = subject.make::<T>(&layout)?;
        let mut values = slab(0);
        // A search of many directions makes so much of last digits that a second one has nothing to be compared.
        for step in 1..if optimizer.needs_closure() { 2 } else { 5 } {
            let stepped = take(&mut *optimizer, &mut values, &[&slab(step)], pace(step), Par::Seq);
            stepped.map_err(|error| error.to_string())?;
        }
        let mut by_part = vec![Vec::new(); parts.len()];
        for (&part, segment) in order.iter().zip(layout.segments()) {
            by_part[part] = values[segment.range.clone()].iter().map(|x| x.to_f64()).collect();
        }
        results.push(by_part);
        exact &= !optimizer.states().iter().any(StateSpec::is_global);
        searches |= optimizer.needs_closure();
    }
    // A number for the whole slab may come from sums over all parameters, and their order moves last digits.
    let tolerance = if exact { 0.0 } else { slack::<T>(searches) };
    let close = |a: &f64, b: &f64| (a - b).abs() <= tolerance * a.abs().max(1.0);
    let alike = |result: &Vec<Vec<f64>>| {
        result.iter().flatten().zip(results[0].iter().flatten()).all(|(a, b)| close(a, b))
    };
    same("the values", results.iter().all(alike))
}

fn zero<T: Element>(subject: &Subject<'_>) -> Result<(), String> {
    let layout = shapes();
    let mut optimizer = subject.make::<T>(&layout)?;
    let mut values = normal::<T>(Seed::new(1), layout.len());
    values[0] = T::ZERO;
    let before = values.clone();
    let stepped = take(&mut *optimizer, &mut values, &[&vec![T::ZERO; layout.len()]], pace(1), Par::Seq);
    stepped.map_err(|error| error.to_string())?;
    let mut settings = (subject.entry.meta().defaults)();
    settings.extend(subject.table.clone());
    let is_decay = |name: &str| name.contains("decay") || name == "lambd"; // as ASGD's paper and PyTorch call it
    let decays =
        settings.iter().any(|(name, value)| is_decay(name) && value.as_f64().is_some_and(|x| x > 0.0));
    for (&before, &after) in before.iter().zip(&values) {
        let towards_zero = (after - before).to_f64() * before.to_f64() < 0.0;
        if !(before == after || decays && towards_zero) {
            return Err(format!("{before} became {after}"));
        }
    }
    Ok(())
}

/// How far values may be apart that come from sums in another order: last digits, of which a search makes more.
fn slack<T: Element>(searches: bool) -> f64 {
    let epsilon = T::EPSILON.to_f64();
    if searches { epsilon.sqrt() } else { 64.0 * epsilon }
}

/// A parameter without decay stays where its gradient is zero; a frozen one stays whatever its gradient; and the others
/// move as if the frozen one were not there.
fn groups<T: Element>(subject: &Subject<'_>) -> Result<(), String> {
    let layout = shapes();
    let normals = |seed: u64| normal::<T>(Seed::new(seed), layout.len());
    let undecayed = Groups::new([Group { decay: 0.0, ..Group::default() }]).on(&layout);
    let mut optimizer = subject.make::<T>(&undecayed)?;
    let mut values = normals(1);
    let stepped = take(&mut *optimizer, &mut values, &[&vec![T::ZERO; layout.len()]], pace(1), Par::Seq);
    stepped.map_err(|error| error.to_string())?;
    same("values without decay and gradient", bits(&values) == bits(&normals(1)))?;

    let rest = layout.segments()[..3].iter().map(|segment| (segment.name.clone(), segment.shape.clone()));
    let rest = Layout::packed(rest);
    let frozen =
        ["matrix", "kernel"].map(|name| Group { pattern: name.into(), freeze: 1.0, ..Group::default() });
    let (mut whole, mut part) =
        (subject.make::<T>(&Groups::new(frozen).on(&layout))?, subject.make::<T>(&rest)?);
    let (mut values, mut part_values) = (normals(1), normals(1)[..rest.len()].to_vec());
    for step in 1..4 {
        let gradient = normals(step + 1);
        take(&mut *whole, &mut values, &[&gradient], pace(step), Par::Seq)
            .map_err(|error| error.to_string())?;
        let stepped = take(&mut *part, &mut part_values, &[&gradient[..rest.len()]], pace(step), Par::Seq);
        stepped.map_err(|error| error.to_string())?;
    }
    let (moved, still) = values.split_at(rest.len());
    same("frozen values", bits(still) == bits(&normals(1)[rest.len()..]))?;
    let tolerance = slack::<T>(whole.needs_closure()); // sums over all parameters have other terms, if only zeros
    let close = |(a, b): (&T, &T)| (*a - *b).abs().to_f64() <= tolerance * a.abs().to_f64().max(1.0);
    same("values beside frozen ones", moved.iter().zip(&part_values).all(close))
}

fn extremes<T: Element>(subject: &Subject<'_>) -> Result<(), String> {
    let layout = shapes();
    for size in [1e-30, 1e30] {
        let mut optimizer = subject.make::<T>(&layout)?;
        let mut values = normal::<T>(Seed::new(1), layout.len());
        for step in 1..6 {
            let gradient: Vec<T> = normal::<f64>(Seed::new(3).at(step), layout.len())
                .into_iter()
                .map(|x| T::from_f64(size * x))
                .collect();
            let stepped = take(&mut *optimizer, &mut values, &[&gradient], pace(step), Par::Seq);
            stepped.map_err(|error| error.to_string())?;
            if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                return Err(format!("{value} after step {step} with gradients of size {size:e}"));
            }
        }
    }
    Ok(())
}

fn sizes<T: Element>(subject: &Subject<'_>) -> Result<(), String> {
    let layout = shapes();
    let mut optimizer = subject.make::<T>(&layout)?;
    let declared = declared_bytes::<T>(&*optimizer, &layout);
    let reported = optimizer.state_bytes();
    let mut visited = 0;
    optimizer.visit(&mut |entry| {
        visited += match entry.data {
            crate::StateData::F32(data) => size_of_val(data),
            crate::StateData::F64(data) => size_of_val(data),
            crate::StateData::Count(_) => 0,
        };
    });
    if declared == reported && reported == visited {
        Ok(())
    } else {
        Err(format!("{declared} bytes declared, {reported} reported, {visited} visited"))
    }
}

fn refuses<T: Element>(subject: &Subject<'_>) -> Result<(), String> {
    let layout = shapes();
    let mut optimizer = subject.make::<T>(&layout)?;
    let mut values = normal::<T>(Seed::new(1), layout.len());
    walk(&mut *optimizer, &mut values, 1..3, Par::Seq)?;
    let (values_before, state_before) = (bits(&values), save(&mut *optimizer));
    for bad in [T::NAN, T::INFINITY, T::NEG_INFINITY] {
        let mut gradient = normal::<T>(Seed::new(4), layout.len());
        gradient[7] = bad; // inside the matrix
        match take(&mut *optimizer, &mut values, &[&gradient], pace(3), Par::Seq) {
            Err(StepError::NonFinite { segment, index: 7, .. }) if segment == "matrix" => {}
            other => return Err(format!("{other:?} for a gradient of {bad}")),
        }
        same("the values", bits(&values) == values_before)?;
        same("the states", save(&mut *optimizer) == state_before)?;
        let (mut along, mut moved) = (subject.make::<T>(&layout)?, values.clone());
        let pace = Pace { guard: Guard::Along, ..pace(3) };
        match take(&mut *along, &mut moved, &[&gradient], pace, Par::Seq) {
            Err(StepError::NonFinite { .. }) if moved.iter().all(|x| x.is_finite()) => {}
            other => {
                return Err(format!("{other:?} for a gradient of {bad}, found along the way: {moved:?}"));
            }
        }
    }
    Ok(())
}

/// Elements that make several tasks, not all of one size.
const MANY: usize = 150_001;

fn threads<T: Element>(subject: &Subject<'_>) -> Result<(), String> {
    let layout = Layout::packed([("weight", vec![MANY - 1]), ("bias", vec![1])]);
    let run = |par: Par| {
        let mut optimizer = subject.make::<T>(&layout)?;
        let mut values = normal::<T>(Seed::new(1), MANY);
        walk(&mut *optimizer, &mut values, 1..3, par)?;
        Ok::<_, String>((bits(&values), save(&mut *optimizer)))
    };
    same("the values", run(Par::Seq)? == run(Par::Rayon)?)
}

fn shards<T: Element>(subject: &Subject<'_>) -> Result<(), String> {
    let layout = shapes();
    let (mut one, mut three) = (subject.make::<T>(&layout)?, subject.make::<T>(&layout)?);
    let mut values = normal::<T>(Seed::new(1), layout.len());
    let mut sharded_values = values.clone();
    for step in 1..4 {
        let shards = [0, 1, 2].map(|shard| normal::<T>(Seed::new(5).at(step).at(shard), layout.len()));
        let sum: Vec<T> = (0..layout.len()).map(|i| shards[0][i] + shards[1][i] + shards[2][i]).collect();
        let slices = [&shards[0][..], &shards[1], &shards[2]];
        take(&mut *one, &mut values, &[&sum], pace(step), Par::Seq).map_err(|error| error.to_string())?;
        take(&mut *three, &mut sharded_values, &slices, pace(step), Par::Seq)
            .map_err(|error| error.to_string())?;
    }
    same("the values", bits(&values) == bits(&sharded_values))
}

/// Whether some learning rate of the rule's own range reaches the problem's goal.
fn descends(entry: &OptimizerEntry, problem: &Problem) -> Result<(), String> {
    let mut best = f64::INFINITY;
    for table in rates(entry)? {
        let optimizer = entry.build(&table, "conform").map_err(|error| error.to_string())?;
        if problem.noisy && optimizer.full_batch() {
            return Ok(()); // a gradient of all data has no noise
        }
        best = best.min(reached(&Subject { entry, table }, problem)?);
    }
    if best <= problem.goal { Ok(()) } else { Err(format!("reached {best}, the goal is {}", problem.goal)) }
}

/// Settings with learning rates all over the rule's own range, or over that of the rule inside it.
fn rates(entry: &OptimizerEntry) -> Result<Vec<Table>, String> {
    const RATES: usize = 13;
    let meta = entry.meta();
    let specs = (meta.specs)();
    if let Some(range) = specs.iter().find(|spec| spec.name == "lr").and_then(|spec| spec.range) {
        let table = |i| {
            let share = i as f64 / (RATES - 1) as f64;
            let lr = match range.scale {
                Scale::Log => range.low * (range.high / range.low).powf(share),
                _ => range.low + (range.high - range.low) * share,
            };
            [("lr".to_owned(), Value::Float(lr))].into()
        };
        return Ok((0..RATES).map(table).collect());
    }
    let Some(inner) = specs.iter().find(|spec| spec.shape == Shape::Plug { kind: "optimizer" }) else {
        return Ok(vec![Table::new()]);
    };
    let defaults = (meta.defaults)();
    let plug = defaults.get(inner.name).ok_or("the rule inside has no default")?;
    let plug = Plug::parse(plug, "optimizer", inner.name).map_err(|error| error.to_string())?;
    let inside = find::<OptimizerEntry>(&plug.name, inner.name).map_err(|error| error.to_string())?;
    let with = |rate: Table| {
        let plug = Plug { config: plug.config.clone().into_iter().chain(rate).collect(), ..plug.clone() };
        [(inner.name.to_owned(), plug.to_value())].into()
    };
    Ok(rates(inside)?.into_iter().map(with).collect())
}

/// The value after the problem's steps; infinite when the steps diverge.
fn reached(subject: &Subject<'_>, problem: &Problem) -> Result<f64, String> {
    let layout = Layout::packed([("x", vec![problem.start.len()])]);
    let mut optimizer = subject.make::<f64>(&layout)?;
    let (mut x, mut gradient) = (problem.start.to_vec(), vec![0.0; problem.start.len()]);
    let mut generator = Seed::new(6).generator();
    for step in 0..problem.steps {
        let progress = step as f64 / problem.steps as f64;
        let pace = Pace { scale: 1.0 - progress, progress, ..Pace::default() };
        let stepped = if optimizer.needs_closure() {
            // The same noise however often it is asked.
            let mut evaluate = |x: &[f64], gradient: &mut [f64]| {
                (problem.gradient)(x, gradient, &mut Seed::new(6).at(step as u64).generator());
                (problem.value)(x)
            };
            optimizer.step_with(&mut x, &mut evaluate, pace, Par::Seq).map(|_| ())
        } else {
            (problem.gradient)(&x, &mut gradient, &mut generator);
            optimizer.step(&mut x, &[&gradient], pace, Par::Seq)
        };
        if stepped.is_err() {
            return Ok(f64::INFINITY);
        }
    }
    let value = (problem.value)(&x);
    Ok(if value.is_nan() { f64::INFINITY } else { value })
}

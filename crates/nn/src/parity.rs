//! Reproduces fixtures of other frameworks: activations and losses.
//!
//! A case is a table as the fixture files hold it; what this crate does not have answers "unsupported".

use tunesmith_autodiff::{Feed, Graph, Runner, Var};
use tunesmith_core::{Plug, Table, Value};

use crate::Targets;
use crate::activation::find_activation;
use crate::loss::find_loss;

/// What running a case gave.
#[derive(Clone, Debug, PartialEq)]
pub enum Parity {
    /// The largest difference, relative to the largest number expected.
    Error(f64),
    /// This project has nothing of that name, or not with those arguments.
    Unsupported(String),
}

/// Runs one case of `activations` or `losses`.
#[must_use]
pub fn run_case(file: &str, case: &Value) -> Parity {
    let ran = match file {
        "activations" => activation(case),
        "losses" => loss(case),
        other => Err(format!("the file {other} is not of this crate")),
    };
    ran.map_or_else(Parity::Unsupported, Parity::Error)
}

fn text<'a>(case: &'a Value, key: &str) -> Result<&'a str, String> {
    case.at(key).and_then(Value::as_str).ok_or_else(|| format!("the case has no text `{key}`"))
}

/// Numbers of any nesting, row-major, with their shape.
fn numbers(case: &Value, key: &str) -> Result<(Vec<usize>, Vec<f64>), String> {
    fn walk(value: &Value, dims: &mut Vec<usize>, depth: usize, out: &mut Vec<f64>) {
        match value {
            Value::List(list) => {
                if dims.len() == depth {
                    dims.push(list.len());
                }
                list.iter().for_each(|item| walk(item, dims, depth + 1, out));
            }
            other => out.push(other.as_f64().unwrap_or(f64::NAN)),
        }
    }
    let value = case.at(key).ok_or_else(|| format!("the case has no `{key}`"))?;
    let (mut dims, mut out) = (Vec::new(), Vec::new());
    walk(value, &mut dims, 0, &mut out);
    Ok((dims, out))
}

/// The largest difference relative to the largest expected number.
fn difference(found: &[f64], expected: &[f64]) -> f64 {
    if found.len() != expected.len() {
        return f64::INFINITY;
    }
    let scale = expected.iter().fold(1e-12_f64, |m, x| m.max(x.abs()));
    let worst = found.iter().zip(expected).map(|(a, b)| if a == b { 0.0 } else { (a - b).abs() });
    worst.fold(0.0, |m: f64, d| if d.is_nan() { f64::NAN } else { m.max(d) }) / scale
}

fn activation(case: &Value) -> Result<f64, String> {
    let name = text(case, "activation")?;
    let plug = match name {
        "gelu_tanh" => Plug::new("gelu").with("approximate", "tanh"),
        name => Plug::new(name),
    };
    let activation = find_activation(&plug).map_err(|error| error.to_string())?;
    let (dims, x) = numbers(case, "x")?;
    let (_, y) = numbers(case, "y")?;
    let cotangent = match case.at("cotangent") {
        Some(_) => numbers(case, "cotangent")?.1,
        None => vec![1.0; x.len()],
    };
    let slope = numbers(case, if case.at("dx").is_some() { "dx" } else { "dy_dx" })?.1;
    let graph = Graph::new();
    let input = graph.param("x", dims.clone());
    let output = activation.apply(&input);
    let loss = (&output * &graph.constant(dims, &cotangent)).sum();
    let (found_y, found_slope) = run(&graph, &loss, &(output + 0.0 * &input), &x, &[]);
    Ok(difference(&found_y, &y).max(difference(&found_slope, &slope)))
}

fn loss(case: &Value) -> Result<f64, String> {
    let name = text(case, "loss")?;
    let config: Table = case.at("arguments").and_then(Value::as_table).cloned().unwrap_or_default();
    let loss =
        find_loss(&Plug { name: name.to_owned(), config }, "loss").map_err(|error| error.to_string())?;
    let (dims, prediction) = numbers(case, "prediction")?;
    let (target_dims, target) = numbers(case, "target")?;
    let graph = Graph::new();
    let input = graph.param("prediction", dims.clone());
    let labels: Vec<i64> = target.iter().map(|&t| t as i64).collect();
    let target = match loss.targets() {
        Targets::Classes => graph.index_input("target", target_dims),
        Targets::Binary | Targets::Numbers => graph.constant(target_dims, &target),
    };
    let fed: &[&[i64]] = if loss.targets() == Targets::Classes { &[&labels] } else { &[] };
    let value = loss.value(&input, &target, dims[0]);
    let (found, gradient) = run(&graph, &value, &(&value * 1.0 + 0.0 * input.sum()), &prediction, fed);
    let expected = [case.at("value").and_then(Value::as_f64).ok_or("the case has no value")?];
    Ok(difference(&found, &expected).max(difference(&gradient, &numbers(case, "gradient")?.1)))
}

/// An output and the gradient of a scalar by the parameters.
fn run(graph: &Graph, loss: &Var, output: &Var, params: &[f64], indices: &[&[i64]]) -> (Vec<f64>, Vec<f64>) {
    let mut runner = Runner::<f64>::new(graph.plan_training(loss, &[output]));
    let mut gradient = vec![0.0; params.len()];
    runner.run_training(Feed { params, indices, ..Feed::default() }, &mut gradient);
    (runner.output(1).to_vec(), gradient)
}

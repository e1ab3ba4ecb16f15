//! PyTorch's activations, losses and layers, reproduced from fixture files.

use tunesmith_autodiff::{Feed, Graph, Runner, Var};
use tunesmith_core::parity::{Case, drop_switched_off, relative_error, worse};
use tunesmith_core::{Entry, Plug, Table, Value, find};

use crate::layers::Dense;
use crate::{ActivationEntry, LossEntry, Mode, Sequential, Targets};

pub use tunesmith_core::parity::Parity;

/// Runs one case of a fixture file (`activations`, `losses` or `layers`) in `f64`.
#[must_use]
pub fn run_case(file_stem: &str, case: &Value) -> Parity {
    let error = Case::new(case).and_then(|case| match file_stem {
        "activations" => activation(case),
        "losses" => loss(case),
        "layers" => layer(case),
        other => Err(format!("no fixture file of models is called `{other}`")),
    });
    error.into()
}

/// PyTorch's name of a setting, where it is another one than here.
fn renamed(arguments: Table) -> Table {
    let name = |name: String| if name == "negative_slope" { "slope".to_owned() } else { name };
    arguments.into_iter().map(|(key, value)| (name(key), value)).collect()
}

fn activation(case: Case<'_>) -> Result<f64, String> {
    let mut plug = Plug::new(case.text("activation")?);
    plug.config = renamed(case.arguments("arguments")?);
    if plug.name == "gelu_tanh" {
        plug = Plug { name: "gelu".into(), ..plug }.with("approximate", "tanh");
    }
    let entry = find::<ActivationEntry>(&plug.name, "activation").map_err(|error| error.to_string())?;
    drop_switched_off(&mut plug.config, &(entry.meta().specs)());
    let activation = entry.build(&plug.config, "activation").map_err(|error| error.to_string())?;
    let x = case.numbers("x")?;
    if case.has("axis") && ![-1.0, x.shape.len() as f64 - 1.0].contains(&case.number("axis")?) {
        return Err("it works along the last axis here".into());
    }
    let cotangent = match case.has("cotangent") {
        true => case.numbers("cotangent")?.values,
        false => vec![1.0; x.values.len()],
    };
    if cotangent.len() != x.values.len() {
        return Err("`cotangent` and `x` differ in length".into());
    }
    let slope = case.numbers(if case.has("dx") { "dx" } else { "dy_dx" })?.values;
    let graph = Graph::new();
    let input = graph.param("x", x.shape.clone());
    let output = activation.apply(&input);
    let loss = (&output * &graph.constant(x.shape, &cotangent)).sum();
    // What is handed through has no kernel that puts it out; a zero added gives it one.
    let mut found = run(&graph, &loss, &(output + 0.0 * &input), &x.values, &[]);
    if plug.name == "hardsigmoid" {
        // PyTorch's derivative is the constant 1/6 rounded to 32 bits, in f64 too; ours is 1/6.
        found.1.iter_mut().for_each(|slope| *slope = f64::from(*slope as f32));
    }
    Ok(worse(relative_error(&found.0, &case.numbers("y")?.values), relative_error(&found.1, &slope)))
}

fn loss(case: Case<'_>) -> Result<f64, String> {
    let mut arguments = case.arguments("arguments")?;
    if arguments.get("reduction").and_then(Value::as_str) == Some("mean") {
        arguments.remove("reduction"); // all losses are means here
    }
    let entry = find::<LossEntry>(case.text("loss")?, "loss").map_err(|error| error.to_string())?;
    drop_switched_off(&mut arguments, &(entry.meta().specs)());
    let loss = entry.build(&arguments, "loss").map_err(|error| error.to_string())?;
    let (prediction, target) = (case.numbers("prediction")?, case.numbers("target")?);
    let labels: Vec<i64> = target.values.iter().map(|&label| label as i64).collect();
    let classes = loss.targets() == Targets::Classes;
    let fits = match &prediction.shape[..] {
        [] => false,
        [rows, classes_here] if classes => {
            target.shape == [*rows] && labels.iter().all(|label| (0..*classes_here as i64).contains(label))
        }
        shape => !classes && target.shape == shape,
    };
    if !fits {
        return Err(format!(
            "a target {:?} for a prediction {:?} is not used here",
            target.shape, prediction.shape
        ));
    }
    let graph = Graph::new();
    let input = graph.param("prediction", prediction.shape.clone());
    let target = match classes {
        true => graph.index_input("target", target.shape),
        false => graph.constant(target.shape, &target.values),
    };
    let fed: &[&[i64]] = if classes { &[&labels] } else { &[] };
    let value = loss.value(&input, &target, prediction.shape[0]);
    let found = run(&graph, &value, &(&value * 1.0 + 0.0 * input.sum()), &prediction.values, fed);
    let gradient = case.numbers("gradient")?.values;
    Ok(worse(relative_error(&found.0, &[case.number("value")?]), relative_error(&found.1, &gradient)))
}

/// An output and the gradient of a scalar by the parameters.
fn run(graph: &Graph, loss: &Var, output: &Var, params: &[f64], indices: &[&[i64]]) -> (Vec<f64>, Vec<f64>) {
    let mut runner = Runner::<f64>::new(graph.plan_training(loss, &[output]));
    let mut gradient = vec![0.0; params.len()];
    runner.run_training(Feed { params, indices, ..Feed::default() }, &mut gradient);
    (runner.output(1).to_vec(), gradient)
}

/// PyTorch's `Linear`; its weights have the same names and layouts here.
fn layer(case: Case<'_>) -> Result<f64, String> {
    let name = case.text("layer")?;
    if name != "linear" {
        return Err(format!("no layer here is PyTorch's `{name}`"));
    }
    let part = |key: &str, name: &str| {
        let table = case.value(key)?;
        Case::new(table)?.numbers(name).map_err(|why| format!("in `{key}` {why}"))
    };
    let inputs = case.list("inputs")?;
    let ([input], weight) = (&inputs[..], part("parameters", "weight")?) else {
        return Err("a linear layer has one input".into());
    };
    let (Some((features, lead)), &[units, ins]) = (input.shape.split_last(), &weight.shape[..]) else {
        return Err("`inputs` or `weight` is no matrix".into());
    };
    let cotangent = case.numbers("cotangent")?;
    if *features != ins || lead.is_empty() || cotangent.shape != [lead, &[units]].concat() {
        return Err(format!("a weight {:?} does not fit inputs {:?}", weight.shape, input.shape));
    }
    let bias = part("parameters", "bias").ok();
    if bias.as_ref().is_some_and(|bias| bias.shape != [units]) {
        return Err("the bias does not fit the weight".into());
    }
    let dense = Dense::new(units);
    let model = Sequential::new(&input.shape[1..]);
    let model = if bias.is_some() { model.with(dense) } else { model.with(dense.without_bias()) };
    let traced = model.trace(input.shape[0], Mode::Training);
    let graph = &traced.graph;
    let loss = (&traced.output * &graph.constant(cotangent.shape, &cotangent.values)).sum();
    let by = [vec![traced.input.clone()], graph.param_vars()].concat();
    let slopes = graph.gradient(&loss, &by.iter().collect::<Vec<_>>());
    let outputs: Vec<&Var> = [&traced.output].into_iter().chain(&slopes).collect();
    let mut runner = Runner::<f64>::new(graph.plan(&outputs));
    let params = [weight.values, bias.as_ref().map_or_else(Vec::new, |bias| bias.values.clone())].concat();
    runner.run(Feed { params: &params, inputs: &[&input.values], ..Feed::default() });

    let by_inputs = case.list("input_gradients")?;
    let mut expected = vec![case.numbers("output")?, by_inputs.into_iter().next().unwrap_or_default()];
    expected.push(part("parameter_gradients", "weight")?);
    if bias.is_some() {
        expected.push(part("parameter_gradients", "bias")?);
    }
    let errors =
        expected.iter().enumerate().map(|(i, numbers)| relative_error(runner.output(i), &numbers.values));
    Ok(errors.fold(0.0, worse))
}

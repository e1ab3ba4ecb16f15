//! PyTorch's activations, losses and layers, reproduced from fixture files.

use tunesmith_autodiff::ops::attention::Attend;
use tunesmith_autodiff::{Feed, Graph, Runner, Var};
use tunesmith_core::parity::{Arguments, Case, drop_switched_off, relative_error, worse};
use tunesmith_core::{Entry, Plug, Table, Value, find};

use crate::loss::probe::Probe;
use crate::{ActivationEntry, LossEntry, Mode, Sequential};

pub use tunesmith_core::parity::Parity;

/// Runs one case of a fixture file (`activations`, `losses`, `layers`, `more_` of each, or `attention`) in `f64`.
#[must_use]
pub fn run_case(file_stem: &str, case: &Value) -> Parity {
    let error = Case::new(case).and_then(|case| match file_stem.strip_prefix("more_").unwrap_or(file_stem) {
        "activations" => activation(case),
        "losses" => loss(case),
        "attention" if case.text("layer")? == "scaled_dot_product_attention" => attention(case),
        "layers" | "attention" => layer(case),
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
    let slope = case.numbers(if case.has("dx") { "dx" } else { "dy_dx" })?.values;
    activation.features(x.shape.last().copied().unwrap_or(0))?;
    let graph = Graph::new();
    let input = graph.param("x", x.shape);
    let output = activation.apply(&input);
    let cotangent = match case.has("cotangent") {
        true => case.numbers("cotangent")?.values,
        false => vec![1.0; output.shape().numel()],
    };
    if cotangent.len() != output.shape().numel() {
        return Err(format!("`cotangent` does not fit an output of {}", output.shape()));
    }
    let loss = (&output * &graph.constant(output.shape(), &cotangent)).sum();
    // What is handed through has no kernel that puts it out; a zero added gives it one.
    let mut found = run(&graph, &loss, &(output + 0.0 * input.sum()), &x.values);
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
    let name = match case.text("loss")? {
        "hinge_pm1" => "hinge",
        name => name,
    };
    let entry = find::<LossEntry>(name, "loss").map_err(|error| error.to_string())?;
    drop_switched_off(&mut arguments, &(entry.meta().specs)());
    let loss = entry.build(&arguments, "loss").map_err(|error| error.to_string())?;
    let optional = |key: &str| case.has(key).then(|| case.numbers(key)).transpose();
    let probe = Probe {
        loss: &*loss,
        prediction: case.numbers("prediction")?,
        target: optional("target")?.unwrap_or_default(),
        weights: optional("sample_weight")?.map(|weights| weights.values),
        // The fixtures hold logits for these too.
        before: if ["nll", "kl_div"].contains(&name) { Var::log_softmax } else { Var::clone },
    };
    probe.check()?;
    let (value, gradient) = (case.number("value")?, case.numbers("gradient")?.values);
    // A batch in two parts is held to the same numbers.
    let found = [probe.whole(), probe.in_parts(probe.prediction.shape[0] / 3)];
    let error = |found: &(f64, Vec<f64>)| {
        worse(relative_error(&[found.0], &[value]), relative_error(&found.1, &gradient))
    };
    Ok(worse(error(&found[0]), error(&found[1])))
}

/// An output and the gradient of a scalar by the parameters.
fn run(graph: &Graph, loss: &Var, output: &Var, params: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut runner = Runner::<f64>::new(graph.plan_training(loss, &[output]));
    let mut gradient = vec![0.0; params.len()];
    runner.run_training(Feed { params, ..Feed::default() }, &mut gradient);
    (runner.output(1).to_vec(), gradient)
}

/// PyTorch's attention without a layer around it, from queries, keys and values side by side and which keys count.
fn attention(case: Case<'_>) -> Result<f64, String> {
    let mut arguments = Arguments::new(case.arguments("arguments")?);
    let heads = arguments.number("heads", None)? as usize;
    let causal = arguments.take("causal").is_some_and(|causal| causal == Value::Bool(true));
    arguments.finish()?;
    let inputs = case.list("inputs")?;
    let [packed, counts] = &inputs[..] else { return Err("`inputs` are packed and counts".into()) };
    let units = match packed.shape[..] {
        [rows, positions, all] if all % 3 == 0 && counts.shape == [rows, positions] => all / 3,
        _ => return Err(format!("{:?} and {:?} do not fit", packed.shape, counts.shape)),
    };
    if heads == 0 || units == 0 || units % heads != 0 {
        return Err(format!("{heads} heads do not divide {units} units"));
    }
    let graph = Graph::new();
    let input = graph.param("packed", packed.shape.clone());
    let counts = graph.constant(counts.shape.clone(), &counts.values);
    let output = input.attention(Attend::heads(heads).causal(causal), Some(&counts));
    let cotangent = case.numbers("cotangent")?;
    if output.shape().dims() != cotangent.shape {
        return Err(format!("the output is {:?} there, {} here", cotangent.shape, output.shape()));
    }
    let loss = (&output * &graph.constant(cotangent.shape, &cotangent.values)).sum();
    let found = run(&graph, &loss, &output, &packed.values);
    let by_input = case.list("input_gradients")?.into_iter().next().unwrap_or_default();
    let error = relative_error(&found.0, &case.numbers("output")?.values);
    Ok(worse(error, relative_error(&found.1, &by_input.values)))
}

/// What a fixture's layer is called here, with the settings its arguments become.
fn layer_plug(case: Case<'_>) -> Result<(Plug, Mode), String> {
    let name = case.text("layer")?;
    let mut arguments = case.arguments("arguments")?;
    let shape = |name: &str| -> Result<Vec<usize>, String> {
        Ok(Case::new(case.value("parameters")?)?.numbers(name)?.shape)
    };
    let (here, mode) = match name {
        "batch_norm2d_train" => ("batch_norm", Mode::Training),
        "batch_norm1d_eval" => ("batch_norm", Mode::Prediction),
        "linear" => ("dense", Mode::Training),
        "rnn_tanh" => ("simple_rnn", Mode::Training),
        "lstm_bidirectional" => ("bidirectional", Mode::Training),
        "transformer_encoder_layer_prenorm" => ("transformer_encoder_layer", Mode::Training),
        other => (other, Mode::Training),
    };
    // What buffers start as is fed, not set.
    arguments.retain(|name, _| !name.starts_with("running_"));
    let mut plug = Plug { name: here.to_owned(), config: arguments };
    let units = |gates: usize| Ok::<_, String>(shape("weight_hh_l0")?[0] / gates);
    plug = match name {
        "linear" => plug.with("units", shape("weight")?[0]),
        "conv1d" | "conv2d" => plug.with("filters", shape("weight")?[0]),
        "embedding" => {
            let table = shape("weight")?;
            plug.with("vocabulary", table[0]).with("units", table[1])
        }
        "lstm" => plug.with("units", units(4)?).with("return_sequences", true),
        "gru" => plug.with("units", units(3)?).with("return_sequences", true),
        "rnn_tanh" => plug.with("units", units(1)?).with("return_sequences", true),
        "lstm_bidirectional" => {
            let lstm = Plug::new("lstm").with("units", units(4)?).with("return_sequences", true);
            plug.with("layer", lstm.to_value())
        }
        // That one was made with PyTorch's `activation="gelu"`.
        "transformer_encoder_layer_prenorm" => {
            plug.with("norm_first", true).with("dropout", 0.0).with("activation", "gelu")
        }
        _ => plug,
    };
    Ok((plug, mode))
}

/// One of PyTorch's layers: output, gradients of its input and its parameters, buffers after a training step. The names
/// and the layouts of its parameters are the same here.
fn layer(case: Case<'_>) -> Result<f64, String> {
    let (plug, mode) = layer_plug(case)?;
    let inputs = case.list("inputs")?;
    let input = inputs.first().ok_or("a layer has an input")?;
    let (Some((&rows, sample)), cotangent) = (input.shape.split_first(), case.numbers("cotangent")?) else {
        return Err("`inputs` is a single number".into());
    };
    if rows == 0 {
        return Err("`inputs` has no rows".into());
    }
    let model =
        Sequential::from_plugs(std::slice::from_ref(&plug), sample, None).map_err(|e| e.to_string())?;
    model.check_samples(&input.values).map_err(|e| e.to_string())?;
    let given = Case::new(case.value("parameters")?)?;
    let after = Case::new(case.value("buffers_after")?)?;
    let by_parameter = Case::new(case.value("parameter_gradients")?)?;
    let arguments = case.arguments("arguments")?;

    let (mut slab, mut expected) = (Vec::new(), vec![case.numbers("output")?.values]);
    // There is none by indices.
    let by_input = case.list("input_gradients").ok().and_then(|list| list.into_iter().next());
    expected.extend(by_input.as_ref().map(|g| g.values.clone()));
    let params = model.params();
    for param in &params {
        let name = param.name.strip_prefix("0.").unwrap_or(&param.name);
        let count = param.shape.numel();
        if param.learnt {
            let numbers = given.numbers(name)?;
            if numbers.shape != param.shape.dims() {
                return Err(format!("`{name}` is {:?} there, {} here", numbers.shape, param.shape));
            }
            slab.extend(numbers.values);
            expected.push(by_parameter.numbers(name)?.values);
        } else {
            let start = match arguments.get(name).and_then(Value::as_f64) {
                Some(start) => start,
                None => f64::from(u8::from(name == "running_var")),
            };
            slab.extend(vec![start; count]);
        }
    }
    let traced = model.trace(rows, mode);
    let graph = &traced.graph;
    if traced.output.shape().dims() != cotangent.shape {
        return Err(format!("the output is {:?} there, {} here", cotangent.shape, traced.output.shape()));
    }
    let loss = (&traced.output * &graph.constant(cotangent.shape, &cotangent.values)).sum();
    let input_var = by_input.map(|_| traced.input.clone());
    let by: Vec<Var> = input_var.into_iter().chain(graph.param_vars()).collect();
    let slopes = graph.gradient(&loss, &by.iter().collect::<Vec<_>>());
    // What is handed through has no kernel that puts it out; a zero added gives it one.
    let outputs: Vec<Var> =
        std::iter::once(&traced.output).chain(&slopes).map(|v| v + &graph.scalar(0.0)).collect();
    let mut runner = Runner::<f64>::new(graph.plan(&outputs.iter().collect::<Vec<_>>()));
    runner.run(Feed { params: &slab, inputs: &[&input.values], ..Feed::default() });
    let errors = expected.iter().enumerate().map(|(i, numbers)| relative_error(runner.output(i), numbers));
    let mut error = errors.fold(0.0, worse);

    runner.update(&mut slab);
    let mut at = 0;
    for param in &params {
        let count = param.shape.numel();
        if !param.learnt {
            let wanted = after.numbers(param.name.strip_prefix("0.").unwrap_or(&param.name))?;
            error = worse(error, relative_error(&slab[at..at + count], &wanted.values));
        }
        at += count;
    }
    Ok(error)
}

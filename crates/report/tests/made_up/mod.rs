//! Studies and runs that look real: Optuna-like searches over a digits recipe, with a simulated training in place of a
//! real one. The same seed gives the same study.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use tunesmith_core::{Condition, Dimension, Domain, Flow, Reporter, Scale, Seed, Space, Test};
use tunesmith_report::{Confusion, EpochRow, ModelSummary, Prediction, Reproduce, RunInput, StudyInput};
use tunesmith_tuner::pruners::Median;
use tunesmith_tuner::samplers::Tpe;
use tunesmith_tuner::{Budget, Direction, Outcome, Study, TrialRecord, TrialRun, TrialState};

const EPOCHS: u64 = 30;

/// The search of the digits recipe: 1-3 dense layers, dropout, L2, three optimizers with ranges of their own.
pub(crate) fn space() -> Space {
    let float = |low, high, scale| Domain::float(low, high, scale, None).unwrap();
    let repeat = "model.layers.0.repeat.times";
    let mut space = Space::new().with(repeat, Domain::int(1, 3, Scale::Linear, 1).unwrap());
    for copy in 1..=3 {
        for (setting, domain) in [
            ("0.dense.units", Domain::int(16, 256, Scale::Log, 1).unwrap()),
            ("0.dense.activation", Domain::choice(["relu", "tanh", "sigmoid"]).unwrap()),
            ("1.dropout.rate", float(0.0, 0.5, Scale::Linear)),
        ] {
            space.push(Dimension {
                key: format!("model.layers.0.copy{copy}.{setting}"),
                domain,
                when: vec![Condition { key: repeat.into(), test: Test::AtLeast(copy) }],
            });
        }
    }
    let optimizer = "training.optimizer";
    space = space.with(optimizer, Domain::choice(["sgd", "adagrad", "adam"]).unwrap());
    for (name, low, high) in [("sgd", 1e-4, 1.0), ("adagrad", 1e-4, 1.0), ("adam", 1e-5, 1e-1)] {
        space = space.with_child(
            &format!("{optimizer}.{name}.lr"),
            float(low, high, Scale::Log),
            optimizer,
            name,
        );
    }
    space.with("training.regularize.l2", float(1e-6, 1e-2, Scale::Log))
}

/// How a training of these settings would go: the accuracy it tends to, how fast, and whether it survives.
struct Fate {
    limit: f64,
    speed: f64,
    diverges: bool,
}

fn fate(trial: &TrialRun<'_>) -> Fate {
    let number = |key: &str| trial.params()[key].as_f64().unwrap();
    let copies = number("model.layers.0.repeat.times") as usize;
    let mut loss = 0.010 + [0.006, 0.0, 0.003][copies - 1];
    let mut speed = 0.5;
    for copy in 1..=copies {
        let key = |setting: &str| format!("model.layers.0.copy{copy}.{setting}");
        // Wider is better up to the end of the range and beyond.
        let narrow = (256.0 / number(&key("0.dense.units"))).ln() / 16.0_f64.ln();
        loss += 0.030 * narrow.powf(1.5) / copies as f64;
        match trial.params()[&key("0.dense.activation")].as_str() {
            Some("sigmoid") => {
                loss += 0.03;
                speed *= 0.6;
            }
            Some("tanh") => loss += 0.003,
            _ => {}
        }
        loss += 0.04 * (number(&key("1.dropout.rate")) - 0.15).powi(2);
    }
    loss += 0.0008 * (number("training.regularize.l2").log10() + 4.0).powi(2);
    let optimizer = trial.params()["training.optimizer"].as_str().unwrap();
    let lr = number(&format!("training.optimizer.{optimizer}.lr"));
    let (right, bad) = match optimizer {
        "sgd" => (0.2_f64, 0.010),
        "adagrad" => (0.04, 0.006),
        _ => (0.006, 0.0),
    };
    let away = (lr / right).log10();
    loss += bad + 0.012 * away.powi(2);
    speed *= (lr / right).powf(0.6).clamp(0.03, 1.6);
    let limit = (1.0 - loss).clamp(0.1, 0.995);
    let diverges = (optimizer == "sgd" && lr > 0.45) || (optimizer == "adam" && lr > 0.06);
    Fate { limit, speed, diverges }
}

fn train(trial: &mut TrialRun<'_>) -> Outcome {
    let Fate { limit, speed, diverges } = fate(trial);
    let mut random = trial.seed().named("noise").generator();
    let limit = limit + 0.0015 * random.normal();
    if trial.number() == 17 {
        return Outcome::Failed {
            reason: "a row of the batch holds text where a number should be: \"n/a\" (row 1204)".into(),
        };
    }
    let mut reached = 0.0_f64;
    for epoch in 0..EPOCHS {
        if diverges && epoch == 2 + trial.number() % 3 {
            return Outcome::Diverged { step: epoch, reason: "the loss is not a number".into() };
        }
        let t = (epoch + 1) as f64;
        let accuracy = limit - (limit - 0.1) * (-speed * t.powf(0.75) * 1.6).exp();
        reached = (accuracy + 0.0022 * random.normal() * (1.0 - t / 45.0)).clamp(0.05, 0.999);
        // Accuracies are shares of 287 validation samples.
        reached = (reached * 287.0).round() / 287.0;
        if trial.report(epoch, reached) == Flow::Stop {
            return Outcome::Pruned;
        }
    }
    Outcome::Complete(reached)
}

/// A finished search with times as a real one would have.
pub(crate) fn trials(seed: u64, count: u64) -> Vec<TrialRecord> {
    let pruner = Median { n_warmup_steps: 4, ..Median::default() };
    let study = Study::maximize(space()).sampler(Tpe::default()).pruner(pruner).seed(seed).open().unwrap();
    study.optimize(train, &Budget::trials(count)).unwrap();
    let mut trials = study.trials();
    let mut clock = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
    for trial in &mut trials {
        let seconds = 0.11 * trial.reports.len() as f64 + 0.08;
        trial.started = Some(clock);
        clock += Duration::from_secs_f64(seconds);
        trial.finished = Some(clock);
    }
    trials
}

/// What a study's page is made of.
pub(crate) fn study<'a>(space: &'a Space, trials: &'a [TrialRecord]) -> StudyInput<'a> {
    let mut input = StudyInput::new("digits", "accuracy", Direction::Maximize, space, trials);
    input.seconds = 0.055 * trials.iter().map(|trial| trial.reports.len()).sum::<usize>() as f64 + 2.0;
    input.winner = input.best().map(winner);
    input.reproduce = reproduce("tunesmith tune examples/digits.toml --seed 7");
    input
}

fn reproduce(command: &str) -> Reproduce {
    Reproduce {
        command: command.into(),
        seed: Some(7),
        versions: vec![
            ("tunesmith".into(), "0.1.0".into()),
            ("processor".into(), "x86_64, AVX-512, 2 threads".into()),
        ],
        data: Some("digits, 1797 rows, 64 columns, sha256 5f1e…c09a".into()),
        when: Some("23 November 2026, 14:05".into()),
    }
}

/// The winner of a search trained again.
fn winner(best: &TrialRecord) -> RunInput {
    let text = |key: &str| best.params[key].to_string();
    let copies = best.params["model.layers.0.repeat.times"].as_i64().unwrap();
    let mut layers = String::new();
    for copy in 1..=copies {
        let at = format!("model.layers.0.copy{copy}");
        layers.push_str(&format!(
            "  {{ dense = {{ units = {}, activation = \"{}\" }} }},\n  {{ dropout = {{ rate = {} }} }},\n",
            text(&format!("{at}.0.dense.units")),
            text(&format!("{at}.0.dense.activation")),
            text(&format!("{at}.1.dropout.rate")),
        ));
    }
    let mut rows = Vec::new();
    let (mut inputs, mut params) = (64, 0);
    for copy in 1..=copies + 1 {
        let units = best.params.get(&format!("model.layers.0.copy{copy}.0.dense.units"));
        let units = units.filter(|_| copy <= copies).and_then(|units| units.as_i64()).unwrap_or(10);
        let learnt = (inputs + 1) * units;
        let shape = format!("(rows, {units})");
        for (layer, learnt) in
            [("dense", learnt), ("dropout", 0)].into_iter().take(if copy <= copies { 2 } else { 1 })
        {
            rows.push(vec![format!("{}. {layer}", rows.len() + 1), shape.clone(), learnt.to_string()]);
        }
        (inputs, params) = (units, params + learnt);
    }
    let optimizer = text("training.optimizer");
    let lr = text(&format!("training.optimizer.{optimizer}.lr"));
    let mut run = run();
    run.recipe_toml = RECIPE
        .replace("LAYERS", &layers)
        .replace("OPTIMIZER", &format!("{{ {optimizer} = {{ lr = {lr} }} }}"))
        .replace("L2", &text("training.regularize.l2"));
    run.summary.rows = rows;
    run.summary.notes = vec![format!("{params} parameters, {:.1} kB in f32.", params as f64 * 4.0 / 1000.0)];
    run.scores.get_mut("validation").unwrap().insert("accuracy".into(), best.value.unwrap());
    run
}

/// A classifier's training with a validation loss that turns up.
pub(crate) fn run() -> RunInput {
    let mut random = Seed::new(11).named("run").generator();
    let history: Vec<EpochRow> = (1..=EPOCHS)
        .map(|epoch| {
            let t = epoch as f64;
            let train = 1.9 * (-0.42 * t).exp() + 0.42 * (-0.09 * t).exp() * 0.3 + 0.004 * random.uniform();
            let validation =
                1.8 * (-0.40 * t).exp() + 0.085 + 0.0016 * (t - 12.0).max(0.0) + 0.006 * random.normal();
            let accuracy =
                |limit: f64, speed: f64, noise: f64| (limit - 0.85 * (-speed * t).exp() + noise).min(1.0);
            let values = BTreeMap::from([
                ("train_loss".to_owned(), train),
                ("validation_loss".to_owned(), validation),
                ("train_accuracy".to_owned(), accuracy(0.9985, 0.45, 0.001 * random.normal())),
                ("validation_accuracy".to_owned(), accuracy(0.977, 0.48, 0.0025 * random.normal())),
            ]);
            EpochRow { epoch, values }
        })
        .collect();
    let mut scores = BTreeMap::new();
    for (part, accuracy, f1, log_loss) in [
        ("train", 0.9972, 0.9972, 0.0141),
        ("validation", 0.9826, 0.9825, 0.0843),
        ("test", 0.9694, 0.9690, 0.1032),
    ] {
        let named = [("accuracy", accuracy), ("f1_macro", f1), ("log_loss", log_loss)];
        scores.insert(part.to_owned(), named.map(|(name, value)| (name.to_owned(), value)).into());
    }
    let mut matrix = vec![vec![0; 10]; 10];
    for (class, total) in [36, 36, 35, 37, 36, 36, 36, 36, 35, 37].into_iter().enumerate() {
        matrix[class][class] = total;
    }
    for (truth, predicted, n) in
        [(8, 1, 4), (8, 9, 1), (3, 8, 1), (9, 3, 1), (9, 5, 1), (4, 7, 1), (5, 9, 1), (1, 8, 1)]
    {
        matrix[truth][truth] -= n;
        matrix[truth][predicted] += n;
    }
    let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
    RunInput {
        title: "digits".into(),
        metric: "accuracy".into(),
        direction: Direction::Maximize,
        recipe_toml: RECIPE
            .replace(
                "LAYERS",
                "  { dense = { units = 201, activation = \"relu\" } },\n  { dropout = { rate = 0.118 } },\n",
            )
            .replace("OPTIMIZER", "{ adam = { lr = 0.01142 } }")
            .replace("L2", "7.4e-5"),
        summary: ModelSummary {
            head: row(["Layer", "Output shape", "Params"]),
            rows: vec![
                row(["1. dense", "(rows, 201)", "13,065"]),
                row(["2. dropout", "(rows, 201)", "0"]),
                row(["3. dense", "(rows, 187)", "37,774"]),
                row(["4. dropout", "(rows, 187)", "0"]),
                row(["5. dense", "(rows, 10)", "1,880"]),
            ],
            notes: vec![
                "52,719 parameters, 206 kB in f32; one prediction takes about 105,000 operations.".into(),
            ],
        },
        history,
        kept_epoch: Some(24),
        scores,
        confusion: Some(Confusion {
            labels: (0..10).map(|d| d.to_string()).collect(),
            matrix,
            part: "test".into(),
        }),
        scatter: None,
        seconds: 3.4,
        reproduce: reproduce("tunesmith train runs/digits/recipe.toml"),
    }
}

/// A classifier that has learnt to answer always the same, with long names, a long line and a command that is quoted.
#[allow(dead_code, reason = "not every test that shares this file draws it")]
pub(crate) fn constant() -> RunInput {
    let mut run = run();
    run.title = "breast cancer".into();
    run.scores = ["train", "validation", "test"]
        .map(|part| (part.to_owned(), BTreeMap::from([("accuracy".to_owned(), 72.0 / 114.0)])))
        .into();
    run.confusion = Some(Confusion {
        labels: vec!["malignant".into(), "benign".into()],
        matrix: vec![vec![0, 42], vec![0, 72]],
        part: "test".into(),
    });
    run.recipe_toml = run.recipe_toml.replace(
        "source = \"digits\"",
        "source = { csv = { path = \"/somewhere/data sets/2026/november/biopsies and their measurements, cleaned.csv\", target = \"diagnosis\", \
         missing = [\"?\", \"n/a\", \"unknown\"], drop = [\"patient\", \"date\"] } }",
    );
    run.reproduce = reproduce(COMMAND);
    run
}

/// A command as a caller quotes it for a shell.
#[allow(dead_code, reason = "not every test that shares this file looks for it")]
pub(crate) const COMMAND: &str = "tunesmith train 'data sets/it'\\''s <mine> & \"yours\".toml' --set \
                                  'training.optimizer={ adam = { lr = 0.001 } }'  --out '/a/very/long/path/without/any/space/\
                                  in/it/that/a/box/of/a/page/cannot/hold/in/one/line/at/all' --name a\\ ";

/// A regression's training.
#[allow(dead_code, reason = "not every test that shares this file draws a regression")]
pub(crate) fn regression() -> RunInput {
    let mut random = Seed::new(5).named("regression").generator();
    let predictions = (0..88).map(|_| {
        let truth = 25.0 + 320.0 * random.uniform().powf(1.4);
        Prediction { truth, predicted: 60.0 + 0.62 * truth + 42.0 * random.normal() }
    });
    let mut history = run().history;
    for row in &mut history {
        let values = std::mem::take(&mut row.values);
        let loss = values.into_iter().filter(|(name, _)| name.ends_with("loss"));
        row.values = loss.map(|(name, value)| (name, 2900.0 * (1.0 + value))).collect();
    }
    RunInput {
        title: "diabetes".into(),
        history,
        metric: "rmse".into(),
        direction: Direction::Minimize,
        scatter: Some(predictions.collect()),
        confusion: None,
        scores: [("test".to_owned(), BTreeMap::from([("rmse".to_owned(), 54.2), ("r2".to_owned(), 0.46)]))]
            .into(),
        ..run()
    }
}

/// A study whose every name and message tries to be markup.
#[allow(dead_code, reason = "not every test that shares this file is hostile")]
pub(crate) fn hostile(text: &str) -> (Space, Vec<TrialRecord>) {
    let space = Space::new()
        .with(text, Domain::float(0.0, 1.0, Scale::Linear, None).unwrap())
        .with(&format!("{text}.choice"), Domain::choice([text, "b"]).unwrap());
    let trials = (0..12)
        .map(|i| {
            let mut trial = TrialRecord::new(i);
            trial.params = space.complete(|dimension| dimension.domain.place(0.05 * i as f64));
            trial.state = [TrialState::Complete, TrialState::Failed][usize::from(i % 4 == 3)];
            trial.value = (trial.state == TrialState::Complete).then_some(0.1 * i as f64);
            trial.reason = Some(text.to_owned());
            (0..4).for_each(|step| assert!(trial.report(step, 0.1 * step as f64)));
            trial
        })
        .collect();
    (space, trials)
}

const RECIPE: &str = r#"[data]
source = "digits"
split = { test = 0.2, validation = 0.2, stratify = true, seed = 0 }
prepare = ["standardize"]

[model]
layers = [
LAYERS  { dense = { units = "classes" } },
]

[training]
loss = "cross_entropy"
epochs = 30
batch_size = 32
optimizer = OPTIMIZER
schedule = "cosine"
regularize = { l1 = 0.0, l2 = L2 }
"#;

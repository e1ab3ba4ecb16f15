//! The arguments of every command.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

/// The conversation of `serve`, in ten lines.
const PROTOCOL: &str = r#"One JSON object in, one out; docs/SERVE.md tells the rest:
  {"space":{"lr":{"float":[1e-5,1],"scale":"log"},"act":{"choice":["relu","tanh"]}},"seed":0,
   "direction":"minimize","fidelity":{"name":"epoch","max":52}}    opens a study
  {"ask":true}  ->  {"trial":0,"params":{...},"seed":7,"until":6}  until: only with a fidelity
  {"report":{"trial":0,"step":6,"value":0.7}}  ->  {"decision":"continue","until":17},
                                               "pause" or "stop"
  {"tell":{"trial":0,"value":0.31}}  ->  {"best":{"trial":0,"value":0.31,"params":{...}}}
  {"tell":{"trial":0,"state":"failed","reason":"out of memory"}}   or "diverged", "interrupted"
  {"best":true}  {"trials":true}  {"importance":true}              what is known
  {"enqueue":{"lr":0.001}}  {"attributes":{"trial":0,"set":{"note":"good"}}}
  anything else ->  {"error":"..."}, and nothing has changed"#;

/// How `run` hands a program its settings.
const HOLES: &str = "\
A program finds its settings in its arguments, {lr}, in its environment, TUNESMITH_PARAM_lr, and
in the JSON file whose path {params} stands for. {trial} is the trial's number, {seed} a whole
number of its own, {out} its folder; {{ is a brace. No shell reads the arguments. Example:

  tunesmith run --param 'lr=log(1e-5,1e-1)' --metric 'accuracy: (\\S+)' --maximize -- \\
      python train.py --lr {lr}

docs/RUN.md tells the rest.";

/// The whole command line.
pub(crate) fn command() -> Command {
    Command::new("tunesmith")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Trains neural networks and tunes them: one recipe file, one command")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help("A recipe is a TOML file in which any value may be a range; see examples/digits.toml.")
        .subcommand(
            recipe_command("train", "Trains the model of a recipe without ranges")
                .arg(option("out", "DIR", "Where the run folder goes [default: runs/NAME, numbered]"))
                .arg(
                    option(
                        "threads",
                        "N",
                        "Threads; the result does not depend on it [default: one per core]",
                    )
                    .value_parser(value_parser!(u16).range(0..=1024)),
                ),
        )
        .subcommand(
            recipe_command("tune", "Searches the ranges of a recipe, retrains the winner, reports")
                .arg(number("trials", "N", "Trials in all, those of earlier runs included"))
                .arg(option("time", "TIME", "No trial begins after this: 90s, 10m, 2h"))
                .arg(number("workers", "N", "Trials side by side [default: one per core]"))
                .arg(
                    option("storage", "URL", "Where the study lives").default_value("sqlite:///tunesmith.db"),
                )
                .arg(option("study", "NAME", "The study's name [default: the recipe's]"))
                .arg(option("sampler", "NAME", "What chooses points"))
                .arg(option("scheduler", "NAME", "What stops bad trials early: asha, median, none"))
                .arg(option("out", "DIR", "Where the winner's folder goes [default: runs/STUDY]")),
        )
        .subcommand(recipe_command(
            "summary",
            "Shows data, model and ranges of a recipe before anything runs",
        ))
        .subcommand(
            plain_command("predict", "Predicts every row of a file with a trained model")
                .arg(Arg::new("run").value_name("RUN").required(true).help("A run folder"))
                .arg(
                    Arg::new("file")
                        .value_name("FILE")
                        .required(true)
                        .help("A CSV file with the columns of the training data"),
                )
                .arg(option("out", "FILE", "Writes a CSV file instead of printing"))
                .arg(
                    Arg::new("int8")
                        .long("int8")
                        .action(ArgAction::SetTrue)
                        .help("Predicts with dense layers in eight bits: faster, a little less exact"),
                ),
        )
        .subcommand(run_command())
        .subcommand(
            plain_command("serve", "Asks and tells in JSON lines, for any language")
                .arg(
                    Arg::new("stdio")
                        .long("stdio")
                        .action(ArgAction::SetTrue)
                        .help("Answers each line of stdin by one line on stdout"),
                )
                .arg(option("log", "FILE", "Appends every line in and out, to replay it later"))
                .arg(
                    option(
                        "replay",
                        "FILE",
                        "Has a log's conversations again; every answer must be the same",
                    )
                    .conflicts_with_all(["stdio", "log"]),
                )
                .after_help(PROTOCOL),
        )
        .subcommand(
            plain_command("importance", "Says which settings mattered in a study")
                .arg(Arg::new("study").value_name("STUDY").required(true).help("The study's name"))
                .arg(
                    option("storage", "URL", "Where the study lives").default_value("sqlite:///tunesmith.db"),
                )
                .arg(option("method", "NAME", "ped_anova or fanova").default_value("ped_anova")),
        )
        .subcommand(
            plain_command("list", "Lists what is linked: optimizers, layers, samplers, ...")
                .arg(Arg::new("kind").value_name("KIND").help("A kind of plug-in; all kinds without")),
        )
        .subcommand(
            plain_command("describe", "Shows a plug-in with every setting, range and default").arg(
                Arg::new("name")
                    .value_name("NAME")
                    .required(true)
                    .help("A plug-in, or kind/name where two kinds share one"),
            ),
        )
}

/// `run` has arguments of its own, and another command behind `--`.
fn run_command() -> Command {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    let command = base("run", "Tunes any program: gives it settings, reads its metric");
    with_set_and_seed(command, "Nothing here depends on it", "Where the search's randomness comes from")
        .arg(
            option(
                "param",
                "NAME=RANGE",
                "lr=log(1e-5,1e-1), x=float(0,1), n=int(1,9), act=choice(relu,tanh), b=switch",
            )
            .action(ArgAction::Append),
        )
        .arg(option("space", "FILE", "A TOML file of ranges: [lr] float = [1e-5, 1e-1], scale = \"log\""))
        .arg(option("metric", "REGEX", "The number of the last match on stdout [default: the last number]"))
        .arg(
            option("metric-json", "FILE:KEY", "A key of a JSON file: {out}/metrics.json:accuracy")
                .conflicts_with("metric"),
        )
        .arg(
            option(
                "metric-lines",
                "KEY",
                "A key of JSON lines on stdout, {\"step\": 1, \"KEY\": 0.5}: bad trials stop early",
            )
            .conflicts_with_all(["metric", "metric-json"]),
        )
        .arg(flag("minimize", "Less is better (the default)"))
        .arg(flag("maximize", "More is better").conflicts_with("minimize"))
        .arg(number("trials", "N", "Trials in all, those of earlier runs included").default_value("50"))
        .arg(option("time", "TIME", "No trial begins after this: 90s, 10m, 2h"))
        .arg(option("trial-time", "TIME", "A trial that takes longer is ended and has failed"))
        .arg(number("workers", "N", "Programs side by side").default_value("1"))
        .arg(option("sampler", "NAME", "What chooses points").default_value("auto"))
        .arg(option(
            "scheduler",
            "NAME",
            "What stops bad trials early, with --metric-lines [default: median]",
        ))
        .arg(option("storage", "URL", "Where the study lives").default_value("sqlite:///tunesmith.db"))
        .arg(option("study", "NAME", "The study's name [default: the program's]"))
        .arg(number("retries", "N", "How often a program that fails is run again").default_value("0"))
        .arg(option("out", "DIR", "Where each trial's output goes [default: runs/STUDY]"))
        .arg(
            Arg::new("command")
                .value_name("COMMAND")
                .required(true)
                .num_args(1..)
                .last(true)
                .help("The program and its arguments, with {lr} where a setting goes"),
        )
        .after_help(HOLES)
}

fn base(name: &'static str, about: &'static str) -> Command {
    Command::new(name).about(about).arg(
        Arg::new("json")
            .long("json")
            .action(ArgAction::SetTrue)
            .help("Prints exactly one JSON object on stdout"),
    )
}

/// A command about a recipe; `--set` and `--seed` change it.
fn recipe_command(name: &'static str, about: &'static str) -> Command {
    with_set_and_seed(
        base(name, about),
        "Changes one value of the recipe: training.epochs=10",
        "Where randomness comes from",
    )
    .arg(Arg::new("recipe").value_name("RECIPE").required(true).index(1).help("A recipe file"))
}

/// A command without a recipe: scripts may pass `--set` and `--seed` to every command alike.
fn plain_command(name: &'static str, about: &'static str) -> Command {
    with_set_and_seed(base(name, about), "Nothing here depends on it", "Nothing here depends on it")
}

fn with_set_and_seed(command: Command, set: &'static str, seed: &'static str) -> Command {
    command
        .arg(Arg::new("set").long("set").value_name("KEY=VALUE").action(ArgAction::Append).help(set))
        .arg(number("seed", "N", seed))
}

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn number(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    option(name, value, help).value_parser(value_parser!(usize))
}

/// A text argument.
pub(crate) fn text<'a>(matches: &'a ArgMatches, name: &str) -> Option<&'a str> {
    matches.get_one::<String>(name).map(String::as_str)
}

//! The arguments of every command.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

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

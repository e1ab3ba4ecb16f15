//! `cargo xtask`: the checks, suites and measurements of this workspace.

mod ci;
mod docs;
mod job;
mod new;
mod optimizers;
mod suites;

mod metadata;
mod process;

mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  ci                        every check, cheapest first; what README and .ci/run call
  tidy                      the rules of the house that neither rustc nor clippy knows
  new KIND NAME             a plug-in's file from its template, listed and tested: optimizer, schedule, activation,
                            layer, sampler, pruner; --check: one of each in a copy of the crates, compiled and tested
  docs [--check]            writes docs/plugins/ from what the plug-ins say of themselves; --check: compares
  parity DIR                compares with the numbers of other libraries in a folder of fixture files
  props [--cases N]         all property tests with N cases each (default 2048)
  kill                      the slow tests that kill processes while they write
  throughput [WORKLOAD ...] [--threads N] [--seconds S] [--precision f32|bf16]
             [--limit | --peer 'PYTHON SCRIPT eager']
                            samples a second of whole training steps; --limit: beside a hand-written loop;
                            --peer: beside a program that prints samples_per_s of a workload
  roofline [WORKLOAD ...] [--threads N] [--kernels]
                            training steps beside their matrix products alone; --kernels: where their time goes
  group [--trials N] [--threads N] [--rounds N] [--seconds S] [--profile]
                            steps a second of several equal nets: as groups, and one by one
  fidelity SAMPLER/SCHEDULER ... [--data NAME] [--folder DIR] [--seeds N] [--budget N]
                            what ways of searching reach after how many epochs of real trainings
  job [--seeds N]           the main job, examples/digits.toml, over N seeds (default 10): accuracy and seconds
  optimizers [--seeds N] [--trials N] [--write] [RULE ...]
                            every rule with the same budget on small tables; --write: docs/OPTIMIZERS.md
  regret [--problem P ...] [--sampler S ...] [--trials N] [--seeds K] [--peer 'PYTHON'] [--against S ...]
                            how far samplers are from known optima, beside Optuna's; --help: the rest
  bench [NAME ...]          benches: gemm, elementwise, step, optim, recurrent, attention (default: these), samplers
";

#[expect(clippy::print_stderr, reason = "a command reports to the one who runs it")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    let done = match command {
        "ci" => ci::run(),
        "tidy" => tidy::run(),
        "new" => new::run(rest),
        "docs" => docs::run(rest),
        "parity" => suites::parity(rest),
        "props" => suites::props(rest),
        "kill" => suites::kill(),
        "throughput" | "roofline" | "group" | "fidelity" => suites::measure(command, rest),
        "regret" => suites::regret(rest),
        "job" => job::job(rest),
        "optimizers" => optimizers::optimizers(rest),
        "bench" => suites::bench(rest),
        "help" | "-h" | "--help" => {
            eprint!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        other => Err(format!("there is no command `{other}`\n\n{USAGE}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask {command}: {why}");
            ExitCode::FAILURE
        }
    }
}

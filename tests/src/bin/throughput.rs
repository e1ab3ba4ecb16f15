//! Samples a second of whole training steps, one JSON line a workload; beside a hand-written loop if wanted.

use std::process::ExitCode;

use tunesmith_tensor::Par;
use tunesmith_tests::{HandLoop, WORKLOADS, Workload, alternating, on_threads};

/// What the command line asks for.
struct Settings {
    workloads: Vec<Workload>,
    threads: usize,
    seconds: f64,
    limit: bool,
}

impl Settings {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut settings = Self { workloads: Vec::new(), threads, seconds: 0.5, limit: false };
        let mut arguments = arguments.peekable();
        while let Some(argument) = arguments.next() {
            let mut number = |least: f64| {
                let text = arguments.next().ok_or_else(|| format!("{argument} takes a number"))?;
                let number: f64 =
                    text.parse().map_err(|_| format!("{argument} takes a number, not `{text}`"))?;
                if number >= least { Ok(number) } else { Err(format!("{argument} is at least {least}")) }
            };
            match argument.as_str() {
                "--threads" => settings.threads = number(1.0)? as usize,
                "--seconds" => settings.seconds = number(0.001)?,
                "--limit" => settings.limit = true,
                name => {
                    let known = WORKLOADS.map(|workload| workload.name).join(", ");
                    let workload = Workload::find(name);
                    settings
                        .workloads
                        .push(workload.ok_or_else(|| format!("no workload is called `{name}`: {known}"))?);
                }
            }
        }
        if settings.workloads.is_empty() {
            settings.workloads = WORKLOADS.to_vec();
        }
        if settings.limit && settings.threads > 2 {
            return Err("the hand-written loop is written for one or two threads".into());
        }
        Ok(settings)
    }
}

/// The JSON line of one workload.
fn measure(workload: Workload, settings: &Settings) -> String {
    let Workload { name, network, batch } = workload;
    let &Settings { threads, seconds, limit, .. } = settings;
    let par = if threads == 1 { Par::Seq } else { Par::Rayon };
    let mut training = workload.training(par);
    let mut step = || {
        training.step();
    };
    let head = |rate: f64| {
        let rate = rate * batch as f64;
        format!(r#"{{"workload":"{name}","batch":{batch},"threads":{threads},"samples_per_s":{rate:.0}"#)
    };
    if let (true, Some(widths)) = (limit, network.widths()) {
        let mut hand = HandLoop::new(widths, batch, threads, 1e-12);
        let [ours, limit] = alternating(seconds, [&mut step, &mut || hand.step()]);
        let limit_rate = limit * batch as f64;
        format!(r#"{},"limit_samples_per_s":{limit_rate:.0},"ratio":{:.3}}}"#, head(ours), ours / limit)
    } else {
        let [ours] = alternating(seconds, [&mut step]);
        format!("{}}}", head(ours))
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]
fn main() -> ExitCode {
    let settings = match Settings::parse(std::env::args().skip(1)) {
        Ok(settings) => settings,
        Err(why) => {
            eprintln!("throughput: {why}");
            return ExitCode::from(2);
        }
    };
    for &workload in &settings.workloads {
        println!("{}", on_threads(settings.threads, || measure(workload, &settings)));
    }
    ExitCode::SUCCESS
}

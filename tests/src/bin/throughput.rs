//! Samples a second of whole training steps, one JSON line a workload; beside a hand-written loop, or beside another
//! library's program, if wanted.

use std::process::{Command, ExitCode};

use tunesmith_autodiff::Precision;
use tunesmith_tensor::Par;
use tunesmith_tests::{HandLoop, WORKLOADS, Workload, alternating, on_threads};

/// What the command line asks for.
struct Settings {
    workloads: Vec<Workload>,
    threads: usize,
    seconds: f64,
    limit: bool,
    precision: Precision,
    /// The command of another library's program, which takes a workload's name and PEER_THREADS.
    peer: Option<String>,
}

impl Settings {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let precision = Precision::default();
        let mut settings =
            Self { workloads: Vec::new(), threads, seconds: 0.5, limit: false, precision, peer: None };
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
                "--precision" => {
                    let precision = arguments.next().and_then(|name| Precision::find(&name));
                    let names = Precision::NAMES.join(" or ");
                    settings.precision = precision.ok_or_else(|| format!("--precision takes {names}"))?;
                }
                "--limit" => settings.limit = true,
                "--peer" => {
                    let command = arguments.next();
                    settings.peer = Some(command.ok_or("--peer takes a command: \"PYTHON SCRIPT eager\"")?);
                }
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

/// Samples a second that another library's program prints for a workload.
fn peer_rate(command: &str, workload: &str, threads: usize) -> Result<f64, String> {
    let mut words = command.split_whitespace();
    let program = words.next().ok_or("--peer is empty")?;
    let output = Command::new(program)
        .args(words)
        .arg(workload)
        .env("PEER_THREADS", threads.to_string())
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    line.and_then(|line| line["samples_per_s"].as_f64())
        .ok_or_else(|| format!("`{command} {workload}` printed no samples_per_s: {text}"))
}

/// The JSON line of one workload beside another library: ours before and after it, so that a machine that changes its
/// pace in between shows.
fn beside(workload: Workload, settings: &Settings, command: &str) -> Result<String, String> {
    let &Settings { threads, seconds, precision, .. } = settings;
    let par = if threads == 1 { Par::Seq } else { Par::Rayon };
    let ours = || {
        on_threads(threads, || {
            let mut training = workload.training_in(precision, par);
            let [rate] = alternating(
                seconds,
                [&mut || {
                    training.step();
                }],
            );
            rate * workload.batch as f64
        })
    };
    let (before, peer, after) = (ours(), peer_rate(command, workload.name, threads)?, ours());
    Ok(format!(
        r#"{{"workload":"{}","batch":{},"threads":{threads},"samples_per_s":[{before:.0},{after:.0}],"peer_samples_per_s":{peer:.0},"ratio":{:.2}}}"#,
        workload.name,
        workload.batch,
        (before + after) / 2.0 / peer
    ))
}

/// The JSON line of one workload.
fn measure(workload: Workload, settings: &Settings) -> String {
    let Workload { name, network, batch } = workload;
    let &Settings { threads, seconds, limit, precision, .. } = settings;
    let par = if threads == 1 { Par::Seq } else { Par::Rayon };
    let mut training = workload.training_in(precision, par);
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
        if let Some(command) = &settings.peer {
            match beside(workload, &settings, command) {
                Ok(line) => println!("{line}"),
                Err(why) => {
                    eprintln!("throughput: {why}");
                    return ExitCode::FAILURE;
                }
            }
            continue;
        }
        println!("{}", on_threads(settings.threads, || measure(workload, &settings)));
    }
    ExitCode::SUCCESS
}

//! Trials a second of several equal nets: as groups, and one by one, on one thread and on several.

use std::process::ExitCode;
use std::time::Instant;

use rayon::prelude::*;
use tunesmith_tensor::Par;
use tunesmith_tests::{GroupStep, TrainingStep, Workload, on_threads};

/// What the command line asks for.
struct Settings {
    trials: usize,
    threads: usize,
    rounds: usize,
    seconds: f64,
    profile: bool,
}

impl Settings {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut settings = Self { trials: 16, threads: 2, rounds: 60, seconds: 0.003, profile: false };
        while let Some(argument) = arguments.next() {
            if argument == "--profile" {
                settings.profile = true;
                continue;
            }
            let text = arguments.next().ok_or_else(|| format!("{argument} takes a number"))?;
            let number = || text.parse::<usize>().ok().filter(|&number| number > 0);
            let number = || number().ok_or_else(|| format!("{argument} takes a count, not `{text}`"));
            match argument.as_str() {
                "--trials" => settings.trials = number()?,
                "--threads" => settings.threads = number()?,
                "--rounds" => settings.rounds = number()?,
                "--seconds" => {
                    let seconds = text.parse().ok().filter(|&seconds: &f64| seconds > 0.0);
                    settings.seconds =
                        seconds.ok_or_else(|| format!("--seconds takes a time, not `{text}`"))?;
                }
                other => {
                    return Err(format!(
                        "{other}: there are --trials, --threads, --rounds, --seconds and --profile"
                    ));
                }
            }
        }
        Ok(settings)
    }
}

/// Steps of all trials that a way of training them takes in a round, and the best round's steps a second.
struct Way<'a> {
    name: String,
    run: Box<dyn FnMut(usize) + 'a>,
    steps: usize,
    best: f64,
}

impl<'a> Way<'a> {
    fn new(name: String, seconds: f64, mut run: impl FnMut(usize) + 'a) -> Self {
        run(5);
        let began = Instant::now();
        run(20);
        let one = began.elapsed().as_secs_f64() / 20.0;
        Self { name, run: Box::new(run), steps: ((seconds / one) as usize).max(3), best: 0.0 }
    }

    fn round(&mut self) {
        let began = Instant::now();
        (self.run)(self.steps);
        self.best = self.best.max(self.steps as f64 / began.elapsed().as_secs_f64());
    }
}

/// The JSON line of one workload.
fn measure(workload: Workload, settings: &Settings) -> String {
    let &Settings { trials, threads, rounds, seconds, .. } = settings;
    let apart = || -> Vec<TrainingStep> { (0..trials).map(|_| workload.training(Par::Seq)).collect() };
    let groups = |count: usize| -> Vec<GroupStep> {
        (0..count).map(|i| workload.group(trials * (i + 1) / count - trials * i / count)).collect()
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
    let (mut one_by_one, mut side_by_side) = (apart(), apart());
    let (mut one_group, mut a_group_each) = (groups(1), groups(threads));
    let mut ways = [
        Way::new("one_by_one_1".into(), seconds, |steps| {
            one_by_one.iter_mut().for_each(|trial| {
                (0..steps).for_each(|_| {
                    trial.step();
                })
            });
        }),
        Way::new("group_1".into(), seconds, |steps| {
            one_group.iter_mut().for_each(|group| (0..steps).for_each(|_| group.step()));
        }),
        Way::new(format!("one_by_one_{threads}"), seconds, |steps| {
            pool.install(|| {
                side_by_side.par_iter_mut().with_max_len(1).for_each(|trial| {
                    (0..steps).for_each(|_| {
                        trial.step();
                    })
                });
            });
        }),
        Way::new(format!("group_each_{threads}"), seconds, |steps| {
            pool.install(|| {
                a_group_each
                    .par_iter_mut()
                    .with_max_len(1)
                    .for_each(|group| (0..steps).for_each(|_| group.step()));
            });
        }),
    ];
    for _ in 0..rounds {
        ways.iter_mut().for_each(Way::round);
    }
    let rates: Vec<String> =
        ways.iter().map(|way| format!(r#""{}":{:.0}"#, way.name, way.best * trials as f64)).collect();
    format!(
        r#"{{"workload":"{}","trials":{trials},"steps_per_s":{{{}}},"ratio_1":{:.2},"ratio_{threads}":{:.2}}}"#,
        workload.name,
        rates.join(","),
        ways[1].best / ways[0].best,
        ways[3].best / ways[2].best
    )
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]
fn main() -> ExitCode {
    let settings = match Settings::parse(std::env::args().skip(1)) {
        Ok(settings) => settings,
        Err(why) => {
            eprintln!("group: {why}");
            return ExitCode::from(2);
        }
    };
    for name in ["article", "digits_mlp"] {
        let workload = Workload::find(name).expect("a workload of the house");
        if settings.profile {
            let timings = workload.group(settings.trials).profile(2000);
            for timing in &timings {
                println!("{:9.0} ns  {}", 1e9 * timing.seconds, timing.kernel);
            }
            println!("{:9.0} ns  all", 1e9 * timings.iter().map(|timing| timing.seconds).sum::<f64>());
        } else {
            println!("{}", on_threads(1, || measure(workload, &settings)));
        }
    }
    ExitCode::SUCCESS
}

//! `regret`: samplers on problems with known optima: a JSON line for each study, then tables.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tunesmith_core::{Entry as _, all, nearest};
use tunesmith_judge::{
    Contestant, Game, Score, Task, ask_peer, checkpoints, play, recorded, report, serve, tasks,
};
use tunesmith_tuner::SamplerEntry;

const USAGE: &str = "\
cargo xtask regret [--problem P ...] [--held-out | --development] [--sampler S ...] [--trials N] [--seeds K]
                   [--threads T] [--peer recorded | none | 'PYTHON'] [--against S ...] [--json FILE]
cargo xtask regret --list | --serve

  --problem P ...   only these problems; --held-out: only those kept for a last check; --development: only the others
  --sampler S ...   registered samplers, or JSON of one with its settings: '{\"tpe\": {\"n_startup_trials\": 20}}'
                    (default: auto, tpe, gp, cma_es, random, as far as they are linked), and names of the peer's
                    (default: all it has); none: only the peer
  --trials N        trials of each study (default 100)
  --seeds K         studies of each sampler on each problem, seeds 0 to K - 1 (default 20)
  --threads T       studies side by side (default 1)
  --peer            Optuna's samplers beside ours: as recorded (default), not at all, or measured with that Python
  --against S ...   how all others fare against these: seeds won, Wilcoxon's p
  --json FILE       JSON lines go there, not to the output
  --list            the problems
  --serve           problems for other languages, JSON lines in and out";

/// What the names of the peer's samplers begin with.
const PEER: &str = "optuna-";

struct Settings {
    problems: Vec<&'static Task>,
    samplers: Vec<Contestant>,
    /// The peer's samplers by name; all it has when there are none.
    peers: Vec<String>,
    trials: u64,
    seeds: u64,
    threads: usize,
    peer: String,
    against: Vec<String>,
    json: Option<String>,
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measurement is what this program is asked for"
)]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.first().map(String::as_str) {
        Some("--serve") => serve(&mut std::io::stdin().lock(), &mut std::io::stdout().lock())
            .map_err(|error| error.to_string()),
        Some("--list") => {
            for task in tasks() {
                let kept = if task.held_out() { " (held out)" } else { "" };
                println!("{}, {} dimensions{kept}", task.name(), task.space().len());
            }
            Ok(())
        }
        Some("--help" | "-h") => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Settings::parse(&arguments).and_then(|settings| judge(&settings)).map(|page| print!("{page}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("regret: {why}");
            ExitCode::FAILURE
        }
    }
}

impl Settings {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let (mut names, mut samplers, mut against) = (Vec::new(), Vec::new(), Vec::new());
        let (mut held_out, mut json, mut peer) = (None, None, "recorded".to_owned());
        let (mut trials, mut seeds, mut threads) = (100, 20, 1);
        let mut rest = arguments.iter().map(String::as_str).peekable();
        while let Some(flag) = rest.next() {
            let mut values = Vec::new();
            while let Some(value) = rest.next_if(|next| !next.starts_with("--")) {
                values.push(value.to_owned());
            }
            let one = || match &values[..] {
                [value] => Ok(value.clone()),
                _ => Err(format!("`{flag}` takes one value\n\n{USAGE}")),
            };
            let number =
                || one()?.parse().ok().filter(|n| *n > 0).ok_or(format!("`{flag}` takes a number above 0"));
            match flag {
                "--problem" => names.extend(values),
                "--sampler" => samplers.extend(values),
                "--against" => against.extend(values),
                "--held-out" => held_out = Some(true),
                "--development" => held_out = Some(false),
                "--trials" => trials = number()?,
                "--seeds" => seeds = number()?,
                "--threads" => threads = number()? as usize,
                "--peer" => peer = one()?,
                "--json" => json = Some(one()?),
                other => return Err(format!("`{other}` means nothing here\n\n{USAGE}")),
            }
        }
        let mut problems: Vec<&Task> = if names.is_empty() {
            tasks().iter().collect()
        } else {
            names.iter().map(|name| task(name)).collect::<Result<_, _>>()?
        };
        problems.retain(|task| held_out.is_none_or(|wanted| task.held_out() == wanted));
        let (peers, samplers): (Vec<String>, Vec<String>) =
            samplers.into_iter().partition(|name| name.starts_with(PEER));
        let samplers = match &samplers[..] {
            [] if peers.is_empty() => usual(),
            [none] if none == "none" => Vec::new(),
            named => named.to_vec(),
        };
        let samplers = samplers.iter().map(|text| Contestant::parse(text)).collect::<Result<_, _>>()?;
        Ok(Self { problems, samplers, peers, trials, seeds, threads, peer, against, json })
    }

    /// What the peer is asked to play.
    fn peer_game(&self) -> Game<'_> {
        Game {
            problems: self.problems.iter().map(|task| task.name()).collect(),
            samplers: &self.peers,
            trials: self.trials,
            seeds: self.seeds,
        }
    }
}

/// The samplers of the goals, as far as they are linked.
fn usual() -> Vec<String> {
    let linked: Vec<&str> = all::<SamplerEntry>().iter().map(|entry| entry.meta().name).collect();
    ["auto", "tpe", "gp", "cma_es", "random"]
        .into_iter()
        .filter(|name| linked.contains(name))
        .map(str::to_owned)
        .collect()
}

fn task(name: &str) -> Result<&'static Task, String> {
    tasks().iter().find(|task| task.name() == name).ok_or_else(|| {
        let meant = nearest(name, tasks().iter().map(Task::name));
        let meant = meant.map_or_else(|| "see --list".to_owned(), |near| format!("did you mean `{near}`?"));
        format!("there is no problem `{name}`: {meant}")
    })
}

/// Plays every game, writes every score, and returns the tables.
#[expect(clippy::print_stdout, reason = "JSON lines are what this program is asked for")]
fn judge(settings: &Settings) -> Result<String, String> {
    let mut file = match &settings.json {
        None => None,
        Some(path) => Some(BufWriter::new(File::create(path).map_err(|error| format!("{path}: {error}"))?)),
    };
    let mut failed = None;
    let mut write = |score: &Score| match &mut file {
        None => println!("{score}"),
        Some(file) => {
            if let Err(error) = writeln!(file, "{score}") {
                failed.get_or_insert(error.to_string());
            }
        }
    };
    let names: Vec<&str> = settings.problems.iter().map(|task| task.name()).collect();
    let mut scores = Vec::new();
    match settings.peer.as_str() {
        "none" => {}
        "recorded" => scores.extend(comparable(recorded()?, settings, &names)?),
        python => ask_peer(python, &settings.peer_game(), |score| {
            write(&score);
            scores.push(score);
        })?,
    }
    let ours = ours(settings, &mut write);
    // Ours first, the problems in their order.
    let mut scores = [ours, scores].concat();
    scores.sort_by_key(|score| names.iter().position(|name| *name == score.problem));
    if let Some(mut file) = file {
        file.flush().map_err(|error| error.to_string())?;
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(format!("\n{}", report(&scores, &settings.against))),
    }
}

/// Of recorded scores, those of the samplers, problems, seeds and checkpoints that are asked for.
fn comparable(mut scores: Vec<Score>, settings: &Settings, names: &[&str]) -> Result<Vec<Score>, String> {
    let checkpoints = checkpoints(settings.trials);
    let unknown = settings.peers.iter().find(|name| !scores.iter().any(|score| score.sampler == **name));
    if let Some(name) = unknown {
        return Err(format!("there are no recorded scores of `{name}`"));
    }
    let asked = |name: &String| settings.peers.is_empty() || settings.peers.contains(name);
    scores.retain(|score| {
        names.contains(&score.problem.as_str()) && asked(&score.sampler) && score.seed < settings.seeds
    });
    for score in &mut scores {
        score.regret.retain(|n, _| checkpoints.contains(n));
    }
    Ok(scores)
}

/// Every game of ours, so many at a time; the scores in the order of problems, samplers and seeds.
fn ours(settings: &Settings, write: &mut (impl FnMut(&Score) + Send)) -> Vec<Score> {
    let mut games: Vec<(&Task, &Contestant, u64)> = Vec::new();
    for task in &settings.problems {
        for contestant in &settings.samplers {
            games.extend((0..settings.seeds).map(|seed| (*task, contestant, seed)));
        }
    }
    let next = AtomicUsize::new(0);
    let done: Mutex<(Vec<(usize, Score)>, _)> = Mutex::new((Vec::new(), write));
    std::thread::scope(|scope| {
        for _ in 0..settings.threads {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some((task, contestant, seed)) = games.get(place) else { break };
                    let score = play(task, contestant, *seed, settings.trials);
                    let mut done = done.lock().expect("no game panics while it writes");
                    (done.1)(&score);
                    done.0.push((place, score));
                }
            });
        }
    });
    let (mut scores, _) = done.into_inner().expect("no game panics while it writes");
    scores.sort_by_key(|(place, _)| *place);
    scores.into_iter().map(|(_, score)| score).collect()
}

#[cfg(test)]
mod tests {
    use super::{Settings, judge};

    fn parse(line: &str) -> Result<Settings, String> {
        Settings::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_command_says_what_is_played() {
        let settings = parse("--problem branin protein --sampler random tpe --trials 30 --seeds 3").unwrap();
        assert_eq!(
            settings.problems.iter().map(|task| task.name()).collect::<Vec<_>>(),
            ["branin", "protein"]
        );
        assert_eq!(settings.samplers.iter().map(|s| s.name()).collect::<Vec<_>>(), ["random", "tpe"]);
        assert_eq!((settings.trials, settings.seeds, settings.threads), (30, 3, 1));
        assert!(parse("--held-out").unwrap().problems.iter().all(|task| task.held_out()));
        assert_eq!(parse("--development").unwrap().problems.len(), 18);
        assert!(parse("--sampler none").unwrap().samplers.is_empty());
        let mixed = parse("--sampler random optuna-tpe").unwrap();
        assert_eq!((mixed.samplers.len(), &mixed.peers[..]), (1, &["optuna-tpe".to_owned()][..]));
    }

    #[test]
    fn a_wrong_command_is_answered_with_the_right_one() {
        for (line, expected) in [
            ("--problem brannin", "did you mean `branin`?"),
            ("--sampler tpee", "tpe"),
            ("--trials none", "`--trials` takes a number above 0"),
            ("--trials 0", "`--trials` takes a number above 0"),
            ("--json", "`--json` takes one value"),
            ("--problems branin", "`--problems` means nothing here"),
            ("branin", "`branin` means nothing here"),
        ] {
            let error = parse(line).err().unwrap_or_default();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }

    #[test]
    fn threads_change_nothing_but_the_time() {
        let table = |threads: &str| {
            let line = "--problem branin_noisy mixed --sampler random tpe --trials 30 --seeds 3 --peer none --threads ";
            let page = judge(&parse(&format!("{line}{threads}")).unwrap()).unwrap();
            // The last column of the first table is time.
            page.lines()
                .map(|line| line.rsplit_once(" | ").map_or(line, |cut| cut.0).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(table("1"), table("3"));
    }
}

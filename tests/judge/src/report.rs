//! `report`: scores as tables: regret by problem, mean ranks, who beats whom and how surely.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tunesmith_tuner::analysis::statistics::{Alternative, holm, quantile, wilcoxon};

use crate::{Score, ranks};

/// Regrets of this size are equal to the optimum; differences of logarithms stop here.
const FLOOR: f64 = 1e-12;

/// Tables (in Markdown) of the scores: median and quartiles of the regret, mean ranks, and for each sampler of `against`
/// how all others fare against it.
///
/// ```
/// use tunesmith_judge::{Contestant, play, report, tasks};
/// let random = Contestant::parse("random").unwrap();
/// let scores: Vec<_> = (0..3).map(|seed| play(&tasks()[2], &random, seed, 25)).collect();
/// assert!(report(&scores, &[]).contains("| sphere | random | 3 |"));
/// ```
#[must_use]
pub fn report(scores: &[Score], against: &[String]) -> String {
    let board = Board::new(scores);
    let mut page = String::new();
    board.regrets(&mut page);
    if board.samplers.len() > 1 {
        board.ranks(&mut page);
    }
    for rival in against {
        match board.samplers.iter().find(|sampler| *sampler == rival) {
            Some(rival) => board.duels(rival, &mut page),
            None => {
                let _ = writeln!(page, "\nThere are no scores of `{rival}`.");
            }
        }
    }
    page
}

/// The regrets of one sampler on one problem at one checkpoint, by seed.
type Regrets = BTreeMap<u64, f64>;

struct Board<'a> {
    problems: Vec<&'a str>,
    samplers: Vec<&'a str>,
    checkpoints: Vec<u64>,
    cells: BTreeMap<(&'a str, &'a str, u64), Regrets>,
    studies: BTreeMap<(&'a str, &'a str), usize>,
    /// Milliseconds a trial, of each study that was timed.
    milliseconds: BTreeMap<(&'a str, &'a str), Vec<f64>>,
}

impl<'a> Board<'a> {
    fn new(scores: &'a [Score]) -> Self {
        let (mut problems, mut samplers, mut checkpoints) = (Vec::new(), Vec::new(), Vec::new());
        let mut cells: BTreeMap<_, Regrets> = BTreeMap::new();
        let mut milliseconds: BTreeMap<_, Vec<f64>> = BTreeMap::new();
        let mut studies: BTreeMap<_, usize> = BTreeMap::new();
        for score in scores {
            let (problem, sampler) = (score.problem.as_str(), score.sampler.as_str());
            if !problems.contains(&problem) {
                problems.push(problem);
            }
            if !samplers.contains(&sampler) {
                samplers.push(sampler);
            }
            for (&n, &regret) in &score.regret {
                if !checkpoints.contains(&n) {
                    checkpoints.push(n);
                }
                cells.entry((problem, sampler, n)).or_default().insert(score.seed, regret);
            }
            let taken = score.seconds.map(|seconds| 1e3 * seconds / score.trials.max(1) as f64);
            milliseconds.entry((problem, sampler)).or_default().extend(taken);
            studies.entry((problem, sampler)).and_modify(|count| *count += 1).or_insert(1);
        }
        checkpoints.sort_unstable();
        Self { problems, samplers, checkpoints, cells, studies, milliseconds }
    }

    fn cell(&self, problem: &'a str, sampler: &'a str, n: u64) -> Option<&Regrets> {
        self.cells.get(&(problem, sampler, n))
    }

    fn median(&self, problem: &'a str, sampler: &'a str, n: u64) -> Option<f64> {
        self.cell(problem, sampler, n).map(|regrets| quantile(&values(regrets), 0.5))
    }

    /// How each sampler fared on each problem.
    fn regrets(&self, page: &mut String) {
        let heads: String = self.checkpoints.iter().map(|n| format!(" {n} trials |")).collect();
        let rules = "---|".repeat(self.checkpoints.len());
        let _ = writeln!(page, "Normalised regret: median [quartiles] over seeds; ms a trial.\n");
        let _ = writeln!(page, "| problem | sampler | seeds |{heads} ms |\n|---|---|---|{rules}---|");
        for problem in &self.problems {
            for sampler in &self.samplers {
                let Some(studies) = self.studies.get(&(problem, sampler)) else { continue };
                let _ = write!(page, "| {problem} | {sampler} | {studies} |");
                for &n in &self.checkpoints {
                    let Some(regrets) = self.cell(problem, sampler, n) else {
                        page.push_str(" |");
                        continue;
                    };
                    let regrets = values(regrets);
                    let [low, middle, high] = [0.25, 0.5, 0.75].map(|share| short(quantile(&regrets, share)));
                    let _ = write!(page, " {middle} [{low}, {high}] |");
                }
                let _ = match self.milliseconds[&(*problem, *sampler)][..] {
                    [] => writeln!(page, " |"),
                    ref timed => writeln!(page, " {} |", short(quantile(timed, 0.5))),
                };
            }
        }
    }

    /// The mean ranks over the problems that every sampler played.
    fn ranks(&self, page: &mut String) {
        let heads: String =
            self.checkpoints.iter().map(|n| format!(" {n}: of medians | {n}: of seeds |")).collect();
        let mut rows: Vec<String> = self.samplers.iter().map(|sampler| format!("| {sampler} |")).collect();
        let mut counted = Vec::new();
        for &n in &self.checkpoints {
            let shared: Vec<&str> = self.problems.iter().copied().filter(|p| self.complete(p, n)).collect();
            let mut sums = vec![[0.0; 2]; self.samplers.len()];
            for problem in &shared {
                let medians: Vec<f64> =
                    self.samplers.iter().filter_map(|sampler| self.median(problem, sampler, n)).collect();
                let by_seed = self.ranks_by_seed(problem, n);
                for (i, sum) in sums.iter_mut().enumerate() {
                    sum[0] += ranks(&medians)[i];
                    sum[1] += by_seed[i];
                }
            }
            let count = shared.len() as f64;
            for (row, sum) in rows.iter_mut().zip(sums) {
                let _ = match shared[..] {
                    [] => write!(row, " | |"),
                    _ => write!(row, " {:.2} | {:.2} |", sum[0] / count, sum[1] / count),
                };
            }
            counted.push(format!("{} at {n}", shared.len()));
        }
        let rules = "---|---|".repeat(self.checkpoints.len());
        let _ = writeln!(
            page,
            "\nMean ranks over the problems that all played ({}): of medians, and of the seeds one by one.\n",
            counted.join(", ")
        );
        let _ = writeln!(page, "| sampler |{heads}\n|---|{rules}");
        for row in rows {
            let _ = writeln!(page, "{row}");
        }
    }

    fn complete(&self, problem: &'a str, n: u64) -> bool {
        self.samplers.iter().all(|sampler| self.cell(problem, sampler, n).is_some())
    }

    /// The ranks of the samplers within each seed that all played, averaged.
    fn ranks_by_seed(&self, problem: &'a str, n: u64) -> Vec<f64> {
        let columns: Vec<&Regrets> =
            self.samplers.iter().filter_map(|sampler| self.cell(problem, sampler, n)).collect();
        let mut sums = vec![0.0; columns.len()];
        let mut count = 0.0;
        for seed in columns[0].keys() {
            let values: Vec<f64> = columns.iter().filter_map(|column| column.get(seed).copied()).collect();
            if values.len() == columns.len() {
                sums.iter_mut().zip(ranks(&values)).for_each(|(sum, rank)| *sum += rank);
                count += 1.0;
            }
        }
        sums.into_iter().map(|sum| sum / count).collect()
    }

    /// Every other sampler against one.
    fn duels(&self, rival: &'a str, page: &mut String) {
        let heads: String = self.checkpoints.iter().map(|n| format!(" {n}: seeds won | p |")).collect();
        let rules = "---|---|".repeat(self.checkpoints.len());
        let _ = writeln!(
            page,
            "\nAgainst {rival}: share of seeds won (a tie is half), and p of Wilcoxon's signed-rank test, corrected by \
             Holm over a sampler's problems at one checkpoint (over samplers in the row \"all\", which pairs the medians \
             of the problems, as logarithms).\n"
        );
        let _ = writeln!(page, "| problem | sampler |{heads}\n|---|---|{rules}");
        let others: Vec<&str> = self.samplers.iter().copied().filter(|sampler| *sampler != rival).collect();
        let columns: Vec<Vec<Vec<Duel<'_>>>> = self
            .checkpoints
            .iter()
            .map(|&n| others.iter().map(|other| self.duels_of(other, rival, n)).collect())
            .collect();
        let overall: Vec<Vec<Duel<'_>>> =
            self.checkpoints.iter().map(|&n| self.overall(&others, rival, n)).collect();
        for (i, other) in others.iter().enumerate() {
            let all = overall.iter().map(|duels| duels.iter().find(|duel| duel.name == *other));
            let _ = writeln!(page, "| all | {other} |{}", cells(all));
            for problem in &self.problems {
                let duels = columns.iter().map(|column| column[i].iter().find(|duel| duel.name == *problem));
                let _ = writeln!(page, "| {problem} | {other} |{}", cells(duels));
            }
        }
    }

    fn duels_of(&self, sampler: &'a str, rival: &'a str, n: u64) -> Vec<Duel<'a>> {
        let duels = self.problems.iter().filter_map(|problem| {
            let (own, others) = (self.cell(problem, sampler, n)?, self.cell(problem, rival, n)?);
            let pairs = own.iter().filter_map(|(seed, own)| Some((*own, *others.get(seed)?)));
            Some(Duel::of(problem, &pairs.collect::<Vec<_>>()))
        });
        corrected(duels.collect())
    }

    fn overall(&self, samplers: &[&'a str], rival: &'a str, n: u64) -> Vec<Duel<'a>> {
        let log = |regret: f64| regret.max(FLOOR).ln();
        let duels = samplers.iter().map(|sampler| {
            let pairs = self.problems.iter().filter_map(|problem| {
                Some((log(self.median(problem, sampler, n)?), log(self.median(problem, rival, n)?)))
            });
            Duel::of(sampler, &pairs.collect::<Vec<_>>())
        });
        corrected(duels.collect())
    }
}

/// One against another, in pairs.
struct Duel<'a> {
    name: &'a str,
    won: f64,
    p: f64,
}

impl<'a> Duel<'a> {
    fn of(name: &'a str, pairs: &[(f64, f64)]) -> Self {
        let won: f64 = pairs
            .iter()
            .map(|(own, other)| if own < other { 1.0 } else { f64::from(u8::from(own == other)) / 2.0 })
            .sum();
        let (own, other): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        Self { name, won: won / pairs.len() as f64, p: wilcoxon(&own, &other, Alternative::TwoSided) }
    }
}

fn corrected(mut duels: Vec<Duel<'_>>) -> Vec<Duel<'_>> {
    let p: Vec<f64> = duels.iter().map(|duel| duel.p).collect();
    duels.iter_mut().zip(holm(&p)).for_each(|(duel, p)| duel.p = p);
    duels
}

fn cells<'a>(duels: impl Iterator<Item = Option<&'a Duel<'a>>>) -> String {
    let cell = |duel: Option<&Duel<'_>>| match duel {
        Some(duel) => format!(" {:.0} % | {} |", 100.0 * duel.won, short(duel.p)),
        None => " | |".to_owned(),
    };
    duels.map(cell).collect()
}

fn values(regrets: &Regrets) -> Vec<f64> {
    regrets.values().copied().collect()
}

/// Two significant digits.
fn short(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        format!("{x}")
    } else if x.abs() < 1e-3 {
        format!("{x:.1e}")
    } else {
        let digits = (1 - x.abs().log10().floor() as i32).max(0) as usize;
        format!("{x:.digits$}")
    }
}

#[cfg(test)]
mod tests {
    use super::{report, short};
    use crate::Score;

    fn score(problem: &str, sampler: &str, seed: u64, regret: f64) -> Score {
        Score {
            problem: problem.to_owned(),
            sampler: sampler.to_owned(),
            seed,
            regret: [(25, regret)].into(),
            seconds: Some(0.05),
            trials: 25,
        }
    }

    #[test]
    fn medians_and_quartiles_are_those_of_the_seeds() {
        let scores: Vec<Score> = (0..5).map(|seed| score("p", "a", seed, (seed + 1) as f64 / 10.0)).collect();
        let page = report(&scores, &[]);
        assert!(page.contains("| p | a | 5 | 0.30 [0.20, 0.40] | 2.0 |"), "{page}");
        assert!(!page.contains("Mean ranks"), "one sampler alone has no rank");
    }

    #[test]
    fn ranks_share_ties_and_leave_out_what_not_all_played() {
        let mut scores = Vec::new();
        for seed in 0..4 {
            // On the first problem all are equal; on the second a wins every seed.
            scores.extend([score("p", "a", seed, 0.5), score("p", "b", seed, 0.5)]);
            scores.extend([score("q", "a", seed, 0.1), score("q", "b", seed, 0.2)]);
            scores.push(score("r", "b", seed, 0.0));
        }
        let page = report(&scores, &[]);
        assert!(page.contains("(2 at 25)"), "{page}");
        assert!(page.contains("| a | 1.25 | 1.25 |") && page.contains("| b | 1.75 | 1.75 |"), "{page}");
    }

    #[test]
    fn a_duel_pairs_the_seeds_that_both_played() {
        let mut scores: Vec<Score> = (0..8).map(|seed| score("p", "a", seed, 0.1 + seed as f64)).collect();
        scores.extend((2..10).map(|seed| score("p", "b", seed, 0.2 + 2.0 * seed as f64)));
        let page = report(&scores, &["b".to_owned()]);
        // Six pairs, all won: 2 / 2^6.
        assert!(page.contains("| p | a | 100 % | 0.031 |"), "{page}");
        assert!(report(&scores, &["c".to_owned()]).contains("There are no scores of `c`."));
    }

    #[test]
    fn a_study_without_any_value_is_the_worst() {
        let mut scores = Vec::new();
        for seed in 0..3 {
            scores.extend([score("p", "a", seed, f64::INFINITY), score("p", "b", seed, 9.0)]);
        }
        let page = report(&scores, &["b".to_owned()]);
        assert!(page.contains("| p | a | 3 | inf [inf, inf] |"), "{page}");
        assert!(page.contains("| a | 2.00 | 2.00 |") && page.contains("| p | a | 0 % |"), "{page}");
    }

    #[test]
    fn numbers_keep_two_digits() {
        assert_eq!(
            [0.0, 1e-5, 0.0123, 0.5, 12.34, 1234.0].map(short),
            ["0", "1.0e-5", "0.012", "0.50", "12", "1234"]
        );
    }
}

//! Findings: what a study or a run shows, and what to do next.
//!
//! Each rule is one file that names its source and its threshold. A rule says nothing when it cannot know. The most
//! important findings come first; what asks for nothing comes last.

mod facts;
mod patch;

mod boundary;
mod constant;
mod divergence;
mod failures;
mod lead;
mod optimism;
mod overfitting;
mod pruning;
mod still_improving;
mod weak_choice;
mod weak_class;

use std::fmt::Write as _;

use tunesmith_core::{Table, Value};

use crate::{RunInput, StudyInput};
use facts::Facts;

pub(crate) use pruning::saved;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Following the advice should give a better or a more honest result.
    Warning,
    /// The result should not be used before this is looked at.
    Error,
}

impl Severity {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something a study or a run shows, with what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it: "boundary".
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What was seen, in one sentence with numbers.
    pub sentence: String,
    /// What to do next.
    pub advice: String,
    /// Lines for the recipe that follow the advice, when it can be said in TOML.
    pub patch: Option<String>,
    /// The dotted key it is about.
    pub at: Option<String>,
}

/// For `--json`: a table with the fields' names.
impl From<&Finding> for Value {
    fn from(finding: &Finding) -> Self {
        let optional = |text: &Option<String>| text.clone().map_or(Self::Null, Self::from);
        let table: Table = [
            ("id".to_owned(), Self::from(finding.id)),
            ("severity".to_owned(), Self::from(finding.severity.name())),
            ("sentence".to_owned(), Self::from(finding.sentence.as_str())),
            ("advice".to_owned(), Self::from(finding.advice.as_str())),
            ("patch".to_owned(), optional(&finding.patch)),
            ("at".to_owned(), optional(&finding.at)),
        ]
        .into();
        Self::from(table)
    }
}

/// What a study shows, the most important first.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space, Value};
/// use tunesmith_report::{StudyInput, findings};
/// use tunesmith_tuner::{Direction, TrialRecord, TrialState};
/// let space = Space::new().with("lr", Domain::float(1e-4, 0.1, Scale::Log, None).unwrap());
/// let trials: Vec<TrialRecord> = (0..20)
///     .map(|i| {
///         let mut trial = TrialRecord::new(i);
///         let lr = 0.1 * 0.9_f64.powi(i as i32); // the larger, the better
///         trial.params.insert("lr".into(), Value::Float(lr));
///         (trial.state, trial.value) = (TrialState::Complete, Some(-lr.ln()));
///         trial
///     })
///     .collect();
/// let found = findings::of_study(&StudyInput::new("s", "loss", Direction::Minimize, &space, &trials));
/// assert_eq!(found[0].id, "boundary");
/// assert_eq!(found[0].patch.as_deref(), Some(r#"lr = { float = [1e-4, 1.0], scale = "log" }"#));
/// ```
#[must_use]
pub fn of_study(input: &StudyInput<'_>) -> Vec<Finding> {
    let facts = facts_of(input);
    let mut found = Vec::new();
    // First of all; and a class that is never predicted is told of once.
    let constant = input.winner.as_ref().is_some_and(|winner| constant::check(winner, &mut found));
    failures::check(&facts, &mut found);
    boundary::check(&facts, &mut found);
    divergence::check(&facts, &mut found);
    still_improving::check(&facts, &mut found);
    weak_choice::check(&facts, &mut found);
    lead::check(&facts, &mut found);
    pruning::check(&facts, &mut found);
    if let Some(winner) = &input.winner {
        optimism::check(winner, &mut found);
        overfitting::check(winner, &mut found);
        if !constant {
            weak_class::check(winner, &mut found);
        }
    }
    sorted(found)
}

/// What a run shows, the most important first.
///
/// ```
/// use tunesmith_report::{RunInput, findings};
/// assert!(findings::of_run(&RunInput::default()).is_empty()); // nothing measured, nothing found
/// ```
#[must_use]
pub fn of_run(input: &RunInput) -> Vec<Finding> {
    let mut found = Vec::new();
    let constant = constant::check(input, &mut found);
    overfitting::check(input, &mut found);
    still_improving::check_run(input, &mut found);
    optimism::check(input, &mut found);
    if !constant {
        weak_class::check(input, &mut found);
    }
    sorted(found)
}

/// A study in the order in which rules and pages look at it.
pub(crate) fn facts_of<'a>(input: &'a StudyInput<'a>) -> Facts<'a> {
    Facts::of(input)
}

fn sorted(mut found: Vec<Finding>) -> Vec<Finding> {
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity)); // stable: the order of the rules stays
    found
}

/// The findings as plain text for a terminal: numbered, the advice below each, then the lines for the recipe.
///
/// ```
/// use tunesmith_report::findings::{Finding, Severity, to_text};
/// let finding = Finding {
///     id: "pruning",
///     severity: Severity::Warning,
///     sentence: "Only 2 of 60 trials ran to the end.".into(),
///     advice: "Judge later.".into(),
///     patch: Some("[tuning]\nscheduler = { asha = { min_resource = 4 } }".into()),
///     at: None,
/// };
/// let text = to_text(&[finding]);
/// assert!(text.starts_with("1. Only 2 of 60 trials ran to the end.\n   Judge later.\n       [tuning]\n"));
/// ```
#[must_use]
pub fn to_text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for (i, finding) in findings.iter().enumerate() {
        let number = format!("{}.", i + 1);
        let _ = writeln!(text, "{number:<3}{}\n   {}", finding.sentence, finding.advice);
        for line in finding.patch.iter().flat_map(|patch| patch.lines()) {
            let _ = writeln!(text, "       {line}");
        }
    }
    text.replace('\u{a0}', " ")
}

//! `Opened`: a conversation's study: follows what is said once a study is open.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tunesmith_core::{Error, Flow, Value, Why};

use super::Refused;
use super::answers::{self, object, whole};
use super::fields::{Fields, number, only_true};
use super::opening::{self, Opening};
use crate::analysis::{Importance, PedAnova};
use crate::{Outcome, Storage, Study, Trial, TrialState};

/// A study and what its conversation knows of it.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) study: Study,
    /// Steps of a whole trial.
    steps: Option<u64>,
    /// The scheduler wants every step reported: it does not say which steps it looks at.
    every_step: bool,
    constraints: Vec<String>,
    trials: Option<u64>,
    /// When no trial begins any more, since the conversation began.
    end: Option<Duration>,
    /// The trials that this conversation has been given and has not ended.
    running: BTreeSet<u64>,
}

/// A trial's settings in the states it can be told to be in.
const STATES: &[&str] = &["complete", "failed", "diverged", "pruned", "interrupted"];

impl Opened {
    pub(super) fn open(
        opening: Opening,
        storage: Option<Arc<dyn Storage>>,
        elapsed: Duration,
    ) -> Result<(Self, Value), Refused> {
        let mut builder = Study::objectives(opening.space, &opening.directions)
            .name(&opening.study)
            .sampler(opening.sampler)
            .pruner(opening.scheduler)
            .seed(opening.seed);
        if let Some(storage) = storage {
            builder = builder.storage(storage);
        }
        let study = builder.open()?;
        let resumed = study.with_history(|history| history.trials().len());
        if resumed == 0 {
            // A stored study has its known-good settings already.
            opening.enqueue.iter().try_for_each(|params| study.enqueue(params).map(|_| ()))?;
        }
        let answer = object([
            ("study", Value::from(study.name())),
            ("seed", whole(study.seed().value())),
            ("trials", whole(resumed as u64)),
            ("sampler", Value::from(opening.sampler_name)),
            ("scheduler", Value::from(opening.scheduler_name.as_str())),
        ]);
        let every_step = opening.scheduler_name != "none" && study.until(None).is_none();
        let end = opening.time.map(|time| elapsed.saturating_add(time));
        let Opening { steps, constraints, trials, .. } = opening;
        Ok((Self { study, steps, every_step, constraints, trials, end, running: BTreeSet::new() }, answer))
    }

    pub(super) fn ask(&mut self, said: &Value, elapsed: Duration) -> Result<Value, Refused> {
        only_true(said, "ask")?;
        if self.end.is_some_and(|end| elapsed >= end) {
            return Ok(object([("done", Value::from("time"))]));
        }
        let Some(trial) = self.study.ask_within(self.trials)? else {
            // What still runs may let a paused trial go on.
            let may_go_on = self.steps.is_some() && !self.running.is_empty();
            return Ok(if may_go_on {
                object([("wait", Value::Bool(true))])
            } else {
                object([("done", Value::from("trials"))])
            });
        };
        self.running.insert(trial.number());
        let mut answer = BTreeMap::from([
            ("trial".to_owned(), whole(trial.number())),
            ("params".to_owned(), Value::Table(trial.params().clone())),
            // 31 bits: a whole number in every language.
            ("seed".to_owned(), whole(trial.seed().value() & 0x7fff_ffff)),
        ]);
        if let Some(step) = trial.reported() {
            answer.insert("resume".to_owned(), Value::Bool(true));
            answer.insert("step".to_owned(), whole(step.saturating_add(1)));
        } else if let Some((parent, step)) = trial.parent() {
            let place = object([("trial", whole(parent)), ("step", whole(step.saturating_add(1)))]);
            answer.insert("from".to_owned(), place);
        }
        if let Some(until) = self.until(trial.reported()) {
            answer.insert("until".to_owned(), whole(until));
        }
        Ok(Value::Table(answer))
    }

    /// The step to run to before the next report, for a trial whose last report was that one.
    fn until(&self, last: Option<u64>) -> Option<u64> {
        let most = self.steps?;
        let done = last.map_or(0, |step| step.saturating_add(1));
        if done >= most {
            return None;
        }
        let next = match self.study.until(last) {
            Some(step) => step.saturating_add(1),
            None if self.every_step => done + 1,
            None => most,
        };
        Some(next.clamp(done + 1, most))
    }

    pub(super) fn report(&mut self, said: &Value) -> Result<Value, Refused> {
        let fields = Fields::of(said, "report", &["trial", "step", "value", "values", "constraints"])?;
        let trial = self.running(&fields)?;
        fields.needed("step", "the steps done so far, such as \"step\": 3")?;
        let step = fields.positive("step")?.unwrap_or(1);
        if let Some(most) = self.steps.filter(|most| step > *most) {
            let allowed = format!("1 to {most}, the fidelity's max");
            let why = Why::OutOfRange { value: step.to_string(), allowed };
            return Err(Error::new("report.step", why).into());
        }
        let values = self.values(&fields)?;
        let constraints = self.constraints(&fields)?;
        for (name, value) in &constraints {
            self.study.set_constraint(trial.number(), name, *value)?;
        }
        let decision = self.study.report_values(&trial, step - 1, &values)?;
        let outcome = match decision {
            Flow::Continue => None,
            Flow::Pause => Some(Outcome::Paused),
            Flow::Stop if values.iter().any(|value| value.is_nan()) => Some(Outcome::Diverged {
                step: step - 1,
                reason: "the reported value is not a number".into(),
            }),
            Flow::Stop => Some(Outcome::Pruned),
        };
        if let Some(outcome) = outcome {
            self.running.remove(&trial.number());
            self.study.tell(&trial, outcome)?;
            let word = if decision == Flow::Pause { "pause" } else { "stop" };
            return Ok(object([("decision", Value::from(word))]));
        }
        let go_on = ("decision", Value::from("continue"));
        Ok(match self.until(self.study.last_step(trial.number())) {
            Some(until) => object([go_on, ("until", whole(until))]),
            None => object([go_on]),
        })
    }

    pub(super) fn tell(&mut self, said: &Value) -> Result<Value, Refused> {
        let known = ["trial", "value", "values", "state", "reason", "step", "constraints", "attributes"];
        let fields = Fields::of(said, "tell", &known)?;
        let state = fields.text("state")?.unwrap_or("complete");
        if state == "pruned" && self.is_pruned(&fields)? {
            return Ok(self.all_best()); // it was told to stop, and says so
        }
        let trial = self.running(&fields)?;
        let reason = fields.text("reason")?.map(str::to_owned);
        let step = fields.positive("step")?;
        let beside = |key: &str, state: &str| {
            let because = format!("does not stand beside \"state\": \"{state}\", leave one of them out");
            Err(Refused::from(Error::new(fields.path(key), Why::Conflict { because })))
        };
        if state != "complete"
            && let Some(key) = ["value", "values"].into_iter().find(|key| fields.get(key).is_some())
        {
            return beside(key, state);
        }
        if reason.is_some() && !["failed", "diverged"].contains(&state) {
            return beside("reason", state);
        }
        if step.is_some() && state != "diverged" {
            return beside("step", state);
        }
        let constraints = self.constraints(&fields)?;
        let outcome = match state {
            "complete" => {
                let values = self.values(&fields)?;
                self.all_constraints(trial.number(), &constraints)?;
                Outcome::Values(values)
            }
            "failed" => Outcome::Failed { reason: reason.unwrap_or_else(|| "not said".into()) },
            "diverged" => Outcome::Diverged {
                step: step.map(|step| step - 1).or(self.study.last_step(trial.number())).unwrap_or(0),
                reason: reason.unwrap_or_else(|| "not said".into()),
            },
            "pruned" => Outcome::Pruned,
            "interrupted" => Outcome::Interrupted,
            other => {
                let error = Error::unknown_key("tell.state", other, STATES.iter().copied());
                return Err(Refused(error.to_string().replace("unknown key", "unknown state")));
            }
        };
        let attributes = fields.table("attributes")?;
        for (name, value) in &constraints {
            self.study.set_constraint(trial.number(), name, *value)?;
        }
        for (key, value) in attributes.into_iter().flatten() {
            self.study.set_attribute(trial.number(), key, value)?;
        }
        self.running.remove(&trial.number());
        self.study.tell(&trial, outcome)?;
        Ok(self.all_best())
    }

    pub(super) fn best(&self, said: &Value) -> Result<Value, Refused> {
        only_true(said, "best")?;
        Ok(self.all_best())
    }

    /// The best trial, or with several objectives those that no other beats in all of them.
    fn all_best(&self) -> Value {
        self.study.with_history(|history| {
            if history.directions().len() > 1 {
                let front = history.front().into_iter().map(|trial| answers::best(trial, history));
                return object([("front", Value::List(front.collect()))]);
            }
            let best = history.best().map_or(Value::Null, |trial| answers::best(trial, history));
            object([("best", best)])
        })
    }

    pub(super) fn trials(&self, said: &Value) -> Result<Value, Refused> {
        let from = match said {
            Value::Bool(true) => 0,
            other => Fields::of(other, "trials", &["from"])?.whole("from")?.unwrap_or(0),
        };
        Ok(self.study.with_history(|history| {
            let wanted = history.trials().iter().filter(|trial| trial.number >= from);
            object([("trials", Value::List(wanted.map(|trial| answers::trial(trial, history)).collect()))])
        }))
    }

    pub(super) fn enqueue(&self, said: &Value) -> Result<Value, Refused> {
        let (all, is_list) = opening::settings(said, self.study.space())?;
        let mut numbers = Vec::new();
        for params in &all {
            numbers.push(whole(self.study.enqueue(params)?));
        }
        let answer = if is_list { Value::List(numbers) } else { numbers.remove(0) };
        Ok(object([("enqueued", answer)]))
    }

    /// Sets attributes of a trial, or of the study, and answers with all of them.
    pub(super) fn attributes(&self, said: &Value) -> Result<Value, Refused> {
        let fields = Fields::of(said, "attributes", &["trial", "set"])?;
        let set = fields.table("set")?;
        let number = fields.whole("trial")?;
        if let Some(number) = number.filter(|number| self.state(*number).is_none()) {
            return Err(Refused(format!("attributes.trial: there is no trial {number}")));
        }
        for (key, value) in set.into_iter().flatten() {
            match number {
                Some(number) => self.study.set_attribute(number, key, value)?,
                None => self.study.set_study_attribute(key, value)?,
            }
        }
        let all = match number {
            Some(number) => self.study.with_history(|history| {
                history.trial(number).map(|trial| trial.user.clone()).unwrap_or_default()
            }),
            None => self.study.study_attributes()?,
        };
        Ok(object([("attributes", answers::attributes(&all))]))
    }

    /// How much each setting matters, as shares.
    pub(super) fn importance(&self, said: &Value) -> Result<Value, Refused> {
        only_true(said, "importance")?;
        let shares = self.study.with_history(|history| PedAnova::default().evaluate(history));
        let all = shares.into_iter().map(|one| (one.key, answers::number(one.share))).collect();
        Ok(object([("importance", Value::Table(all))]))
    }

    fn state(&self, number: u64) -> Option<TrialState> {
        self.study.with_history(|history| history.trial(number).map(|trial| trial.state))
    }

    fn number(fields: &Fields<'_>) -> Result<u64, Refused> {
        fields.needed("trial", "the number that ask gave, such as \"trial\": 0")?;
        Ok(fields.whole("trial")?.unwrap_or(0))
    }

    fn is_pruned(&self, fields: &Fields<'_>) -> Result<bool, Refused> {
        Ok(self.state(Self::number(fields)?) == Some(TrialState::Pruned))
    }

    /// The trial that is spoken of; it must be one that this conversation runs.
    fn running(&self, fields: &Fields<'_>) -> Result<Trial, Refused> {
        let number = Self::number(fields)?;
        let known = self.study.known_trial(number).filter(|_| self.running.contains(&number));
        known.ok_or_else(|| {
            let why = match self.state(number) {
                None => format!("there is no trial {number}"),
                Some(TrialState::Paused) => {
                    format!("trial {number} is paused, ask gives it back when it is to go on")
                }
                Some(TrialState::Waiting) => format!("trial {number} waits, ask gives it out"),
                Some(TrialState::Running) => format!("trial {number} was given to somebody else"),
                Some(state) => format!("trial {number} has ended: it is {}", state.name()),
            };
            let running: Vec<String> = self.running.iter().map(u64::to_string).collect();
            let running = if running.is_empty() { "none".into() } else { running.join(", ") };
            Refused(format!("{}: {why} (running: {running})", fields.path("trial")))
        })
    }

    /// `value`, or `values` for several objectives.
    fn values(&self, fields: &Fields<'_>) -> Result<Vec<f64>, Refused> {
        let objectives = self.study.with_history(|history| history.directions().len());
        let values = match (fields.get("value"), fields.list("values")?) {
            (Some(value), None) => vec![number(value, &fields.path("value"))?],
            (None, Some(list)) => {
                let at = |i: usize| format!("{}.{i}", fields.path("values"));
                list.iter().enumerate().map(|(i, value)| number(value, &at(i))).collect::<Result<_, _>>()?
            }
            (None, None) => {
                let expected = if objectives == 1 {
                    "\"value\": a number".to_owned()
                } else {
                    format!("\"values\": a list of {objectives} numbers")
                };
                let key = if objectives == 1 { "value" } else { "values" };
                return Err(Error::new(fields.path(key), Why::Missing { expected }).into());
            }
            (Some(_), Some(_)) => {
                let because = "`value` and `values` exclude each other".to_owned();
                return Err(Error::new(fields.path("value"), Why::Conflict { because }).into());
            }
        };
        if values.len() != objectives {
            let because = format!("{} given, the study has {objectives} objectives", values.len());
            return Err(Error::new(fields.path("values"), Why::Conflict { because }).into());
        }
        Ok(values)
    }

    /// The constraints that are given; their names were said when the study was opened.
    fn constraints(&self, fields: &Fields<'_>) -> Result<Vec<(String, f64)>, Refused> {
        let Some(table) = fields.table("constraints")? else { return Ok(Vec::new()) };
        let at = fields.path("constraints");
        let one = |(name, value): (&String, &Value)| {
            if !self.constraints.contains(name) {
                let known = self.constraints.iter().map(String::as_str);
                return Err(Refused::from(Error::unknown_key(&at, name, known.collect::<Vec<_>>())));
            }
            Ok((name.clone(), number(value, &format!("{at}.{name}"))?))
        };
        table.iter().map(one).collect()
    }

    /// Refuses a complete trial of which a constraint is not known.
    fn all_constraints(&self, trial: u64, given: &[(String, f64)]) -> Result<(), Refused> {
        let known = self.study.with_history(|history| {
            history.trial(trial).map(crate::TrialRecord::constraints).unwrap_or_default()
        });
        let missing =
            |name: &&String| !known.contains_key(*name) && !given.iter().any(|(given, _)| given == *name);
        match self.constraints.iter().find(missing) {
            None => Ok(()),
            Some(name) => {
                let expected = "a number, zero or less when the constraint is kept".to_owned();
                Err(Error::new(format!("tell.constraints.{name}"), Why::Missing { expected }).into())
            }
        }
    }
}

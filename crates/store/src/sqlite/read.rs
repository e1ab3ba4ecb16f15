//! Reading rows: studies and trials as the tuner knows them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension, Row};
use tunesmith_core::{Dimension, Domain, Space};
use tunesmith_tuner::{Attributes, Direction, Scope, TrialRecord, TrialState};

use super::rows::{DIVERGED, FAIL_REASON, OWNER, PAUSED, SPACE, known_state};
use crate::{distribution, space, time};

/// The rows of a study's trials with `after < trial_id <= last`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    pub(crate) study: i64,
    pub(crate) after: i64,
    pub(crate) last: i64,
}

impl Rows {
    pub(crate) fn all(study: i64) -> Self {
        Self { study, after: -1, last: i64::MAX }
    }

    pub(crate) fn one(study: i64, trial: i64) -> Self {
        Self { study, after: trial - 1, last: trial }
    }

    /// These rows, neighbours together: few questions for many rows.
    pub(super) fn runs(study: i64, trials: &BTreeSet<i64>) -> Vec<Self> {
        let mut runs: Vec<Self> = Vec::new();
        for &trial in trials {
            match runs.last_mut() {
                Some(run) if run.last + 1 == trial => run.last = trial,
                _ => runs.push(Self::one(study, trial)),
            }
        }
        runs
    }
}

/// A text in the database that cannot be read: what it should be, and what it is.
pub(crate) type Unreadable = (String, String);

/// The trials with their rows, by number.
pub(crate) fn trials(
    connection: &Connection,
    rows: Rows,
) -> rusqlite::Result<Result<Vec<(i64, TrialRecord)>, Unreadable>> {
    let mut trials: BTreeMap<i64, TrialRecord> = BTreeMap::new();
    each(
        connection,
        "SELECT t.trial_id, t.number, t.state, t.datetime_start, t.datetime_complete FROM trials t",
        rows,
        |row| {
            let mut trial = TrialRecord::new(row.get::<_, i64>(1)? as u64);
            trial.state = known_state(&row.get::<_, String>(2)?);
            let moment = |text: Option<String>| text.and_then(|text| time::from_text(&text));
            trial.started = moment(row.get(3)?);
            trial.finished = moment(row.get(4)?);
            trials.insert(row.get(0)?, trial);
            Ok(())
        },
    )?;
    let mut domains: HashMap<String, Option<Domain>> = HashMap::new();
    let mut unreadable = None;
    each(
        connection,
        "SELECT t.trial_id, x.param_name, x.param_value, x.distribution_json
           FROM trials t JOIN trial_params x ON x.trial_id = t.trial_id",
        rows,
        |row| {
            let Some(trial) = trials.get_mut(&row.get(0)?) else { return Ok(()) };
            let (key, internal, text): (String, f64, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let domain = domains.entry(text).or_insert_with_key(|text| distribution::from_json(text));
            match domain.as_ref().and_then(|domain| distribution::from_internal(domain, internal)) {
                Some(value) => {
                    trial.params.insert(key, value);
                }
                None => {
                    let text: String = row.get(3)?;
                    unreadable.get_or_insert((format!("the distribution of `{key}`"), text));
                }
            }
            Ok(())
        },
    )?;
    if let Some(unreadable) = unreadable {
        return Ok(Err(unreadable));
    }
    each(
        connection,
        "SELECT t.trial_id, x.value, x.value_type, x.objective
           FROM trials t JOIN trial_values x ON x.trial_id = t.trial_id",
        rows,
        |row| {
            if let Some(trial) = trials.get_mut(&row.get(0)?) {
                let value = number(row, 1)?;
                match row.get::<_, i64>(3)? {
                    0 => trial.value = Some(value),
                    objective => {
                        let place = objective as usize - 1;
                        trial.further.resize(trial.further.len().max(place + 1), f64::NAN);
                        trial.further[place] = value;
                    }
                }
            }
            Ok(())
        },
    )?;
    each(
        connection,
        "SELECT t.trial_id, x.intermediate_value, x.intermediate_value_type, x.step
           FROM trials t JOIN trial_intermediate_values x ON x.trial_id = t.trial_id",
        rows,
        |row| {
            if let Some(trial) = trials.get_mut(&row.get(0)?) {
                trial.report(row.get::<_, i64>(3)? as u64, number(row, 1)?);
            }
            Ok(())
        },
    )?;
    for (scope, sql) in [
        (
            Scope::User,
            "SELECT t.trial_id, x.\"key\", x.value_json
               FROM trials t JOIN trial_user_attributes x ON x.trial_id = t.trial_id",
        ),
        (
            Scope::System,
            "SELECT t.trial_id, x.\"key\", x.value_json
               FROM trials t JOIN trial_system_attributes x ON x.trial_id = t.trial_id",
        ),
    ] {
        each(connection, sql, rows, |row| {
            if let Some(trial) = trials.get_mut(&row.get(0)?) {
                let attributes = if scope == Scope::User { &mut trial.user } else { &mut trial.system };
                attributes.insert(row.get(1)?, row.get(2)?);
            }
            Ok(())
        })?;
    }
    trials.values_mut().for_each(interpret);
    let mut trials: Vec<(i64, TrialRecord)> = trials.into_iter().collect();
    trials.sort_by_key(|(_, trial)| trial.number);
    Ok(Ok(trials))
}

/// Turns the attributes that stand for outcomes back into outcomes.
fn interpret(trial: &mut TrialRecord) {
    trial.system.remove(OWNER);
    if trial.system.remove(PAUSED).is_some() && trial.state == TrialState::Pruned {
        trial.state = TrialState::Paused;
    }
    if trial.state != TrialState::Failed {
        return;
    }
    if let Some(text) = trial.user.remove(DIVERGED) {
        let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        trial.state = TrialState::Diverged;
        trial.diverged_at = json["step"].as_u64();
        trial.reason = json["reason"].as_str().map(str::to_owned);
    } else if let Some(text) = trial.user.remove(FAIL_REASON) {
        trial.reason = Some(serde_json::from_str(&text).unwrap_or(text));
    }
}

/// A number in one column and its type in the next.
fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<f64> {
    Ok(match row.get::<_, String>(column + 1)?.as_str() {
        "INF_POS" => f64::INFINITY,
        "INF_NEG" => f64::NEG_INFINITY,
        "NAN" => f64::NAN,
        _ => row.get::<_, Option<f64>>(column)?.unwrap_or(f64::NAN),
    })
}

fn each(
    connection: &Connection,
    select: &str,
    rows: Rows,
    mut act: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let sql = format!("{select} WHERE t.study_id = ?1 AND t.trial_id > ?2 AND t.trial_id <= ?3");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query((rows.study, rows.after, rows.last))?;
    while let Some(row) = found.next()? {
        act(row)?;
    }
    Ok(())
}

/// The rows of the trials that wait, from the index that holds nothing else.
pub(super) fn waiting(connection: &Connection, study: i64) -> rusqlite::Result<BTreeSet<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT trial_id FROM trials WHERE study_id = ?1 AND state = 'WAITING'")?;
    statement.query_map([study], |row| row.get(0))?.collect()
}

/// The rows of the trials that are paused.
pub(super) fn paused(connection: &Connection, study: i64) -> rusqlite::Result<BTreeSet<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT t.trial_id FROM trials t JOIN trial_system_attributes x ON x.trial_id = t.trial_id AND x.\"key\" = ?2
          WHERE t.study_id = ?1 AND t.state = 'PRUNED'",
    )?;
    statement.query_map((study, PAUSED), |row| row.get(0))?.collect()
}

/// The row of a trial.
pub(super) fn row_of(connection: &Connection, study: i64, trial: u64) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT trial_id FROM trials WHERE study_id = ?1 AND number = ?2")?
        .query_row((study, trial as i64), |row| row.get(0))
        .optional()
}

pub(crate) fn study_row(connection: &Connection, name: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT study_id FROM studies WHERE study_name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

/// A study's directions, one per objective.
pub(crate) fn directions(connection: &Connection, study: i64) -> rusqlite::Result<Vec<Direction>> {
    let mut statement = connection
        .prepare_cached("SELECT direction FROM study_directions WHERE study_id = ?1 ORDER BY objective")?;
    let direction = |row: &Row<'_>| {
        Ok(match row.get::<_, String>(0)?.as_str() {
            "MAXIMIZE" => Direction::Maximize,
            _ => Direction::Minimize,
        })
    };
    statement.query_map([study], direction)?.collect()
}

pub(crate) fn study_attributes(
    connection: &Connection,
    study: i64,
    scope: Scope,
) -> rusqlite::Result<Attributes> {
    let sql = match scope {
        Scope::User => "SELECT \"key\", value_json FROM study_user_attributes WHERE study_id = ?1",
        Scope::System => "SELECT \"key\", value_json FROM study_system_attributes WHERE study_id = ?1",
    };
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map([study], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// What was searched under each name, by the first trial that has it (Optuna's measure of what may change).
pub(super) fn first_domains(connection: &Connection, study: i64) -> rusqlite::Result<Vec<(String, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT x.param_name, x.distribution_json, MIN(x.param_id)
           FROM trials t JOIN trial_params x ON x.trial_id = t.trial_id WHERE t.study_id = ?1
          GROUP BY x.param_name ORDER BY MIN(x.param_id)",
    )?;
    statement.query_map([study], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// The study's space: the one it was opened with last, or, for a study of another program, the names and ranges its
/// trials have, without conditions.
pub(crate) fn study_space(
    connection: &Connection,
    study: i64,
    system: &Attributes,
) -> rusqlite::Result<Result<Space, Unreadable>> {
    if let Some(text) = system.get(SPACE) {
        return Ok(space::from_json(text).ok_or_else(|| ("the space".to_owned(), text.clone())));
    }
    let mut space = Space::new();
    for (key, text) in first_domains(connection, study)? {
        let Some(domain) = distribution::from_json(&text) else {
            return Ok(Err((format!("the distribution of `{key}`"), text)));
        };
        space.push(Dimension { key, domain, when: Vec::new() });
    }
    Ok(Ok(space))
}

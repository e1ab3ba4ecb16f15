//! Writing rows: one function per change.

use std::time::SystemTime;

use rusqlite::types::Null;
use rusqlite::{Connection, OptionalExtension, params};
use tunesmith_core::{Params, Space};
use tunesmith_tuner::{Scope, StorageError, TrialRecord, TrialState};

use crate::{distribution, owner, time};

/// User attributes in which outcomes that Optuna has no state for are kept.
pub(crate) const DIVERGED: &str = "diverged";
pub(crate) const FAIL_REASON: &str = "fail_reason";
/// System attributes of this crate.
pub(crate) const OWNER: &str = "tunesmith:owner";
pub(crate) const SPACE: &str = "tunesmith:space";
/// On a trial that Optuna sees as pruned and that may go on.
pub(crate) const PAUSED: &str = "tunesmith:paused";

/// Optuna's name of a state.
pub(super) const fn state_name(state: TrialState) -> &'static str {
    match state {
        TrialState::Waiting => "WAITING",
        TrialState::Running => "RUNNING",
        TrialState::Complete => "COMPLETE",
        TrialState::Pruned | TrialState::Paused => "PRUNED",
        TrialState::Diverged | TrialState::Failed => "FAIL",
    }
}

/// A number as Optuna stores it: what is not finite is a type without a value.
fn number(x: f64) -> (Option<f64>, &'static str) {
    match x {
        _ if x.is_finite() => (Some(x), "FINITE"),
        _ if x.is_nan() => (None, "NAN"),
        _ if x > 0.0 => (None, "INF_POS"),
        _ => (None, "INF_NEG"),
    }
}

/// Adds a trial, but for its settings; returns its row and its number.
pub(super) fn insert_trial(
    connection: &Connection,
    study: i64,
    trial: &TrialRecord,
) -> rusqlite::Result<(i64, u64)> {
    let last: Option<i64> = connection
        .prepare_cached("SELECT number FROM trials WHERE study_id = ?1 ORDER BY trial_id DESC LIMIT 1")?
        .query_row([study], |row| row.get(0))
        .optional()?;
    let number = last.map_or(0, |last| last + 1);
    connection
        .prepare_cached(
            "INSERT INTO trials (number, study_id, state, datetime_start) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![number, study, state_name(trial.state), trial.started.map(time::to_text)])?;
    let row = connection.last_insert_rowid();
    for (scope, attributes) in [(Scope::User, &trial.user), (Scope::System, &trial.system)] {
        for (key, json) in attributes {
            set_attribute(connection, row, scope, key, json)?;
        }
    }
    if trial.state == TrialState::Running {
        own(connection, row)?;
    }
    Ok((row, number as u64))
}

/// Marks a trial as run by this process.
fn own(connection: &Connection, trial: i64) -> rusqlite::Result<()> {
    set_attribute(connection, trial, Scope::System, OWNER, &owner::to_json(trial))?;
    heartbeat(connection, trial)
}

pub(super) fn heartbeat(connection: &Connection, trial: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO trial_heartbeats (trial_id, heartbeat) VALUES (?1, CURRENT_TIMESTAMP)
             ON CONFLICT (trial_id) DO UPDATE SET heartbeat = CURRENT_TIMESTAMP",
        )?
        .execute([trial])
        .map(|_| ())
}

/// Takes the first waiting trial, and returns its row.
pub(super) fn claim(connection: &Connection, study: i64) -> rusqlite::Result<Option<i64>> {
    loop {
        let waiting: Option<i64> = connection
            .prepare_cached(
                "SELECT trial_id FROM trials WHERE study_id = ?1 AND state = 'WAITING' ORDER BY trial_id LIMIT 1",
            )?
            .query_row([study], |row| row.get(0))
            .optional()?;
        let Some(trial) = waiting else { return Ok(None) };
        // The transaction excludes other writers; the condition is for a database that is shared less strictly.
        let claimed = connection
            .prepare_cached(
                "UPDATE trials SET state = 'RUNNING', datetime_start = ?2 WHERE trial_id = ?1 AND state = 'WAITING'",
            )?
            .execute(params![trial, time::to_text(SystemTime::now())])?;
        if claimed == 1 {
            own(connection, trial)?;
            return Ok(Some(trial));
        }
    }
}

/// The error for a trial that does not run, or nothing.
fn running(connection: &Connection, row: i64, trial: u64) -> rusqlite::Result<Result<(), StorageError>> {
    let state: Option<String> = connection
        .prepare_cached("SELECT state FROM trials WHERE trial_id = ?1")?
        .query_row([row], |row| row.get(0))
        .optional()?;
    Ok(match state.as_deref() {
        Some("RUNNING") => Ok(()),
        None => Err(StorageError::NoSuchTrial { trial }),
        Some(state) => Err(StorageError::NotRunning { trial, state: known_state(state).name() }),
    })
}

/// The state of Optuna's name; a failed one may yet turn out to be diverged.
pub(super) fn known_state(name: &str) -> TrialState {
    match name {
        "WAITING" => TrialState::Waiting,
        "RUNNING" => TrialState::Running,
        "COMPLETE" => TrialState::Complete,
        "PRUNED" => TrialState::Pruned,
        _ => TrialState::Failed,
    }
}

pub(super) fn set_params(
    connection: &Connection,
    row: i64,
    trial: u64,
    params: &Params,
    space: &Space,
) -> rusqlite::Result<Result<(), StorageError>> {
    if let Err(refused) = running(connection, row, trial)? {
        return Ok(Err(refused));
    }
    insert_params(connection, row, params, space)?;
    Ok(Ok(()))
}

/// Writes all settings, in the order of the space: dashboards show them so.
pub(super) fn insert_params(
    connection: &Connection,
    row: i64,
    params: &Params,
    space: &Space,
) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM trial_params WHERE trial_id = ?1")?.execute([row])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for dimension in space.dimensions() {
        let Some(value) = params.get(&dimension.key) else { continue };
        let internal = distribution::to_internal(&dimension.domain, value);
        insert.execute(params![row, dimension.key, internal, distribution::to_json(&dimension.domain)])?;
    }
    Ok(())
}

pub(super) fn report(connection: &Connection, row: i64, step: u64, value: f64) -> rusqlite::Result<()> {
    let (value, kind) = number(value);
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO trial_intermediate_values
               (trial_id, step, intermediate_value, intermediate_value_type)
             SELECT ?1, ?2, ?3, ?4 FROM trials WHERE trial_id = ?1 AND state = 'RUNNING'",
        )?
        .execute(params![row, step as i64, value, kind])
        .map(|_| ())
}

pub(super) fn finish(
    connection: &Connection,
    row: i64,
    trial: &TrialRecord,
) -> rusqlite::Result<Result<(), StorageError>> {
    if let Err(refused) = running(connection, row, trial.number)? {
        return Ok(Err(refused));
    }
    for (objective, value) in trial.values().enumerate() {
        let (value, kind) = number(value);
        connection
            .prepare_cached(
                "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![row, objective as i64, value, kind])?;
    }
    if trial.state == TrialState::Paused {
        set_attribute(connection, row, Scope::System, PAUSED, "true")?;
    }
    let reason = trial.reason.as_deref().unwrap_or_default();
    if trial.state == TrialState::Diverged {
        let json =
            serde_json::json!({ "step": trial.diverged_at.unwrap_or(0), "reason": reason }).to_string();
        set_attribute(connection, row, Scope::User, DIVERGED, &json)?;
    } else if trial.reason.is_some() {
        set_attribute(connection, row, Scope::User, FAIL_REASON, &serde_json::json!(reason).to_string())?;
    }
    end(connection, row, trial.state, trial.finished)?;
    Ok(Ok(()))
}

/// Sets the final state of a trial.
pub(super) fn end(
    connection: &Connection,
    row: i64,
    state: TrialState,
    finished: Option<SystemTime>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE trials SET state = ?2, datetime_complete = ?3 WHERE trial_id = ?1")?
        .execute(params![row, state_name(state), finished.map(time::to_text)])
        .map(|_| ())
}

pub(super) fn put_back(
    connection: &Connection,
    row: i64,
    trial: u64,
) -> rusqlite::Result<Result<(), StorageError>> {
    if let Err(refused) = running(connection, row, trial)? {
        return Ok(Err(refused));
    }
    for sql in [
        "DELETE FROM trial_intermediate_values WHERE trial_id = ?1",
        "DELETE FROM trial_heartbeats WHERE trial_id = ?1",
        "DELETE FROM trial_system_attributes WHERE trial_id = ?1 AND \"key\" = 'tunesmith:owner'",
    ] {
        connection.prepare_cached(sql)?.execute([row])?;
    }
    connection
        .prepare_cached("UPDATE trials SET state = 'WAITING', datetime_start = ?2 WHERE trial_id = ?1")?
        .execute(params![row, Null])?;
    Ok(Ok(()))
}

/// Lets a paused trial run again; false when it is not paused any more.
pub(super) fn resume(connection: &Connection, row: i64) -> rusqlite::Result<bool> {
    let was_paused = connection
        .prepare_cached("DELETE FROM trial_system_attributes WHERE trial_id = ?1 AND \"key\" = ?2")?
        .execute(params![row, PAUSED])?;
    if was_paused == 0 {
        return Ok(false);
    }
    connection.prepare_cached("DELETE FROM trial_values WHERE trial_id = ?1")?.execute([row])?;
    connection
        .prepare_cached("UPDATE trials SET state = 'RUNNING', datetime_complete = NULL WHERE trial_id = ?1")?
        .execute([row])?;
    own(connection, row)?;
    Ok(true)
}

pub(super) fn set_attribute(
    connection: &Connection,
    row: i64,
    scope: Scope,
    key: &str,
    json: &str,
) -> rusqlite::Result<()> {
    set_attribute_of("trial", connection, row, scope, key, json)
}

pub(super) fn set_study_attribute(
    connection: &Connection,
    study: i64,
    scope: Scope,
    key: &str,
    json: &str,
) -> rusqlite::Result<()> {
    set_attribute_of("study", connection, study, scope, key, json)
}

/// Sets an attribute of a trial or of a study, which are kept alike.
fn set_attribute_of(
    owner: &str,
    connection: &Connection,
    row: i64,
    scope: Scope,
    key: &str,
    json: &str,
) -> rusqlite::Result<()> {
    let scope = match scope {
        Scope::User => "user",
        Scope::System => "system",
    };
    let sql = format!(
        "INSERT INTO {owner}_{scope}_attributes ({owner}_id, \"key\", value_json) VALUES (?1, ?2, ?3)
         ON CONFLICT ({owner}_id, \"key\") DO UPDATE SET value_json = excluded.value_json"
    );
    connection.prepare_cached(&sql)?.execute(params![row, key, json]).map(|_| ())
}

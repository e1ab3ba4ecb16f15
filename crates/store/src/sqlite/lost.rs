//! Trials whose process is gone: they fail, and a copy of each waits.

use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, params};
use tunesmith_tuner::{MOST_RETRIES, Scope, StorageError, TrialState};

use super::read::{self, Rows};
use super::rows::{self, FAIL_REASON, OWNER};
use crate::owner::{self, Life};

/// A trial without a sign of life for so many seconds is lost, if its process cannot be looked at: twice Optuna's usual
/// interval, and twelve of ours.
const GRACE_SECONDS: i64 = 120;

/// Fails the lost trials, adds their copies, and returns their numbers.
///
/// One whose settings cannot be read fails too, without a copy: its process is gone whatever they say, an error would
/// keep the others from being repeated, and whoever reads the study is told of the text anyway.
pub(super) fn requeue(
    connection: &Connection,
    study: i64,
) -> rusqlite::Result<Result<Vec<u64>, StorageError>> {
    let mut lost = Vec::new();
    for (row, number, beat_age) in running(connection, study)? {
        if !is_lost(connection, row, beat_age)? {
            continue;
        }
        let mut reason = "lost: its process ended".to_owned();
        let trial = match read::trials(connection, Rows::one(study, row))? {
            Ok(trials) => trials.into_iter().next().map(|(_, trial)| trial),
            Err((what, text)) => {
                reason +=
                    &format!("; not repeated, because {what} is stored as {text:?}, which cannot be read");
                None
            }
        };
        let json = serde_json::json!(reason).to_string();
        rows::set_attribute(connection, row, Scope::User, FAIL_REASON, &json)?;
        rows::end(connection, row, TrialState::Failed, Some(SystemTime::now()))?;
        lost.push(number as u64);
        let Some(trial) = trial.filter(|trial| trial.retry_history().len() < MOST_RETRIES) else { continue };
        let (copy, _) = rows::insert_trial(connection, study, &trial.retry(0))?;
        connection
            .prepare_cached(
                "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)
                 SELECT ?2, param_name, param_value, distribution_json FROM trial_params
                  WHERE trial_id = ?1 ORDER BY param_id",
            )?
            .execute(params![row, copy])?;
    }
    Ok(Ok(lost))
}

/// The rows and numbers of the running trials, and how many seconds ago each gave a sign of life, if ever.
fn running(connection: &Connection, study: i64) -> rusqlite::Result<Vec<(i64, i64, Option<i64>)>> {
    let mut statement = connection.prepare_cached(
        "SELECT t.trial_id, t.number, CAST(strftime('%s', 'now') AS INTEGER) - CAST(strftime('%s', h.heartbeat) AS INTEGER)
           FROM trials t LEFT JOIN trial_heartbeats h ON h.trial_id = t.trial_id
          WHERE t.study_id = ?1 AND t.state = 'RUNNING' ORDER BY t.trial_id",
    )?;
    statement.query_map([study], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

fn is_lost(connection: &Connection, row: i64, beat_age: Option<i64>) -> rusqlite::Result<bool> {
    let owner: Option<String> = connection
        .prepare_cached(
            "SELECT value_json FROM trial_system_attributes WHERE trial_id = ?1 AND \"key\" = ?2",
        )?
        .query_row(params![row, OWNER], |row| row.get(0))
        .optional()?;
    Ok(match owner.map_or(Life::Unknown, |owner| owner::life(&owner, row)) {
        Life::Alive => false,
        Life::Gone => true,
        // A trial that never gave a sign, such as one of Optuna's without heartbeats, cannot be missed.
        Life::Unknown => beat_age.is_some_and(|age| age > GRACE_SECONDS),
    })
}

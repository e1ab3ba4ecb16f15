//! The tables, as Optuna 5.0.0 creates them, and two indexes of our own.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::Error;

/// The revision of the schema that Optuna 5.0 expects.
pub(crate) const ALEMBIC_HEAD: &str = "v3.2.0.a";
/// Optuna's own number of the schema, frozen since it uses revisions.
const SCHEMA_VERSION: i64 = 12;

const TABLES: &str = r#"
CREATE TABLE studies (study_id INTEGER NOT NULL, study_name VARCHAR(512) NOT NULL, PRIMARY KEY (study_id));
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE TABLE version_info (version_info_id INTEGER NOT NULL, schema_version INTEGER, library_version VARCHAR(256),
  PRIMARY KEY (version_info_id), CHECK (version_info_id=1));
CREATE TABLE study_directions (study_direction_id INTEGER NOT NULL, direction VARCHAR(8) NOT NULL,
  study_id INTEGER NOT NULL, objective INTEGER NOT NULL, PRIMARY KEY (study_direction_id),
  UNIQUE (study_id, objective), FOREIGN KEY(study_id) REFERENCES studies (study_id));
CREATE TABLE study_user_attributes (study_user_attribute_id INTEGER NOT NULL, study_id INTEGER, "key" VARCHAR(512),
  value_json TEXT, PRIMARY KEY (study_user_attribute_id), UNIQUE (study_id, "key"),
  FOREIGN KEY(study_id) REFERENCES studies (study_id));
CREATE TABLE study_system_attributes (study_system_attribute_id INTEGER NOT NULL, study_id INTEGER,
  "key" VARCHAR(512), value_json TEXT, PRIMARY KEY (study_system_attribute_id), UNIQUE (study_id, "key"),
  FOREIGN KEY(study_id) REFERENCES studies (study_id));
CREATE TABLE trials (trial_id INTEGER NOT NULL, number INTEGER, study_id INTEGER, state VARCHAR(8) NOT NULL,
  datetime_start DATETIME, datetime_complete DATETIME, PRIMARY KEY (trial_id),
  FOREIGN KEY(study_id) REFERENCES studies (study_id));
CREATE INDEX ix_trials_study_id ON trials (study_id);
CREATE TABLE trial_user_attributes (trial_user_attribute_id INTEGER NOT NULL, trial_id INTEGER, "key" VARCHAR(512),
  value_json TEXT, PRIMARY KEY (trial_user_attribute_id), UNIQUE (trial_id, "key"),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_system_attributes (trial_system_attribute_id INTEGER NOT NULL, trial_id INTEGER,
  "key" VARCHAR(512), value_json TEXT, PRIMARY KEY (trial_system_attribute_id), UNIQUE (trial_id, "key"),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_params (param_id INTEGER NOT NULL, trial_id INTEGER, param_name VARCHAR(512), param_value FLOAT,
  distribution_json TEXT, PRIMARY KEY (param_id), UNIQUE (trial_id, param_name),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_values (trial_value_id INTEGER NOT NULL, trial_id INTEGER NOT NULL, objective INTEGER NOT NULL,
  value FLOAT, value_type VARCHAR(7) NOT NULL, PRIMARY KEY (trial_value_id), UNIQUE (trial_id, objective),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_intermediate_values (trial_intermediate_value_id INTEGER NOT NULL, trial_id INTEGER NOT NULL,
  step INTEGER NOT NULL, intermediate_value FLOAT, intermediate_value_type VARCHAR(7) NOT NULL,
  PRIMARY KEY (trial_intermediate_value_id), UNIQUE (trial_id, step),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_heartbeats (trial_heartbeat_id INTEGER NOT NULL, trial_id INTEGER NOT NULL,
  heartbeat DATETIME NOT NULL, PRIMARY KEY (trial_heartbeat_id), UNIQUE (trial_id),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
"#;

/// Optuna finds the waiting and the running trials by reading all; these hold only those few. It ignores them.
const INDEXES: &str = "
CREATE INDEX IF NOT EXISTS x_waiting_trials ON trials (study_id, trial_id) WHERE state = 'WAITING';
CREATE INDEX IF NOT EXISTS x_running_trials ON trials (study_id, trial_id) WHERE state = 'RUNNING';
";

/// What a database holds.
pub(super) enum Content {
    Nothing,
    Studies,
}

/// Looks at what a database holds, without changing it.
pub(super) fn content(connection: &Connection, file: &Path, waited: Duration) -> Result<Content, Error> {
    let failed = |error| Error::of(file, error, waited);
    let tables = names(connection, "table").map_err(failed)?;
    if tables.is_empty() {
        return Ok(Content::Nothing);
    }
    let has = |table: &str| tables.iter().any(|name| name == table);
    if !has("studies") || !has("trials") || !has("version_info") {
        return Err(Error::Foreign { file: file.to_owned(), tables });
    }
    let found = if has("alembic_version") {
        connection.query_row("SELECT version_num FROM alembic_version", [], |row| row.get::<_, String>(0))
    } else {
        connection.query_row("SELECT schema_version FROM version_info", [], |row| {
            // Optuna marks such a database as up to date itself.
            row.get(0).map(|version: i64| {
                if version == SCHEMA_VERSION { ALEMBIC_HEAD.to_owned() } else { version.to_string() }
            })
        })
    };
    match found.optional().map_err(failed)? {
        Some(found) if found == ALEMBIC_HEAD => Ok(Content::Studies),
        found => {
            let found = found.unwrap_or_else(|| "of no version".to_owned());
            Err(Error::OtherSchema { file: file.to_owned(), found })
        }
    }
}

/// Makes the tables, if nobody else has made them meanwhile; all or nothing.
pub(super) fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if is_empty(&transaction)? {
        transaction.execute_batch(TABLES)?;
        let library = concat!("tunesmith ", env!("CARGO_PKG_VERSION"));
        transaction.execute("INSERT INTO version_info VALUES (1, ?1, ?2)", (SCHEMA_VERSION, library))?;
        transaction.execute("INSERT INTO alembic_version VALUES (?1)", [ALEMBIC_HEAD])?;
    }
    transaction.execute_batch(INDEXES)?;
    transaction.commit()
}

/// Adds what this crate wants beside Optuna's tables.
pub(super) fn complete(connection: &Connection) -> rusqlite::Result<()> {
    // Only when something is missing: even an empty change waits for the lock.
    if !names(connection, "index")?.iter().any(|name| name == "x_running_trials") {
        connection.execute_batch(INDEXES)?;
    }
    if !names(connection, "table")?.iter().any(|name| name == "alembic_version") {
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL,
               CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
             INSERT OR IGNORE INTO alembic_version VALUES ('v3.2.0.a');",
        )?;
    }
    Ok(())
}

/// Whether the database holds no table.
pub(super) fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(names(connection, "table")?.is_empty())
}

fn names(connection: &Connection, kind: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(
        "SELECT name FROM sqlite_master WHERE type = ?1 AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )?;
    statement.query_map([kind], |row| row.get(0))?.collect()
}

//! Where a study lives: SQLite files in Optuna 5's schema.
//!
//! [`SqliteStorage`] is a [`tunesmith_tuner::Storage`]; [`Reader`] lists and loads studies without changing anything;
//! [`Url`] reads SQLAlchemy's form of a place. The files are Optuna's own (schema revision `v3.2.0.a`, which Optuna 5.0
//! expects): its Python library continues a study begun here and the other way round, and optuna-dashboard serves it.
//!
//! | here | in the file |
//! |---|---|
//! | a choice | `CategoricalDistribution`, the value as a place in the list |
//! | a reverse-log range | `FloatDistribution` without `log`; the study's own space, in the system attribute `tunesmith:space`, knows better |
//! | a dimension under a condition | a parameter of the trials that have it |
//! | diverged | `FAIL`, with the user attribute `diverged`: `{"step": 3, "reason": "..."}` |
//! | failed | `FAIL`, with the user attribute `fail_reason` |
//! | lost with its process | `FAIL`, and a waiting copy with `failed_trial` and `retry_history`, as Optuna's retry callback makes |
//! | put back | `WAITING` again, settings kept |
//! | who runs a trial | the system attribute `tunesmith:owner` and `trial_heartbeats` |

mod error;

mod distribution;
mod owner;
mod space;
mod time;

mod url;

mod reader;
mod sqlite;

pub use error::Error;
pub use reader::{Reader, StoredStudy, StudySummary};
pub use sqlite::{Options, SqliteStorage};
pub use time::to_text as utc_text;
pub use url::Url;

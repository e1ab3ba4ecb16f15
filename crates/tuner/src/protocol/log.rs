//! The log of a conversation, and its replay: every answer must come again.

use std::fmt;
use std::io::{self, BufRead};
use std::sync::Arc;
use std::time::Duration;

use tunesmith_core::{Table, Value};

use super::Conversation;
use super::answers::object;
use crate::MemoryStorage;
use crate::attributes::json;

/// The line with which each session begins in a log.
pub const SESSION: &str = r#"{"session":"tunesmith serve"}"#;

/// One line in and its answer, as a line of a log: `{"at":1200,"in":"...","out":"..."}`.
///
/// ```
/// use std::time::Duration;
/// use tunesmith_tuner::protocol::{Conversation, Exchange, SESSION, replay};
/// let mut conversation = Conversation::new();
/// let mut log = format!("{SESSION}\n");
/// for line in [r#"{"space": {"x": {"float": [0, 1]}}}"#, r#"{"ask": true}"#] {
///     log.push_str(&Exchange::new(&mut conversation, line, Duration::ZERO).to_line());
///     log.push('\n');
/// }
/// assert_eq!(replay(log.as_bytes()).unwrap().exchanges, 2);
/// assert!(replay(log.replace(r#"\"trial\":0"#, r#"\"trial\":1"#).as_bytes()).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exchange {
    /// When the line came, since the conversation began; whole microseconds.
    pub at: Duration,
    /// The line as it came.
    pub input: String,
    /// The answer as it went.
    pub output: String,
}

impl Exchange {
    /// Lets a conversation answer a line.
    ///
    /// # Panics
    /// When the sampler suggests what is not in the space.
    pub fn new(conversation: &mut Conversation, line: &str, elapsed: Duration) -> Self {
        // Whole microseconds, so that the log holds exactly the time that was decided by.
        let at = Duration::from_micros(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX));
        Self { at, input: line.to_owned(), output: conversation.answer_at(line, at) }
    }

    /// The line of a log, without its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        let micros = i64::try_from(self.at.as_micros()).unwrap_or(i64::MAX);
        json(&object([
            ("at", Value::Int(micros)),
            ("in", Value::from(self.input.as_str())),
            ("out", Value::from(self.output.as_str())),
        ]))
    }

    fn parse(line: &str) -> Option<Self> {
        let table: Table = serde_json::from_str(line).ok()?;
        let text = |key: &str| table.get(key)?.as_str().map(str::to_owned);
        let micros = u64::try_from(table.get("at")?.as_i64()?).ok()?;
        Some(Self { at: Duration::from_micros(micros), input: text("in")?, output: text("out")? })
    }
}

/// What was replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Replayed {
    /// Conversations.
    pub sessions: usize,
    /// Lines in, each with the same answer as before.
    pub exchanges: usize,
}

/// Why a log could not be replayed.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReplayError {
    /// The log cannot be read.
    Read(io::Error),
    /// A line is not one of a log.
    NotALog {
        /// The line's number, from 1.
        line: usize,
    },
    /// An answer is not what it was.
    Differs {
        /// The line's number, from 1.
        line: usize,
        /// What was said.
        input: String,
        /// What was answered then.
        then: String,
        /// What is answered now.
        now: String,
    },
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "cannot be read: {error}"),
            Self::NotALog { line } => {
                write!(f, "line {line} is no line of a log, a log is what `serve --stdio --log FILE` writes")
            }
            Self::Differs { line, input, then, now } => write!(
                f,
                "line {line}: {input} was answered {then} and is now answered {now}; a study that began with stored \
                 trials, was shared with other processes, or ran with another version cannot be replayed"
            ),
        }
    }
}

impl std::error::Error for ReplayError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(error) => Some(error),
            _ => None,
        }
    }
}

/// Has every conversation of a log again, with its studies in memory, and compares every answer with the logged one.
///
/// The last line of a session may be torn: its process was killed while it wrote.
///
/// # Errors
/// The first answer that differs, the first line that is not of a log, or a failure to read.
pub fn replay(log: impl BufRead) -> Result<Replayed, ReplayError> {
    let mut replayed = Replayed::default();
    let mut conversation = None;
    let mut torn = None;
    for (index, line) in log.lines().enumerate() {
        let (number, line) = (index + 1, line.map_err(ReplayError::Read)?);
        if line == SESSION {
            replayed.sessions += 1;
            torn = None;
            conversation = Some(Conversation::new().storages(|_| Ok(Arc::new(MemoryStorage::new()))));
            continue;
        }
        if let Some(line) = torn {
            return Err(ReplayError::NotALog { line });
        }
        let (Some(conversation), logged) = (&mut conversation, Exchange::parse(&line)) else {
            return Err(ReplayError::NotALog { line: number });
        };
        let Some(logged) = logged else {
            torn = Some(number);
            continue;
        };
        let again = Exchange::new(conversation, &logged.input, logged.at);
        if again.output != logged.output {
            let (input, then, now) = (logged.input, logged.output, again.output);
            return Err(ReplayError::Differs { line: number, input, then, now });
        }
        replayed.exchanges += 1;
    }
    Ok(replayed)
}

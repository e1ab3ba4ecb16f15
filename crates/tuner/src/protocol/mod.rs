//! The conversation in JSON lines by which any language uses the tuner: one object in, one object out.
//!
//! | in | out |
//! |---|---|
//! | `{"space": {...}, ...}` opens a study | `{"study": "study", "trials": 0, ...}` |
//! | `{"ask": true}` | `{"trial": 0, "params": {...}, "seed": 7}`; with a fidelity also `"until": 3`: run to that step, then report; `"resume": true, "step": 3` for a trial that was paused there |
//! | `{"report": {"trial": 0, "step": 3, "value": 0.7}}` | `{"decision": "continue", "until": 9}`, or `"pause"`, or `"stop"` |
//! | `{"tell": {"trial": 0, "value": 0.31}}` | `{"best": {"trial": 0, "value": 0.31, "params": {...}}}` |
//! | `{"best": true}`, `{"trials": true}`, `{"importance": true}` | what is known |
//! | `{"enqueue": {...}}`, `{"attributes": {...}}` | what to try next; what people want to remember |
//! | anything else | `{"error": "..."}`, and nothing has changed |
//!
//! Steps count from 1 here: a report at step 3 comes after three steps. Numbers that JSON does not have are the texts
//! `"nan"`, `"inf"` and `"-inf"`; null is not a number either. The same seed and the same lines give the same answers,
//! so a conversation can be [replayed](replay()) from its [log](Exchange).

mod fields;
mod space;

mod opening;

mod answers;
mod opened;

mod log;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tunesmith_core::{Error, Table, Value};

pub use log::{Exchange, ReplayError, Replayed, SESSION, replay};

pub use space::read_space;

use crate::attributes::json;
use crate::{Storage, StorageError, Study};
use answers::object;
use opened::Opened;
use opening::Opening;

/// What may be said once a study is open.
const VERBS: &[&str] = &["ask", "report", "tell", "best", "trials", "enqueue", "attributes", "importance"];

/// Why a message is not followed: one line that names the place and the cure.
#[derive(Debug)]
struct Refused(String);

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

impl From<StorageError> for Refused {
    fn from(error: StorageError) -> Self {
        Self(error.to_string())
    }
}

type OpenStorage = Box<dyn Fn(&str) -> Result<Arc<dyn Storage>, String> + Send>;

/// A conversation about one study.
///
/// ```
/// use tunesmith_tuner::protocol::Conversation;
/// let mut conversation = Conversation::new();
/// conversation.answer(r#"{"space": {"x": {"float": [-5, 5]}}, "seed": 1}"#);
/// for trial in 0..30 {
///     let asked: serde_json::Value = serde_json::from_str(&conversation.answer(r#"{"ask": true}"#)).unwrap();
///     assert_eq!(asked["trial"], trial);
///     let x = asked["params"]["x"].as_f64().unwrap();
///     conversation.answer(&format!(r#"{{"tell": {{"trial": {trial}, "value": {}}}}}"#, (x - 2.0).powi(2)));
/// }
/// assert!(conversation.study().unwrap().best().unwrap().value.unwrap() < 0.1);
/// let error = conversation.answer(r#"{"tel": {"trial": 0}}"#);
/// assert_eq!(error, r#"{"error":"unknown key `tel`, did you mean `tell`?"}"#);
/// ```
pub struct Conversation {
    began: Instant,
    open_storage: Option<OpenStorage>,
    opened: Option<Opened>,
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation").field("study", &self.study().map(Study::name)).finish_non_exhaustive()
    }
}

impl Default for Conversation {
    fn default() -> Self {
        Self::new()
    }
}

impl Conversation {
    /// A conversation that keeps its study in memory.
    #[must_use]
    pub fn new() -> Self {
        Self { began: Instant::now(), open_storage: None, opened: None }
    }

    /// The same, with a function that opens the storage a message names by `"storage": URL`, or says in one line why it
    /// cannot.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tunesmith_tuner::{MemoryStorage, protocol::Conversation};
    /// let mut conversation = Conversation::new().storages(|url| match url {
    ///     "memory" => Ok(Arc::new(MemoryStorage::new())),
    ///     other => Err(format!("`{other}` is no storage, write memory")),
    /// });
    /// let open = |url| format!(r#"{{"space": {{"x": {{"int": [1, 9]}}}}, "storage": "{url}"}}"#);
    /// assert_eq!(conversation.answer(&open("disk")), r#"{"error":"storage: `disk` is no storage, write memory"}"#);
    /// assert!(conversation.answer(&open("memory")).contains(r#""trials":0"#));
    /// ```
    #[must_use]
    pub fn storages(
        mut self,
        open: impl Fn(&str) -> Result<Arc<dyn Storage>, String> + Send + 'static,
    ) -> Self {
        self.open_storage = Some(Box::new(open));
        self
    }

    /// The study, once one is open.
    #[must_use]
    pub fn study(&self) -> Option<&Study> {
        self.opened.as_ref().map(|opened| &opened.study)
    }

    /// Answers one line by one line, without line ends. A line that cannot be followed is answered by
    /// `{"error": "..."}` and changes nothing.
    ///
    /// # Panics
    /// When the sampler suggests what is not in the space.
    pub fn answer(&mut self, line: &str) -> String {
        let elapsed = self.began.elapsed();
        self.answer_at(line, elapsed)
    }

    /// The same at a time since the conversation began that the caller keeps: with the times of a log its answers come
    /// again even where a study has a limit of time.
    ///
    /// # Panics
    /// When the sampler suggests what is not in the space.
    pub fn answer_at(&mut self, line: &str, elapsed: Duration) -> String {
        let answer =
            self.follow(line, elapsed).unwrap_or_else(|Refused(why)| object([("error", why.into())]));
        json(&answer)
    }

    fn follow(&mut self, line: &str, elapsed: Duration) -> Result<Value, Refused> {
        let message: Value = serde_json::from_str(line).map_err(|error| not_json(line, &error))?;
        let Value::Table(message) = message else {
            return Err(Refused(format!("expected one JSON object on each line, found {}", message.kind())));
        };
        if message.contains_key("space") {
            return self.open(&message, elapsed);
        }
        let (verb, said) = verb(&message)?;
        let Some(opened) = &mut self.opened else {
            return Err(Refused(format!(
                "`{verb}` needs a study: begin with {{\"space\": {{\"lr\": {{\"float\": [1e-5, 1], \"scale\": \"log\"}}}}}}"
            )));
        };
        match verb {
            "ask" => opened.ask(said, elapsed),
            "report" => opened.report(said),
            "tell" => opened.tell(said),
            "best" => opened.best(said),
            "trials" => opened.trials(said),
            "enqueue" => opened.enqueue(said),
            "attributes" => opened.attributes(said),
            _ => opened.importance(said),
        }
    }

    fn open(&mut self, message: &Table, elapsed: Duration) -> Result<Value, Refused> {
        if let Some(study) = self.study() {
            return Err(Refused(format!(
                "the study `{}` is open already: a conversation is about one study, begin another for the next",
                study.name()
            )));
        }
        let opening = Opening::read(message)?;
        let storage = match (&opening.storage, &self.open_storage) {
            (None, _) => None,
            (Some(url), Some(open)) => Some(open(url).map_err(|why| Refused(format!("storage: {why}")))?),
            (Some(_), None) => {
                return Err(Refused(
                    "storage: this conversation keeps its study in memory, leave it out".into(),
                ));
            }
        };
        let (opened, answer) = Opened::open(opening, storage, elapsed)?;
        self.opened = Some(opened);
        Ok(answer)
    }
}

/// The one thing a message says.
fn verb(message: &Table) -> Result<(&'static str, &Value), Refused> {
    let known = || VERBS.iter().copied().chain(["space"]);
    let mut found = Vec::new();
    for (key, said) in message {
        match VERBS.iter().find(|verb| *verb == key) {
            Some(verb) => found.push((*verb, said)),
            None if opening::KEYS.contains(&key.as_str()) => {
                return Err(Refused(format!(
                    "`{key}` stands beside \"space\", in the line that opens a study"
                )));
            }
            None => return Err(Error::unknown_key("", key, known().collect::<Vec<_>>()).into()),
        }
    }
    match found[..] {
        [one] => Ok(one),
        [] => Err(Refused(format!(
            "the object is empty, write one of: {}",
            known().collect::<Vec<_>>().join(", ")
        ))),
        [(one, _), (another, _), ..] => {
            Err(Refused(format!("`{one}` and `{another}` in one line: say one thing per line")))
        }
    }
}

fn not_json(line: &str, error: &serde_json::Error) -> Refused {
    let cure = if line.trim().is_empty() {
        "the line is empty, write one JSON object on each line"
    } else if line.contains("NaN") || line.contains("Infinity") {
        "JSON has no NaN and no infinities, write \"nan\", \"inf\" or \"-inf\" in quotes"
    } else {
        "write one JSON object on each line"
    };
    Refused(format!("not JSON: {error}; {cure}"))
}

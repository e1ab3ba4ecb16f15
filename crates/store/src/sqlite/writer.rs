//! The one thread that talks to the database: it gathers what is handed over and writes many changes in one
//! transaction.

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tunesmith_tuner::StorageError;

use super::work::{Call, Change, Work};
use super::{lock, rows};
use crate::Error;

/// Changes that nobody waits for are held back at most this long.
const HOLD: Duration = Duration::from_millis(100);
/// More changes than this are not gathered.
const MOST: usize = 1024;
/// Running trials are marked as alive this often. Optuna takes twice its own interval (often 60 s) for a sign of death.
const HEARTBEAT: Duration = Duration::from_secs(10);

enum Job {
    /// A change somebody waits for.
    Write(Box<dyn Work>),
    /// A change nobody waits for.
    Later(Box<dyn Work>),
    /// A question.
    Read(Box<dyn Work>),
}

/// The caller's end of the thread.
#[derive(Debug)]
pub(super) struct Writer {
    file: PathBuf,
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// What became of changes that nobody waited for, if they failed.
    failed: Arc<Mutex<Option<Error>>>,
    /// Rows of the trials that run in this process.
    alive: Arc<Mutex<BTreeSet<i64>>>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Write(_) => "Write",
            Self::Later(_) => "Later",
            Self::Read(_) => "Read",
        })
    }
}

impl Writer {
    pub(super) fn start(connection: Connection, file: PathBuf, busy_timeout: Duration) -> Self {
        let (jobs, receiver) = channel();
        let alive: Arc<Mutex<BTreeSet<i64>>> = Arc::default();
        let mut thread = Thread {
            connection,
            file: file.clone(),
            busy_timeout,
            alive: alive.clone(),
            pending: Vec::new(),
        };
        let thread = std::thread::Builder::new()
            .name("tunesmith-store".to_owned())
            .spawn(move || thread.work(&receiver))
            .expect("the system starts one more thread");
        Self { file, jobs: Some(jobs), thread: Some(thread), failed: Arc::default(), alive }
    }

    /// Changes the database, and returns once the change is written.
    pub(super) fn write<T, F>(&self, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> rusqlite::Result<Result<T, StorageError>> + Send + 'static,
    {
        self.call(Job::Write, work)
    }

    /// Reads the database as all earlier changes of this process left it.
    pub(super) fn read<T, F>(&self, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> rusqlite::Result<Result<T, StorageError>> + Send + 'static,
    {
        self.call(Job::Read, work)
    }

    /// Changes the database soon.
    ///
    /// # Errors
    /// When an earlier change that nobody waited for has failed.
    pub(super) fn later<F>(&self, work: F) -> Result<(), StorageError>
    where
        F: FnMut(&Connection) -> rusqlite::Result<()> + Send + 'static,
    {
        self.check()?;
        self.send(Job::Later(Box::new(Change { work, failed: self.failed.clone() })))
    }

    /// Fails when an earlier change that nobody waited for has failed; says so once.
    pub(super) fn check(&self) -> Result<(), StorageError> {
        lock(&self.failed).take().map_or(Ok(()), |error| Err(error.into()))
    }

    /// The trial of that row runs in this process, or does so no more.
    pub(super) fn set_alive(&self, trial: i64, alive: bool) {
        let mut trials = lock(&self.alive);
        if alive {
            trials.insert(trial)
        } else {
            trials.remove(&trial)
        };
    }

    fn call<T, F>(&self, kind: fn(Box<dyn Work>) -> Job, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> rusqlite::Result<Result<T, StorageError>> + Send + 'static,
    {
        let (reply, answer) = sync_channel(1);
        self.send(kind(Box::new(Call { work, result: None, reply })))?;
        answer.recv().unwrap_or_else(|_| Err(self.gone()))
    }

    fn send(&self, job: Job) -> Result<(), StorageError> {
        let jobs = self.jobs.as_ref().expect("the channel is closed by drop alone");
        jobs.send(job).map_err(|_| self.gone())
    }

    /// The error of those whom the thread answers no more.
    fn gone(&self) -> StorageError {
        Error::Panicked { file: self.file.clone(), message: "the thread that writes has ended".to_owned() }
            .into()
    }
}

/// Writes what is left.
impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic there was reported there
        }
    }
}

struct Thread {
    connection: Connection,
    file: PathBuf,
    busy_timeout: Duration,
    alive: Arc<Mutex<BTreeSet<i64>>>,
    pending: Vec<Box<dyn Work>>,
}

impl Thread {
    fn work(&mut self, jobs: &Receiver<Job>) {
        let mut beat = Instant::now() + HEARTBEAT;
        let mut due: Option<Instant> = None;
        loop {
            let until = due.map_or(beat, |due| due.min(beat));
            match jobs.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(job) => {
                    let mut urgent = false;
                    let mut next = Some(job);
                    // Whatever has come meanwhile goes into the same transaction.
                    while let Some(job) = next.take() {
                        match job {
                            Job::Later(work) => self.pending.push(work),
                            Job::Write(work) => {
                                self.pending.push(work);
                                urgent = true;
                            }
                            Job::Read(work) => {
                                self.flush();
                                self.read(work);
                                (urgent, due) = (false, None);
                            }
                        }
                        if self.pending.len() < MOST {
                            next = jobs.try_recv().ok();
                        }
                    }
                    if urgent || self.pending.len() >= MOST {
                        self.flush();
                        due = None;
                    } else if !self.pending.is_empty() {
                        due.get_or_insert_with(|| Instant::now() + HOLD);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let now = Instant::now();
            if due.is_some_and(|due| due <= now) {
                self.flush();
                due = None;
            }
            if beat <= now {
                self.beat();
                beat = now + HEARTBEAT;
            }
        }
        self.flush();
    }

    fn read(&mut self, mut work: Box<dyn Work>) {
        let result = self.transaction("BEGIN DEFERRED", &mut |connection| work.run(connection));
        work.answer(result.as_ref().copied());
    }

    /// Writes what is pending in one transaction. If something in it fails, each change gets a transaction of its own,
    /// so that only the one at fault fails.
    fn flush(&mut self) {
        let mut batch = std::mem::take(&mut self.pending);
        if batch.is_empty() {
            return;
        }
        let together = self.write(&mut batch);
        match together {
            Err(error) if batch.len() > 1 && !matches!(error, Error::Locked { .. }) => {
                for work in batch {
                    let mut alone = [work];
                    let result = self.write(&mut alone);
                    let [work] = alone;
                    work.answer(result.as_ref().copied());
                }
            }
            result => batch.into_iter().for_each(|work| work.answer(result.as_ref().copied())),
        }
    }

    fn write(&self, batch: &mut [Box<dyn Work>]) -> Result<(), Error> {
        self.transaction("BEGIN IMMEDIATE", &mut |connection| {
            batch.iter_mut().try_for_each(|work| work.run(connection))
        })
    }

    fn transaction(
        &self,
        begin: &str,
        act: &mut dyn FnMut(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(), Error> {
        let connection = &self.connection;
        let execute = |sql: &str| connection.prepare_cached(sql)?.execute([]).map(|_| ());
        let of = |error| Error::of(&self.file, error, self.busy_timeout);
        let done = execute(begin).map_err(of).and_then(|()| {
            // What a panic leaves half-done is rolled back.
            match catch_unwind(AssertUnwindSafe(|| act(connection).and_then(|()| execute("COMMIT")))) {
                Ok(done) => done.map_err(of),
                Err(panic) => Err(Error::Panicked { file: self.file.clone(), message: text_of(&*panic) }),
            }
        });
        if done.is_err() && !connection.is_autocommit() {
            let _ = execute("ROLLBACK"); // some failures have rolled back already
        }
        done
    }

    /// Marks this process's trials as alive. A beat that fails is made up for by the next.
    fn beat(&self) {
        let trials = lock(&self.alive).clone();
        if !trials.is_empty() {
            let _ = self.transaction("BEGIN IMMEDIATE", &mut |connection| {
                trials.iter().try_for_each(|trial| rows::heartbeat(connection, *trial))
            });
        }
    }
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref().map(String::as_str)).unwrap_or("without a message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Job, Thread, Work, Writer};
    use crate::Error;
    use crate::sqlite::schema;
    use rusqlite::Connection;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    fn writer() -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE numbers (n INT)").unwrap();
        Writer::start(connection, "study.db".into(), Duration::ZERO)
    }

    fn insert(connection: &Connection, n: i64) -> rusqlite::Result<()> {
        connection.execute("INSERT INTO numbers VALUES (?1)", [n]).map(|_| ())
    }

    fn numbers(writer: &Writer) -> i64 {
        let count = |connection: &Connection| {
            connection.query_row("SELECT COUNT(*) FROM numbers", [], |row| row.get(0)).map(Ok)
        };
        writer.read(count).unwrap()
    }

    #[test]
    fn a_panic_is_an_error_of_the_change_at_fault_alone() {
        let writer = writer();
        writer.later(|connection| insert(connection, 1)).unwrap();
        let broken = writer.write(|connection| -> rusqlite::Result<Result<(), _>> {
            insert(connection, 2)?;
            panic!("no such {}", "thing")
        });
        let error = broken.unwrap_err().to_string();
        assert!(error.contains("study.db") && error.contains("panic: no such thing"), "{error}");
        assert_eq!(numbers(&writer), 1, "what came before it is written, its own half is not");
        writer.later(|_| panic!("another one")).unwrap();
        assert_eq!(numbers(&writer), 1);
        assert!(writer.check().unwrap_err().to_string().contains("another one"));
        writer.write(|connection| insert(connection, 3).map(Ok)).unwrap();
        assert_eq!(numbers(&writer), 2);
    }

    /// Work that ends the thread: it panics where nothing is expected to.
    struct Fatal;

    impl Work for Fatal {
        fn run(&mut self, _: &Connection) -> rusqlite::Result<()> {
            Ok(())
        }

        fn answer(self: Box<Self>, _: Result<(), &Error>) {
            panic!("the thread ends");
        }
    }

    #[test]
    fn callers_of_a_thread_that_is_gone_get_an_error() {
        let writer = writer();
        writer.send(Job::Write(Box::new(Fatal))).unwrap();
        for _ in 0..2 {
            let error = writer.read(|_| Ok(Ok(()))).unwrap_err().to_string();
            assert!(error.contains("study.db"), "{error}");
        }
        assert!(writer.later(|_| Ok(())).is_err());
    }

    #[test]
    fn a_beat_marks_the_trials_that_run_here() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::create(&mut connection).unwrap();
        connection
            .execute_batch(
                "INSERT INTO studies VALUES (1, 'a');
                 INSERT INTO trials (trial_id, number, study_id, state) VALUES (1, 0, 1, 'RUNNING'), (2, 1, 1, 'RUNNING');
                 INSERT INTO trial_heartbeats (trial_id, heartbeat) VALUES (1, '2020-01-01 00:00:00')",
            )
            .unwrap();
        let alive = Arc::new(Mutex::new([1].into()));
        let busy_timeout = Duration::ZERO;
        let thread = Thread { connection, file: ":memory:".into(), busy_timeout, alive, pending: Vec::new() };
        thread.beat();
        let count =
            "SELECT COUNT(*), MIN(strftime('%s', 'now') - strftime('%s', heartbeat)) FROM trial_heartbeats";
        let found: (i64, i64) =
            thread.connection.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert!(found.0 == 1 && found.1 < 60, "{found:?}");
    }
}

//! `tunesmith serve --stdio`: ask and tell as JSON lines, for any language.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Instant;

use clap::ArgMatches;
use tunesmith::tuner::protocol::{Conversation, Exchange, SESSION, replay};
use tunesmith::{Error, Kind};

use super::open_storage;
use crate::Ended;
use crate::args::text;
use crate::output::{Output, object};

pub(super) fn run(matches: &ArgMatches, output: &Output) -> Result<Ended, Error> {
    if let Some(file) = text(matches, "replay") {
        return again(Path::new(file), output);
    }
    if !matches.get_flag("stdio") {
        let message = "write `tunesmith serve --stdio`: lines of JSON on stdin are answered on stdout";
        return Err(Error::new(Kind::Usage, message));
    }
    let log = text(matches, "log").map(Path::new);
    let mut log = match log {
        Some(path) => Some((path, open_log(path).map_err(|error| Error::file(path, error))?)),
        None => None,
    };
    let began = Instant::now();
    let mut conversation =
        Conversation::new().storages(|url| open_storage(url).map_err(|error| error.to_string()));
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input.read_until(b'\n', &mut line);
        if read.map_err(|error| Error::file(Path::new("stdin"), error))? == 0 {
            break; // the end of the input is the end of the conversation
        }
        // What is not UTF-8 is not JSON either; the answer says where.
        let text = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(&line));
        let exchange = Exchange::new(&mut conversation, text.trim_end_matches('\r'), began.elapsed());
        if let Some((path, log)) = &mut log {
            // Logged first: what was answered is always in the log.
            writeln!(log, "{}", exchange.to_line()).map_err(|error| Error::file(path, error))?;
        }
        let mut out = io::stdout().lock();
        if writeln!(out, "{}", exchange.output).and_then(|()| out.flush()).is_err() {
            break; // nobody listens any more
        }
    }
    if let Some(study) = conversation.study() {
        study.flush()?;
    }
    Ok(Ended::Done)
}

/// Opens a log to write a new session behind those it holds.
fn open_log(path: &Path) -> io::Result<File> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    if last != *b"\n" {
        writeln!(file)?; // a process was killed while it wrote
    }
    writeln!(file, "{SESSION}")?;
    Ok(file)
}

/// Has the conversations of a log again, and compares every answer.
fn again(path: &Path, output: &Output) -> Result<Ended, Error> {
    let file = File::open(path).map_err(|error| Error::file(path, error))?;
    let replayed = replay(BufReader::new(file))
        .map_err(|error| Error::new(Kind::Data, error.to_string()).at(path.display().to_string()))?;
    let json = || object([("sessions", replayed.sessions.into()), ("exchanges", replayed.exchanges.into())]);
    output.result(json, || {
        format!("{} answers in {} sessions, all the same again", replayed.exchanges, replayed.sessions)
    });
    Ok(Ended::Done)
}

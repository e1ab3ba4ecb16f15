//! The `tunesmith` command: reads arguments, calls the facade, prints. It can do nothing a user's crate could not.

mod args;
mod commands;
mod external;
mod interrupt;
mod output;
mod progress;

use std::process::ExitCode;

use output::Output;

/// Exit codes: done, failed, wrong use, interrupted.
mod code {
    pub(crate) const FAILED: u8 = 1;
    pub(crate) const WRONG_USE: u8 = 2;
    pub(crate) const INTERRUPTED: u8 = 130;
}

/// How a command that did not fail ended.
enum Ended {
    Done,
    Interrupted,
}

fn main() -> ExitCode {
    let json_wanted = std::env::args_os().any(|argument| argument == "--json");
    let matches = match args::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) if !error.use_stderr() => {
            let _ = error.print(); // --help and --version
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let text = error.render().to_string();
            if json_wanted {
                // The first paragraph, in one line: what is missing stands on lines of its own.
                let lines = text.lines().take_while(|line| !line.is_empty()).map(str::trim);
                let line = lines.collect::<Vec<_>>().join(" ").trim_start_matches("error: ").to_owned();
                Output::new(true).error("usage", &line, None);
            } else {
                eprint!("{text}");
            }
            return ExitCode::from(code::WRONG_USE);
        }
    };
    let output = Output::new(json_wanted);
    match commands::run(&matches, &output) {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Interrupted) => ExitCode::from(code::INTERRUPTED),
        Err(error) => {
            output.error(error.kind.name(), &error.message, error.at.as_deref());
            let wrong_use = error.kind == tunesmith::Kind::Usage;
            ExitCode::from(if wrong_use { code::WRONG_USE } else { code::FAILED })
        }
    }
}

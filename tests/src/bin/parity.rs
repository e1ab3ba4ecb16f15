//! Compares with the numbers of other libraries: one JSON line for each case of the fixture files of a folder.

use std::process::ExitCode;

use tunesmith_tests::parity;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]
fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(folder), None) = (arguments.next(), arguments.next()) else {
        eprintln!("parity: name one folder of fixture files");
        return ExitCode::from(2);
    };
    let outcomes = match parity::run_folder(folder.as_ref()) {
        Ok(outcomes) => outcomes,
        Err(why) => {
            eprintln!("parity: {why}");
            return ExitCode::from(2);
        }
    };
    for outcome in &outcomes {
        println!("{}", outcome.to_json());
    }
    let count = |ok| outcomes.iter().filter(|outcome| outcome.ok() == ok).count();
    let wrong = count(Some(false));
    eprintln!("parity: {} equal, {wrong} not equal, {} unsupported", count(Some(true)), count(None));
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

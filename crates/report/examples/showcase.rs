//! Prints a report of made-up data: `cargo run -p tunesmith-report --example showcase -- study > report.html`.

#[path = "../tests/made_up/mod.rs"]
mod made_up;

use std::io::Write as _;

use tunesmith_report::{findings, run_page, study_page};

fn main() -> std::io::Result<()> {
    let text = match std::env::args().nth(1).as_deref() {
        Some("run") => run_page(&made_up::run()),
        Some("constant") => run_page(&made_up::constant()),
        Some("regression") => run_page(&made_up::regression()),
        Some("findings") => {
            let (space, trials) = (made_up::space(), made_up::trials(7, 50));
            findings::to_text(&findings::of_study(&made_up::study(&space, &trials)))
        }
        count => {
            let count = count.and_then(|count| count.parse().ok()).unwrap_or(50);
            let (space, trials) = (made_up::space(), made_up::trials(7, count));
            study_page(&made_up::study(&space, &trials))
        }
    };
    std::io::stdout().write_all(text.as_bytes())
}

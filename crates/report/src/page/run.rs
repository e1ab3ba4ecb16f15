//! The page of a run.

use super::shell::page;
use super::{configuration, headline, reproduce, takeaways, winner};
use crate::{RunInput, findings};

/// The report of one training: one self-contained HTML file.
///
/// The parts, in order: what came out; findings that apply; the training; the recipe; how to do it again. The same
/// input gives the same bytes.
///
/// ```
/// use tunesmith_report::{RunInput, run_page};
/// let run = RunInput { title: "digits <3".into(), ..RunInput::default() };
/// assert!(run_page(&run).contains("digits &lt;3"));
/// ```
#[must_use]
pub fn run_page(input: &RunInput) -> String {
    let found = findings::of_run(input);
    let sections = [
        takeaways::section(&found, "training"),
        winner::section(input, "How it was trained"),
        configuration::of_run(&input.recipe_toml),
        reproduce::section(&input.reproduce),
    ];
    let sections: Vec<_> = sections.into_iter().flatten().collect();
    page(&format!("{}: run report", input.title), &headline::of_run(input), &sections)
}

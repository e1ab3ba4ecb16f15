//! Pages: the parts of a report put together in one self-contained HTML file.

mod shell;

mod configuration;
mod headline;
mod race;
mod reproduce;
mod search;
mod takeaways;
mod trials;
mod winner;

mod run;
mod study;

pub use run::run_page;
pub use study::study_page;

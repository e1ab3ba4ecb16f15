//! What the conversation in JSON lines promises: its answers, its errors, its replay.

mod common;

mod answers;
mod any_line;
mod mistakes;

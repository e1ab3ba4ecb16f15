//! The command as a user runs it: its contract, its errors, its way through interruptions.

mod common;

mod bad_input;
mod contract;
mod examples;
mod interrupt;
mod run;
mod serve;

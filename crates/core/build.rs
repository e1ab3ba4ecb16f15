//! Empty: cargo's `links` key, which keeps two registries out of one binary, asks for a build script.
fn main() {}

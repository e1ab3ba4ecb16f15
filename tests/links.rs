//! Whoever names the facade alone has every built-in plug-in: a crate that nobody names is not linked, and its plug-ins
//! vanish without a word.

use tunesmith::core::{kind_of, kinds};

/// Fewer than these is a crate that fell out of the binary, or a plug-in that was lost. More is welcome.
const LEAST: [(&str, usize); 14] = [
    ("activation", 11),
    ("callback", 4),
    ("group", 1),
    ("init", 11),
    ("layer", 33),
    ("loss", 6),
    ("metric", 11),
    ("optimizer", 6),
    ("prepare", 8),
    ("pruner", 17),
    ("sampler", 14),
    ("schedule", 6),
    ("source", 7),
    ("importance", 2),
];

#[test]
fn every_kind_has_its_built_in_plug_ins() {
    for (label, least) in LEAST {
        let kind = kind_of(label).unwrap_or_else(|| panic!("the kind {label} is not linked"));
        let names: Vec<&str> = (kind.list)().iter().map(|meta| meta.name).collect();
        assert!(names.len() >= least, "of {} only these are linked: {names:?}", kind.plural);
    }
}

#[test]
fn every_kind_is_counted() {
    let uncounted: Vec<&str> = kinds()
        .iter()
        .map(|kind| kind.label)
        .filter(|label| !LEAST.iter().any(|(known, _)| known == label))
        .collect();
    assert!(uncounted.is_empty(), "say how many there must be of: {uncounted:?}");
}

#[test]
fn a_kind_in_the_plural_is_the_same_kind() {
    for kind in kinds() {
        assert_eq!(kind_of(kind.plural).map(|found| found.label), Some(kind.label));
    }
}

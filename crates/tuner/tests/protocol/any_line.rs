//! Whatever is said: never a panic, an error changes nothing, and a log replays.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;
use tunesmith_tuner::protocol::{Conversation, Exchange, ReplayError, SESSION, replay};

use crate::common::SPACE;

/// Everything that may be said, with numbers that are sometimes right.
fn message() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        (-1e3..1e3_f64).prop_map(|x| x.to_string()),
        Just("\"nan\"".to_owned()),
        Just("null".to_owned()),
        Just("\"inf\"".to_owned()),
        Just("1e308".to_owned()),
    ];
    let (trial, step) = (0..6_u64, 0..12_u64);
    prop_oneof![
        4 => Just(r#"{"ask":true}"#.to_owned()),
        3 => (trial.clone(), value.clone())
            .prop_map(|(trial, value)| format!(r#"{{"tell":{{"trial":{trial},"value":{value}}}}}"#)),
        4 => (trial.clone(), step, value.clone()).prop_map(|(trial, step, value)| format!(
            r#"{{"report":{{"trial":{trial},"step":{step},"value":{value}}}}}"#
        )),
        1 => (trial.clone(), prop::sample::select(vec!["failed", "diverged", "pruned", "interrupted", "lost"]))
            .prop_map(|(trial, state)| format!(r#"{{"tell":{{"trial":{trial},"state":"{state}"}}}}"#)),
        1 => Just(r#"{"enqueue":[{"lr":0.5},{"act":"tanh"}]}"#.to_owned()),
        1 => Just(r#"{"enqueue":{"lr":2}}"#.to_owned()),
        1 => trial.prop_map(|trial| format!(r#"{{"attributes":{{"trial":{trial},"set":{{"a":[1,{{}}]}}}}}}"#)),
        1 => Just(r#"{"importance":true}"#.to_owned()),
        1 => Just(r#"{"best":true}"#.to_owned()),
        1 => opening(),
        1 => ".{0,40}",
    ]
}

/// A line that may open a study.
fn opening() -> impl Strategy<Value = String> {
    let number = || prop_oneof![-10_i64..300, Just(i64::MAX), Just(i64::MIN),].prop_map(|n| n.to_string());
    let number = move || prop_oneof![3 => number(), 2 => (-2.0..2.0_f64).prop_map(|x| x.to_string()), 1 => Just("1e308".to_owned()), 1 => Just("-1e308".to_owned())];
    let kind = prop::sample::select(vec!["float", "int", "choice"]);
    let scale = prop::sample::select(vec![
        "",
        r#","scale":"log""#,
        r#","scale":"reverse_log""#,
        r#","step":0.1"#,
        r#","step":3"#,
    ]);
    let names = prop::sample::select(vec!["auto", "random", "grid", "sobol", "halton", "brute_force", "tpe"]);
    let when = prop::sample::select(vec![
        "",
        r#","when":{"lr":1}"#,
        r#","when":{"act":"relu"}"#,
        r#","when":{"lr":{"at_least":1}}"#,
    ]);
    let fidelity = prop_oneof![
        Just(String::new()),
        (
            0..20_i64,
            prop::sample::select(vec![
                "",
                r#","scheduler":"asha""#,
                r#","scheduler":"median""#,
                r#","scheduler":"none""#
            ])
        )
            .prop_map(|(max, scheduler)| format!(r#","fidelity":{{"name":"e","max":{max}}}{scheduler}"#)),
    ];
    (kind, number(), number(), scale, names, when, fidelity).prop_map(|(kind, low, high, scale, sampler, when, fidelity)| {
        format!(
            r#"{{"space":{{"lr":{{"{kind}":[{low},{high}]{scale}}},"act":{{"choice":["relu","tanh"]}},"x":{{"float":[0,1]{when}}}}},"sampler":"{sampler}"{fidelity}}}"#
        )
    })
}

/// A line as it is, or with some of its characters gone, doubled or replaced.
fn mutated() -> impl Strategy<Value = String> {
    let change = (
        any::<prop::sample::Index>(),
        0..3_u8,
        prop::sample::select("{}[]\":,0-.eNtrue\\ ".chars().collect::<Vec<_>>()),
    );
    (message(), prop_oneof![3 => Just(0_usize), 1 => 1..4_usize], prop::collection::vec(change, 3)).prop_map(
        |(line, count, changes)| {
            let mut chars: Vec<char> = line.chars().collect();
            for (place, kind, with) in changes.into_iter().take(count).filter(|_| !line.is_empty()) {
                if chars.is_empty() {
                    break;
                }
                let place = place.index(chars.len());
                match kind {
                    0 => drop(chars.remove(place)),
                    1 => chars.insert(place, with),
                    _ => chars[place] = with,
                }
            }
            chars.into_iter().filter(|c| *c != '\n').collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn whatever_is_said_is_answered_and_an_error_changes_nothing(
        opening in prop_oneof![1 => opening(), 1 => Just(format!(r#"{{"space":{SPACE},"fidelity":{{"max":9}},"trials":5}}"#))],
        lines in prop::collection::vec(mutated(), 1..40),
    ) {
        let mut conversation = Conversation::new();
        let mut log = format!("{SESSION}\n");
        for (i, line) in std::iter::once(&opening).chain(&lines).enumerate() {
            let before = conversation.answer(r#"{"trials":true}"#);
            let exchange = Exchange::new(&mut conversation, line, Duration::from_millis(i as u64));
            let answer: Value = serde_json::from_str(&exchange.output).unwrap();
            prop_assert!(answer.is_object());
            if answer.get("error").is_some() {
                prop_assert_eq!(before, conversation.answer(r#"{"trials":true}"#), "{}", line);
            }
            log.push_str(&exchange.to_line());
            log.push('\n');
        }
        // Replayed, everything is answered as it was.
        match replay(log.as_bytes()) {
            Ok(replayed) => prop_assert_eq!(replayed.exchanges, lines.len() + 1),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}

#[test]
fn a_log_that_was_torn_or_changed_is_recognised() {
    let mut log = String::new();
    for _ in 0..2 {
        let mut conversation = Conversation::new();
        log.push_str(&format!("{SESSION}\n"));
        for line in [format!(r#"{{"space":{SPACE}}}"#), r#"{"ask":true}"#.to_owned(), "oops".to_owned()] {
            log.push_str(&Exchange::new(&mut conversation, &line, Duration::from_secs(1)).to_line());
            log.push('\n');
        }
        log.push_str("{\"at\":12,\"i\n"); // the process was killed here
    }
    let replayed = replay(log.as_bytes()).unwrap();
    assert_eq!((replayed.sessions, replayed.exchanges), (2, 6));
    let changed = log.replacen("1e-5", "1e-4", 1);
    assert!(matches!(replay(changed.as_bytes()), Err(ReplayError::Differs { line: 2 | 3, .. })));
    let broken = log.replacen("{\"at\"", "{\"et\"", 1);
    assert!(matches!(replay(broken.as_bytes()), Err(ReplayError::NotALog { line: 2 })));
    assert!(matches!(replay(&b"hello\n"[..]), Err(ReplayError::NotALog { line: 1 })));
}

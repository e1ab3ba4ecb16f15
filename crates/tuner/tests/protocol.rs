//! What the conversation in JSON lines promises: its answers, its errors, its replay.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use tunesmith_tuner::protocol::{Conversation, Exchange, ReplayError, SESSION, replay};

const SPACE: &str = r#"{"lr":{"float":[1e-5,1],"scale":"log"},"units":{"int":[16,256],"scale":"log"},"act":{"choice":["relu","tanh"]}}"#;

fn open(rest: &str) -> Conversation {
    let mut conversation = Conversation::new();
    let answer = say(&mut conversation, &format!(r#"{{"space":{SPACE},"seed":0{rest}}}"#));
    assert!(answer.get("error").is_none(), "{answer}");
    conversation
}

fn say(conversation: &mut Conversation, line: &str) -> Value {
    let answer = conversation.answer(line);
    assert!(!answer.contains('\n'), "one line: {answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert!(answer.is_object());
    answer
}

fn ask(conversation: &mut Conversation) -> Value {
    say(conversation, r#"{"ask":true}"#)
}

fn report(conversation: &mut Conversation, trial: &Value, step: u64, value: f64) -> Value {
    say(conversation, &json!({"report": {"trial": trial["trial"], "step": step, "value": value}}).to_string())
}

fn error(conversation: &mut Conversation, line: &str) -> String {
    let before = say(conversation, r#"{"trials":true}"#);
    let answer = say(conversation, line);
    let after = say(conversation, r#"{"trials":true}"#);
    assert_eq!(before, after, "{line} changed something");
    answer["error"].as_str().unwrap_or_else(|| panic!("{line} was answered {answer}")).to_owned()
}

#[test]
fn the_example_of_the_specification_is_answered() {
    let mut conversation = Conversation::new();
    let opened = say(
        &mut conversation,
        r#"{"space":{"lr":{"float":[1e-5,1],"scale":"log"},"units":{"int":[16,256],"scale":"log"},"act":{"choice":["relu","tanh"]}},"sampler":"auto","seed":0,"direction":"minimize","fidelity":{"name":"epoch","max":52}}"#,
    );
    assert_eq!(opened, json!({"study":"study","seed":0,"trials":0,"sampler":"auto","scheduler":"asha"}));
    let asked = ask(&mut conversation);
    assert_eq!(asked["trial"], 0);
    let lr = asked["params"]["lr"].as_f64().unwrap();
    assert!((1e-5..=1.0).contains(&lr));
    assert!((16..=256).contains(&asked["params"]["units"].as_i64().unwrap()));
    assert!(["relu", "tanh"].contains(&asked["params"]["act"].as_str().unwrap()));
    let until = asked["until"].as_u64().unwrap();
    assert!((1..52).contains(&until));
    assert_eq!(report(&mut conversation, &asked, until, 0.7), json!({"decision":"pause"}));
    let other = ask(&mut conversation);
    let told = say(&mut conversation, r#"{"tell":{"trial":1,"value":0.31}}"#);
    assert_eq!(told, json!({"best":{"trial":1,"value":0.31,"params":other["params"]}}));
    assert_eq!(say(&mut conversation, r#"{"best":true}"#), told);
    for state in ["failed", "diverged"] {
        let trial = ask(&mut conversation);
        let line = json!({"tell":{"trial":trial["trial"],"state":state,"reason":"why"}}).to_string();
        assert_eq!(say(&mut conversation, &line), told);
    }
    let trials = say(&mut conversation, r#"{"trials":true}"#);
    let states: Vec<&str> =
        trials["trials"].as_array().unwrap().iter().map(|trial| trial["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["paused", "complete", "failed", "diverged"]);
    assert_eq!(say(&mut conversation, r#"{"trials":{"from":3}}"#)["trials"].as_array().unwrap().len(), 1);
}

#[test]
fn a_paused_trial_comes_back_and_runs_from_rung_to_rung_to_its_end() {
    let mut conversation = open(r#","fidelity":{"name":"epoch","max":9},"trials":27"#);
    let (mut fresh, mut resumed, mut done, mut decisions) = (0, 0, 0, std::collections::BTreeSet::new());
    loop {
        let trial = ask(&mut conversation);
        if trial["done"] == "trials" {
            break;
        }
        let mut done_steps = trial["step"].as_u64().unwrap_or(0);
        if trial["resume"] == true {
            resumed += 1;
            assert!(done_steps >= 1);
        } else {
            fresh += 1;
            assert_eq!(trial["step"], Value::Null);
        }
        let lr = trial["params"]["lr"].as_f64().unwrap();
        let mut until = trial["until"].as_u64().unwrap();
        loop {
            assert!(done_steps < until && until <= 9, "{trial}");
            done_steps = until;
            let value = (lr.ln() + 4.0).abs() + 1.0 / done_steps as f64;
            let answer = report(&mut conversation, &trial, done_steps, value);
            decisions.insert(answer["decision"].as_str().unwrap().to_owned());
            match answer["until"].as_u64() {
                Some(next) => until = next,
                None if answer["decision"] == "continue" => {
                    assert_eq!(done_steps, 9, "only a whole trial has no further step");
                    let line = json!({"tell":{"trial":trial["trial"],"value":value}}).to_string();
                    assert!(say(&mut conversation, &line)["best"]["value"].as_f64().unwrap() <= value);
                    done += 1;
                    break;
                }
                None => break,
            }
        }
    }
    assert_eq!(fresh, 27);
    assert!(resumed >= 9 && done >= 1, "{resumed} {done}");
    assert_eq!(decisions.into_iter().collect::<Vec<_>>(), ["continue", "pause"]);
}

#[test]
fn steps_count_from_one_and_repeated_steps_change_nothing() {
    let mut conversation = open(r#","fidelity":{"max":9},"scheduler":"none""#);
    let trial = ask(&mut conversation);
    assert_eq!(trial["until"], 9);
    assert_eq!(report(&mut conversation, &trial, 1, 0.5), json!({"decision":"continue","until":9}));
    assert_eq!(report(&mut conversation, &trial, 1, 0.1), json!({"decision":"continue","until":9}));
    assert_eq!(say(&mut conversation, r#"{"trials":true}"#)["trials"][0]["reports"], json!([[1, 0.5]]));
    let said = error(&mut conversation, r#"{"report":{"trial":0,"step":0,"value":1}}"#);
    assert_eq!(said, "report.step: 0 is not possible, allowed is 1 or more");
    let said = error(&mut conversation, r#"{"report":{"trial":0,"step":10,"value":1}}"#);
    assert_eq!(said, "report.step: 10 is not possible, allowed is 1 to 9, the fidelity's max");
}

#[test]
fn without_a_fidelity_there_is_no_until_and_nothing_is_stopped() {
    let mut conversation = open("");
    let trial = ask(&mut conversation);
    assert!(trial.get("until").is_none() && trial.get("resume").is_none());
    assert_eq!(report(&mut conversation, &trial, 1, 0.5), json!({"decision":"continue"}));
}

#[test]
fn a_pruner_that_looks_at_every_step_is_asked_at_every_step() {
    let mut conversation =
        open(r#","fidelity":{"name":"epoch","max":3},"scheduler":{"median":{"n_startup_trials":1}}"#);
    let good = ask(&mut conversation);
    assert_eq!(good["until"], 1);
    for step in 1..=3 {
        report(&mut conversation, &good, step, 0.1);
    }
    say(&mut conversation, r#"{"tell":{"trial":0,"value":0.1}}"#);
    let bad = ask(&mut conversation);
    assert_eq!(report(&mut conversation, &bad, 1, 0.9), json!({"decision":"stop"}));
    // A client may say so itself; what has ended takes no value.
    assert_eq!(say(&mut conversation, r#"{"tell":{"trial":1,"state":"pruned"}}"#)["best"]["trial"], 0);
    let said = error(&mut conversation, r#"{"tell":{"trial":1,"value":0.5}}"#);
    assert_eq!(said, "tell.trial: trial 1 has ended: it is pruned (running: none)");
}

#[test]
fn several_trials_run_at_once_and_totals_hold() {
    let mut conversation = open(r#","trials":3"#);
    let numbers: Vec<Value> = (0..3).map(|_| ask(&mut conversation)["trial"].clone()).collect();
    assert_eq!(numbers, [0, 1, 2]);
    assert_eq!(ask(&mut conversation), json!({"done":"trials"}));
    for trial in [2, 0, 1] {
        say(&mut conversation, &json!({"tell":{"trial":trial,"value":trial}}).to_string());
    }
    assert_eq!(say(&mut conversation, r#"{"best":true}"#)["best"]["trial"], 0);
    let mut waiting = open(r#","trials":1,"fidelity":{"max":9}"#);
    ask(&mut waiting);
    assert_eq!(ask(&mut waiting), json!({"wait":true}));
}

#[test]
fn no_trial_begins_after_the_time_and_the_clock_is_the_callers() {
    let mut conversation = Conversation::new();
    let mut at = |seconds, line: &str| conversation.answer_at(line, Duration::from_secs(seconds));
    at(10, &format!(r#"{{"space":{SPACE},"time":5}}"#));
    assert!(at(14, r#"{"ask":true}"#).contains(r#""trial":0"#));
    assert_eq!(at(15, r#"{"ask":true}"#), r#"{"done":"time"}"#);
    assert!(at(16, r#"{"tell":{"trial":0,"value":1}}"#).contains("best"));
}

#[test]
fn several_objectives_have_a_front() {
    let mut conversation = open(r#","directions":["maximize","minimize"]"#);
    for values in ["[0.9,10]", "[0.8,5]", "[0.7,7]"] {
        let trial = ask(&mut conversation)["trial"].clone();
        say(&mut conversation, &format!(r#"{{"tell":{{"trial":{trial},"values":{values}}}}}"#));
    }
    let front = say(&mut conversation, r#"{"best":true}"#);
    let numbers: Vec<&Value> = front["front"].as_array().unwrap().iter().map(|best| &best["trial"]).collect();
    assert_eq!(numbers, [0, 1]);
    assert_eq!(front["front"][0]["values"], json!([0.9, 10.0]));
    ask(&mut conversation);
    let said = error(&mut conversation, r#"{"tell":{"trial":3,"value":1}}"#);
    assert_eq!(said, "tell.values: 1 given, the study has 2 objectives");
    assert_eq!(
        say(&mut conversation, r#"{"report":{"trial":3,"step":1,"values":[0.1,2]}}"#),
        json!({"decision":"continue"})
    );
    assert_eq!(
        say(&mut conversation, r#"{"trials":{"from":3}}"#)["trials"][0]["reports"],
        json!([[1, [0.1, 2.0]]])
    );
}

#[test]
fn declared_constraints_are_asked_for_and_decide_who_is_best() {
    let mut conversation = open(r#","constraints":["params"]"#);
    ask(&mut conversation);
    let said = error(&mut conversation, r#"{"tell":{"trial":0,"value":0.1}}"#);
    assert_eq!(
        said,
        "tell.constraints.params: missing, write a number, zero or less when the constraint is kept"
    );
    let said = error(&mut conversation, r#"{"tell":{"trial":0,"value":0.1,"constraints":{"param":1}}}"#);
    assert_eq!(said, "tell.constraints: unknown key `param`, did you mean `params`?");
    say(&mut conversation, r#"{"tell":{"trial":0,"value":0.1,"constraints":{"params":3}}}"#);
    let told = say(&mut conversation, r#"{"best":true}"#);
    assert_eq!(told["best"]["feasible"], false);
    ask(&mut conversation);
    say(&mut conversation, r#"{"report":{"trial":1,"step":1,"value":0.4,"constraints":{"params":-1}}}"#);
    let told = say(&mut conversation, r#"{"tell":{"trial":1,"value":0.4}}"#);
    assert_eq!((&told["best"]["trial"], &told["best"]["feasible"]), (&json!(1), &json!(true)));
}

#[test]
fn known_good_settings_come_first() {
    let mut conversation = open(r#","enqueue":[{"lr":0.001,"units":64,"act":"tanh"},{"lr":0.01}]"#);
    assert_eq!(ask(&mut conversation)["params"], json!({"lr":0.001,"units":64,"act":"tanh"}));
    assert_eq!(say(&mut conversation, r#"{"enqueue":{"units":32}}"#), json!({"enqueued":2}));
    assert_eq!(ask(&mut conversation)["params"]["lr"], 0.01);
    assert_eq!(ask(&mut conversation)["params"]["units"], 32);
    let said = error(&mut conversation, r#"{"enqueue":[{"lr":0.1},{"unit":3}]}"#);
    assert_eq!(said, "enqueue.1: unknown key `unit`, did you mean `units`?");
    let said = error(&mut conversation, r#"{"enqueue":{"lr":7}}"#);
    assert_eq!(said, "enqueue.lr: 7 is not possible, allowed is 1e-5 to 1.0, log");
}

#[test]
fn numbers_that_are_not_finite_are_texts() {
    let mut conversation = open("");
    for (value, state) in
        [("\"nan\"", "diverged"), ("null", "diverged"), ("\"inf\"", "complete"), ("\"-inf\"", "complete")]
    {
        let trial = ask(&mut conversation)["trial"].clone();
        say(&mut conversation, &format!(r#"{{"tell":{{"trial":{trial},"value":{value}}}}}"#));
        let trials = say(&mut conversation, &format!(r#"{{"trials":{{"from":{trial}}}}}"#));
        assert_eq!(trials["trials"][0]["state"], state);
    }
    assert_eq!(say(&mut conversation, r#"{"best":true}"#)["best"]["value"], "-inf");
    let trial = ask(&mut conversation)["trial"].clone();
    let said = error(&mut conversation, &format!(r#"{{"tell":{{"trial":{trial},"value":NaN}}}}"#));
    assert!(said.contains("write \"nan\", \"inf\" or \"-inf\" in quotes"), "{said}");
}

#[test]
fn conditions_decide_which_settings_exist() {
    let mut conversation = Conversation::new();
    let opened = say(
        &mut conversation,
        r#"{"space":{"a_beta":{"float":[0.5,0.99],"scale":"reverse_log","when":{"opt":"adam"}},"opt":{"choice":["sgd","adam"]},"layers":{"int":[1,3]},"deep":{"switch":true,"when":{"layers":{"at_least":2}}},"rate":{"float":[0,0.5],"step":0.1,"when":{"deep":true}}},"sampler":"random"}"#,
    );
    assert!(opened.get("error").is_none(), "{opened}");
    let mut seen = [false; 5];
    for _ in 0..60 {
        let params = ask(&mut conversation)["params"].clone();
        let has = |key: &str| params.get(key).is_some();
        assert_eq!(has("a_beta"), params["opt"] == "adam");
        assert_eq!(has("deep"), params["layers"].as_i64().unwrap() >= 2);
        assert_eq!(has("rate"), params["deep"] == true);
        for (seen, key) in seen.iter_mut().zip(["a_beta", "opt", "layers", "deep", "rate"]) {
            *seen |= has(key);
        }
    }
    assert_eq!(seen, [true; 5]);
}

#[test]
fn attributes_and_importance_are_answered() {
    let mut conversation = open("");
    for _ in 0..30 {
        let trial = ask(&mut conversation);
        let value = trial["params"]["lr"].as_f64().unwrap().ln();
        say(&mut conversation, &json!({"tell":{"trial":trial["trial"],"value":value}}).to_string());
    }
    let said = say(&mut conversation, r#"{"attributes":{"trial":3,"set":{"note":"good","seconds":2.5}}}"#);
    assert_eq!(said, json!({"attributes":{"note":"good","seconds":2.5}}));
    let said = say(&mut conversation, r#"{"attributes":{"set":{"data":"iris"}}}"#);
    assert_eq!(said, json!({"attributes":{"data":"iris"}}));
    let shares = say(&mut conversation, r#"{"importance":true}"#)["importance"].clone();
    assert!(shares["lr"].as_f64().unwrap() > 0.8, "{shares}");
}

#[test]
fn mistakes_are_answered_by_their_place_and_their_cure() {
    let mut conversation = Conversation::new();
    let mut at_open = |line: &str| -> String {
        say(&mut conversation, line)["error"].as_str().unwrap_or_else(|| panic!("{line}")).to_owned()
    };
    for (line, said) in [
        (
            "",
            "not JSON: EOF while parsing a value at line 1 column 0; the line is empty, write one JSON object on each line",
        ),
        ("[1]", "expected one JSON object on each line, found a list"),
        (
            r#"{"ask":true}"#,
            r#"`ask` needs a study: begin with {"space": {"lr": {"float": [1e-5, 1], "scale": "log"}}}"#,
        ),
        (r#"{"sampler":"tpe"}"#, r#"`sampler` stands beside "space", in the line that opens a study"#),
        (
            r#"{"space":{}}"#,
            r#"space: nothing to search: write "name": {"float": [low, high]}, {"int": [low, high]}, {"choice": [...]} or {"switch": true}"#,
        ),
        (r#"{"space":{"x":{"flaot":[0,1]}}}"#, "space.x: unknown key `flaot`, did you mean `float`?"),
        (
            r#"{"space":{"x":{"float":[1,0]}}}"#,
            "space.x: the range [1, 0] is empty, low must not exceed high",
        ),
        (
            r#"{"space":{"x":{"float":[0,1],"scale":"log"}}}"#,
            "space.x: a log range must start above zero, found 0",
        ),
        (r#"{"space":{"x":{"int":[0,1],"stpe":1}}}"#, "space.x: unknown key `stpe`, did you mean `step`?"),
        (
            r#"{"space":{"x":{"int":[0,1],"float":[0,1]}}}"#,
            "space.x: `float` and `int` exclude each other, write one of them",
        ),
        (
            r#"{"space":{"x":3}}"#,
            r#"space.x: write {"float": [low, high]}, {"int": [low, high]}, {"choice": [...]} or {"switch": true}, found 3"#,
        ),
        (
            r#"{"space":{"x":{"int":[0,1],"when":{"y":1}}}}"#,
            "space.x.when: unknown key `y`, did you mean `x`?",
        ),
        (
            r#"{"space":{"x":{"int":[0,1],"when":{"x":1}}}}"#,
            "space.x.when: its conditions lead back to itself, so it can never exist",
        ),
        (
            r#"{"space":{"o":{"choice":["sgd","adam"]},"x":{"int":[0,1],"when":{"o":"adma"}}}}"#,
            "space.x.when.o: adma is not possible, allowed is sgd | adam",
        ),
        (r#"{"space":{"x":{"int":[0,1]}},"samplr":"tpe"}"#, "unknown key `samplr`, did you mean `sampler`?"),
        (
            r#"{"space":{"x":{"int":[0,1]}},"sampler":"tpee"}"#,
            "sampler: no sampler is called `tpee`, did you mean `tpe`?",
        ),
        (r#"{"space":{"x":{"int":[0,1]}},"sampler":{"tpe":{"gama":1}}}"#, "sampler.tpe: unknown key `gama`"),
        (
            r#"{"space":{"x":{"int":[0,1]}},"direction":"down"}"#,
            r#"direction: down is not possible, allowed is "minimize" or "maximize""#,
        ),
        (r#"{"space":{"x":{"int":[0,1]}},"seed":-1}"#, "seed: expected a whole number, 0 or more, found -1"),
        (
            r#"{"space":{"x":{"int":[0,1]}},"fidelity":{"name":"epoch"}}"#,
            r#"fidelity.max: missing, write the steps of a whole trial, such as "max": 52"#,
        ),
        (
            r#"{"space":{"x":{"int":[0,1]}},"storage":"sqlite:///x.db"}"#,
            "storage: this conversation keeps its study in memory, leave it out",
        ),
    ] {
        let answer = at_open(line);
        assert!(answer.starts_with(said), "{line}\n{answer}\n{said}");
    }
    let mut conversation = open("");
    ask(&mut conversation);
    for (line, said) in [
        (r#"{"ask":1}"#, "ask: expected true, found 1"),
        (r#"{"ask":true,"best":true}"#, "`ask` and `best` in one line: say one thing per line"),
        (r#"{"aks":true}"#, "unknown key `aks`, did you mean `ask`?"),
        (
            "{}",
            "the object is empty, write one of: ask, report, tell, best, trials, enqueue, attributes, importance, space",
        ),
        (
            r#"{"space":{"x":{"int":[0,1]}}}"#,
            "the study `study` is open already: a conversation is about one study, begin another for the next",
        ),
        (r#"{"tell":{"trial":0}}"#, r#"tell.value: missing, write "value": a number"#),
        (
            r#"{"tell":{"value":0}}"#,
            r#"tell.trial: missing, write the number that ask gave, such as "trial": 0"#,
        ),
        (r#"{"tell":{"trial":7,"value":0}}"#, "tell.trial: there is no trial 7 (running: 0)"),
        (
            r#"{"tell":{"trial":0,"value":"x"}}"#,
            r#"tell.value: expected a number (or "nan", "inf", "-inf"), found the text "x""#,
        ),
        (
            r#"{"tell":{"trial":0,"state":"faild"}}"#,
            "tell.state: unknown state `faild`, did you mean `failed`?",
        ),
        (r#"{"tell":{"trial":0,"vlaue":1}}"#, "tell: unknown key `vlaue`, did you mean `value`?"),
        (
            r#"{"tell":{"trial":0,"state":"failed","value":1}}"#,
            r#"tell.value: does not stand beside "state": "failed", leave one of them out"#,
        ),
        (
            r#"{"report":{"trial":0,"value":1}}"#,
            r#"report.step: missing, write the steps done so far, such as "step": 3"#,
        ),
        (r#"{"attributes":{"trial":9,"set":{"a":1}}}"#, "attributes.trial: there is no trial 9"),
    ] {
        assert_eq!(error(&mut conversation, line), said, "{line}");
    }
}

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

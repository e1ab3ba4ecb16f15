//! What is answered to what is said.

use std::time::Duration;

use serde_json::{Value, json};
use tunesmith_tuner::protocol::Conversation;

use crate::common::{SPACE, ask, error, open, report, say};

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
fn a_search_begins_around_what_is_known() {
    let mut conversation = Conversation::new();
    let open = |around: &str| {
        format!(r#"{{"space":{{"lr":{{"float":[1e-5,1],"scale":"log","around":{around}}}}}}}"#)
    };
    let said = say(&mut conversation, &open("7"));
    assert_eq!(said["error"], "space.lr.around: 7 is not possible, allowed is 1e-5 to 1.0, log");
    say(&mut conversation, &open("0.0003"));
    let space = conversation.study().unwrap().space();
    assert_eq!(space.around("lr").and_then(|value| value.as_f64()), Some(3e-4));
}

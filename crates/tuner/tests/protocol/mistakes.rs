//! Mistakes are answered by their place and their cure.

use tunesmith_tuner::protocol::Conversation;

use crate::common::{ask, error, open, say};

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

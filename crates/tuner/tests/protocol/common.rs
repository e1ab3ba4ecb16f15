//! A conversation and what is said in it.

use serde_json::{Value, json};
use tunesmith_tuner::protocol::Conversation;

pub(crate) const SPACE: &str = r#"{"lr":{"float":[1e-5,1],"scale":"log"},"units":{"int":[16,256],"scale":"log"},"act":{"choice":["relu","tanh"]}}"#;

pub(crate) fn open(rest: &str) -> Conversation {
    let mut conversation = Conversation::new();
    let answer = say(&mut conversation, &format!(r#"{{"space":{SPACE},"seed":0{rest}}}"#));
    assert!(answer.get("error").is_none(), "{answer}");
    conversation
}

pub(crate) fn say(conversation: &mut Conversation, line: &str) -> Value {
    let answer = conversation.answer(line);
    assert!(!answer.contains('\n'), "one line: {answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert!(answer.is_object());
    answer
}

pub(crate) fn ask(conversation: &mut Conversation) -> Value {
    say(conversation, r#"{"ask":true}"#)
}

pub(crate) fn report(conversation: &mut Conversation, trial: &Value, step: u64, value: f64) -> Value {
    say(conversation, &json!({"report": {"trial": trial["trial"], "step": step, "value": value}}).to_string())
}

pub(crate) fn error(conversation: &mut Conversation, line: &str) -> String {
    let before = say(conversation, r#"{"trials":true}"#);
    let answer = say(conversation, line);
    let after = say(conversation, r#"{"trials":true}"#);
    assert_eq!(before, after, "{line} changed something");
    answer["error"].as_str().unwrap_or_else(|| panic!("{line} was answered {answer}")).to_owned()
}

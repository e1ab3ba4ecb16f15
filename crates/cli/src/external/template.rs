//! A command with holes: `python train.py --lr {lr}`; a word is filled as a word, no shell ever reads it.

use std::fmt::Write;

use tunesmith::core::{Params, Space, nearest};
use tunesmith::{Error, Kind};

/// Holes that are not parameters: the trial's number, its seed, its folder, the file of its settings.
pub(crate) const RESERVED: &[&str] = &["trial", "seed", "out", "params"];

/// What fills the holes of one trial.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) settings: &'a Params,
    pub(crate) trial: u64,
    pub(crate) seed: u64,
    pub(crate) out: String,
    pub(crate) params: String,
}

/// A list of words with holes.
#[derive(Clone, Debug)]
pub(crate) struct Template(Vec<Vec<Part>>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Hole(String),
}

impl Template {
    /// Reads words in which `{name}` is a hole and `{{` and `}}` are braces.
    pub(crate) fn parse<'a>(words: impl Iterator<Item = &'a str>, space: &Space) -> Result<Self, Error> {
        let words = words.map(|word| {
            parts(word, space).map_err(|why| Error::new(Kind::Usage, why).at(format!("the command: {word}")))
        });
        Ok(Self(words.collect::<Result<_, _>>()?))
    }

    /// Whether a hole of that name is there.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.0.iter().flatten().any(|part| matches!(part, Part::Hole(hole) if hole == name))
    }

    /// The words of one trial. A word with a parameter that does not exist in this trial is left out; when it is nothing
    /// but that parameter, so is the flag before it: `--beta {beta}`.
    pub(crate) fn fill(&self, context: &Context<'_>) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let mut flag = false; // the last word is a flag that a parameter may follow
        for parts in &self.0 {
            match fill(parts, context) {
                Some(word) => {
                    flag = word.starts_with('-') && parts.iter().all(|part| matches!(part, Part::Text(_)));
                    words.push(word);
                }
                None => {
                    if flag && parts.len() == 1 {
                        words.pop();
                    }
                    flag = false;
                }
            }
        }
        words
    }
}

fn fill(parts: &[Part], context: &Context<'_>) -> Option<String> {
    let mut word = String::new();
    for part in parts {
        let hole = match part {
            Part::Text(text) => {
                word.push_str(text);
                continue;
            }
            Part::Hole(hole) => hole,
        };
        // Writing to a text cannot fail.
        let _ = match (hole.as_str(), context.settings.get(hole)) {
            ("trial", _) => write!(word, "{}", context.trial),
            ("seed", _) => write!(word, "{}", context.seed),
            ("out", _) => write!(word, "{}", context.out),
            ("params", _) => write!(word, "{}", context.params),
            (_, value) => write!(word, "{}", value?),
        };
    }
    Some(word)
}

fn parts(word: &str, space: &Space) -> Result<Vec<Part>, String> {
    let mut parts = vec![];
    let mut text = String::new();
    let mut rest = word;
    while let Some(place) = rest.find(['{', '}']) {
        text.push_str(&rest[..place]);
        let brace = &rest[place..=place];
        rest = &rest[place + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            text.push_str(brace);
            rest = after;
        } else if let ("{", Some((name, after))) = (brace, rest.split_once('}')) {
            known(name, space)?;
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.push(Part::Hole(name.to_owned()));
            rest = after;
        } else {
            return Err(format!("a lone `{brace}`, write `{brace}{brace}` for a brace"));
        }
    }
    text.push_str(rest);
    if !text.is_empty() || parts.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}

fn known(name: &str, space: &Space) -> Result<(), String> {
    if RESERVED.contains(&name) || space.dimension(name).is_some() {
        return Ok(());
    }
    let known =
        || space.dimensions().iter().map(|dimension| dimension.key.as_str()).chain(RESERVED.iter().copied());
    let hint = nearest(name, known()).map_or_else(
        || format!("known: {}", known().collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean `{{{near}}}`?"),
    );
    Err(format!("there is no parameter `{name}`, {hint} (a brace itself is `{{{{`)"))
}

#[cfg(test)]
mod tests {
    use super::{Context, Template};
    use tunesmith::core::{Domain, Params, Scale, Space, Value};

    fn filled(words: &[&str], settings: &Params) -> Vec<String> {
        let space = Space::new()
            .with("lr", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap())
            .with("name", Domain::choice(["a b", "'"]).unwrap())
            .with("beta", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
        let template = Template::parse(words.iter().copied(), &space).unwrap();
        let context =
            Context { settings, trial: 7, seed: 42, out: "/o".into(), params: "/o/params.json".into() };
        template.fill(&context)
    }

    #[test]
    fn holes_are_filled_word_by_word() {
        let settings = Params::from([("lr".into(), Value::Float(1e-5)), ("name".into(), Value::from("a b"))]);
        assert_eq!(
            filled(
                &["x", "--lr={lr}", "{name}", "{{{trial}}}", "{out}/{seed}", "", "$HOME;{params}"],
                &settings
            ),
            ["x", "--lr=1e-5", "a b", "{7}", "/o/42", "", "$HOME;/o/params.json"]
        );
    }

    #[test]
    fn what_does_not_exist_is_left_out_with_its_flag() {
        let settings = Params::from([("lr".into(), Value::Float(0.5))]);
        assert_eq!(
            filled(
                &["x", "--beta", "{beta}", "--beta={beta}", "-v", "a{beta}", "{beta}", "--lr", "{lr}"],
                &settings
            ),
            ["x", "-v", "--lr", "0.5"]
        );
    }

    #[test]
    fn mistakes_name_the_word_and_the_cure() {
        let space = Space::new().with("lr", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
        let said = |word| Template::parse([word].into_iter(), &space).unwrap_err().to_string();
        assert_eq!(
            said("--x={l}"),
            "the command: --x={l}: there is no parameter `l`, did you mean `{lr}`? (a brace itself is `{{`)"
        );
        assert_eq!(said("{lr"), "the command: {lr: a lone `{`, write `{{` for a brace");
        assert_eq!(said("a}"), "the command: a}: a lone `}`, write `}}` for a brace");
    }
}

//! `Packed`: a finished trial in a few bytes, for studies of a hundred thousand.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tunesmith_core::{Params, Value};

use crate::{Attributes, TrialRecord, TrialState};

/// Texts that come again and again (keys of settings and attributes, options), by number.
#[derive(Debug, Default)]
pub(crate) struct Words {
    words: Vec<String>,
    numbers: BTreeMap<String, u32>,
    /// Where the next trial's bytes are put together, so that each then takes exactly what it needs.
    desk: Vec<u8>,
}

impl Words {
    fn number(&mut self, word: &str) -> u64 {
        if let Some(number) = self.numbers.get(word) {
            return u64::from(*number);
        }
        let number = self.words.len() as u32;
        self.words.push(word.to_owned());
        self.numbers.insert(word.to_owned(), number);
        u64::from(number)
    }
}

/// A finished trial but for its number; a tenth of the memory of its record.
#[derive(Debug)]
pub(crate) struct Packed(Box<[u8]>);

/// The states of finished trials, by their number in the bytes.
const STATES: [TrialState; 4] =
    [TrialState::Complete, TrialState::Pruned, TrialState::Diverged, TrialState::Failed];

impl Packed {
    /// The trial in bytes; `None` when it has not ended, or holds what the bytes have no form for (lists, times before
    /// 1970).
    pub(crate) fn of(trial: &TrialRecord, words: &mut Words) -> Option<Self> {
        let state = STATES.iter().position(|state| *state == trial.state)?;
        let mut desk = std::mem::take(&mut words.desk);
        desk.clear();
        let mut bytes = Writer { bytes: desk, words };
        bytes.whole(state as u64);
        bytes.whole(trial.params.len() as u64);
        for (key, value) in &trial.params {
            bytes.word(key);
            bytes.value(value)?;
        }
        bytes.option(trial.value, Writer::float);
        bytes.whole(trial.further.len() as u64);
        trial.further.iter().for_each(|value| bytes.float(*value));
        bytes.whole(trial.reports.len() as u64);
        for (step, value) in &trial.reports {
            bytes.whole(*step);
            bytes.float(*value);
        }
        for time in [trial.started, trial.finished] {
            let since = time.map(|time| time.duration_since(UNIX_EPOCH)).transpose().ok()?;
            bytes.option(since, |bytes, since| {
                bytes.whole(since.as_secs());
                bytes.whole(u64::from(since.subsec_nanos()));
            });
        }
        bytes.option(trial.reason.as_deref(), Writer::text);
        bytes.option(trial.diverged_at, Writer::whole);
        for attributes in [&trial.user, &trial.system] {
            bytes.whole(attributes.len() as u64);
            for (key, json) in attributes {
                bytes.word(key);
                bytes.text(json);
            }
        }
        let packed = Self(Box::from(bytes.bytes.as_slice()));
        words.desk = bytes.bytes;
        Some(packed)
    }

    /// The trial of that number.
    pub(crate) fn unpack(&self, number: u64, words: &Words) -> TrialRecord {
        let mut bytes = Reader { bytes: &self.0, words };
        let mut trial = TrialRecord::new(number);
        trial.state = STATES[bytes.whole() as usize];
        let params = 0..bytes.whole();
        trial.params = params.map(|_| (bytes.word(), bytes.value())).collect::<Params>();
        trial.value = bytes.option(Reader::float);
        trial.further = (0..bytes.whole()).map(|_| bytes.float()).collect();
        trial.reports = (0..bytes.whole()).map(|_| (bytes.whole(), bytes.float())).collect();
        let mut time = || {
            let since = bytes.option(|bytes| (bytes.whole(), bytes.whole()));
            since.map(|(seconds, nanos)| -> SystemTime { UNIX_EPOCH + Duration::new(seconds, nanos as u32) })
        };
        (trial.started, trial.finished) = (time(), time());
        trial.reason = bytes.option(Reader::text);
        trial.diverged_at = bytes.option(Reader::whole);
        let mut attributes =
            || (0..bytes.whole()).map(|_| (bytes.word(), bytes.text())).collect::<Attributes>();
        (trial.user, trial.system) = (attributes(), attributes());
        trial
    }
}

/// Appends; whole numbers take seven bits a byte, the lowest first.
struct Writer<'a> {
    bytes: Vec<u8>,
    words: &'a mut Words,
}

impl Writer<'_> {
    fn whole(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    fn float(&mut self, number: f64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.whole(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn word(&mut self, word: &str) {
        let number = self.words.number(word);
        self.whole(number);
    }

    fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.whole(u64::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn value(&mut self, value: &Value) -> Option<()> {
        match value {
            Value::Null => self.whole(0),
            Value::Bool(on) => self.whole(1 + u64::from(*on)),
            Value::Int(number) => {
                self.whole(3);
                self.bytes.extend_from_slice(&number.to_le_bytes());
            }
            Value::Float(number) => {
                self.whole(4);
                self.float(*number);
            }
            Value::Text(text) => {
                self.whole(5);
                self.word(text);
            }
            Value::List(_) | Value::Table(_) => return None,
        }
        Some(())
    }
}

/// Reads what a writer of this process wrote, so nothing can be wrong with it.
struct Reader<'a> {
    bytes: &'a [u8],
    words: &'a Words,
}

impl Reader<'_> {
    fn take(&mut self, n: usize) -> &[u8] {
        let (taken, rest) = self.bytes.split_at(n);
        self.bytes = rest;
        taken
    }

    fn whole(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..).step_by(7) {
            let byte = self.take(1)[0];
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }

    fn eight(&mut self) -> [u8; 8] {
        self.take(8).try_into().expect("eight bytes are eight bytes")
    }

    fn float(&mut self) -> f64 {
        f64::from_le_bytes(self.eight())
    }

    fn text(&mut self) -> String {
        let n = self.whole() as usize;
        String::from_utf8_lossy(self.take(n)).into_owned()
    }

    fn word(&mut self) -> String {
        let number = self.whole() as usize;
        self.words.words[number].clone()
    }

    fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.whole() == 1).then(|| read(self))
    }

    fn value(&mut self) -> Value {
        match self.whole() {
            0 => Value::Null,
            1 => Value::Bool(false),
            2 => Value::Bool(true),
            3 => Value::Int(i64::from_le_bytes(self.eight())),
            4 => Value::Float(self.float()),
            _ => Value::Text(self.word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Packed, Words};
    use crate::conform::Question;
    use proptest::prelude::*;
    use std::time::{Duration, UNIX_EPOCH};
    use tunesmith_core::{Seed, Value};

    proptest! {
        #[test]
        fn what_was_packed_is_the_trial_to_the_last_bit(seed in any::<u64>(), nanos in any::<u32>()) {
            let mut words = Words::default();
            let question = Question::random(Seed::new(seed), 8, 20);
            let mut packed = Vec::new();
            for trial in question.history.trials() {
                let mut trial = trial.clone();
                trial.params.insert("extreme".into(), Value::Int(i64::MIN + i64::from(nanos)));
                trial.params.insert("tiny".into(), Value::Float(f64::from_bits(u64::from(nanos))));
                trial.params.insert("nothing".into(), Value::Null);
                trial.started = Some(UNIX_EPOCH + Duration::from_nanos(seed));
                trial.reason = (seed % 2 == 0).then(|| "out of memory: ü".to_owned());
                trial.user.insert("note".into(), format!("\"{nanos}\""));
                packed.push((Packed::of(&trial, &mut words), trial));
            }
            for (packed, trial) in packed {
                prop_assert_eq!(packed.is_some(), trial.state.is_finished());
                // Values that are not numbers differ from themselves; their text does not.
                let Some(packed) = packed else { continue };
                prop_assert_eq!(format!("{:?}", packed.unpack(trial.number, &words)), format!("{trial:?}"));
            }
        }
    }

    #[test]
    fn ten_settings_take_less_than_two_hundred_bytes() {
        let mut trial = crate::TrialRecord::new(7);
        trial.state = crate::TrialState::Complete;
        trial.value = Some(0.1);
        trial.params = (0..10).map(|i| (format!("parameter {i}"), Value::Float(f64::from(i)))).collect();
        (trial.started, trial.finished) = (Some(UNIX_EPOCH), Some(UNIX_EPOCH));
        trial.system.insert("tunesmith:seed".into(), "\"12345678901234567890\"".into());
        assert!(Packed::of(&trial, &mut Words::default()).unwrap().0.len() < 200);
    }
}

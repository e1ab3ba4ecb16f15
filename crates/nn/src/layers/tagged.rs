//! Tagged values: a flat list of layers that expresses any graph.
//!
//! `{ tag = "skip" }` remembers the current value, `{ recall = "skip" }` makes it current again, and `concatenate`, `add`
//! and `multiply` join it with the current one. `select` goes back to columns of the model's input: several inputs are
//! columns of one table that go to different branches.

use crate::plugin::*;
use crate::trace::INPUT;

/// Remembers the current value under a name, and hands it on.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_nn::Sequential;
/// let relu = Plug::new("activation").with("function", "relu");
/// let tag = Plug::new("tag").with("name", "positive");
/// let add = Plug::new("add").with("with", vec!["positive"]);
/// let model = Sequential::from_plugs(&[relu, tag, add], [2], None).unwrap();
/// assert_eq!(model.predict::<f64>(&[], &[-1.0, 3.0]), [0.0, 6.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Tag {
    name: String,
}

impl Default for Tag {
    fn default() -> Self {
        Self { name: "skip".into() }
    }
}

impl Describe for Tag {
    const NAME: &'static str = "tag";
    const ABOUT: &'static str = "remembers the current value under a name";
    const PARAMS: &'static [Param<Self>] = &[Param::text("name", |s: &mut Self| &mut s.name, "the name")];

    fn check(&self) -> Result<(), String> {
        match self.name == INPUT {
            true => Err(format!("`{INPUT}` is the model's input, choose another name")),
            false => Ok(()),
        }
    }
}

impl Layer for Tag {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        trace.tag(&self.name, input);
        Ok(input.clone())
    }
}

register!(LayerEntry, Tag);

/// Makes a remembered value the current one; `"input"` is the model's input.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_nn::Sequential;
/// let relu = Plug::new("activation").with("function", "relu");
/// let model = Sequential::from_plugs(&[relu, Plug::new("recall")], [2], None).unwrap();
/// assert_eq!(model.predict::<f64>(&[], &[-1.0, 3.0]), [-1.0, 3.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Recall {
    name: String,
}

impl Default for Recall {
    fn default() -> Self {
        Self { name: INPUT.into() }
    }
}

impl Describe for Recall {
    const NAME: &'static str = "recall";
    const ABOUT: &'static str = "makes a value the current one that was tagged, or the model's input";
    const PARAMS: &'static [Param<Self>] =
        &[Param::text("name", |s: &mut Self| &mut s.name, "the tag, or input")];
}

impl Layer for Recall {
    fn forward(&self, trace: &mut Trace, _input: &Var) -> Result<Var, Error> {
        trace.recall(&self.name)
    }
}

register!(LayerEntry, Recall);

/// Makes columns of the model's input the current value: `[rows, count]` of `[rows, columns]`; of an input with more axes,
/// that many positions of the first behind the rows.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_nn::Sequential;
/// let select = Plug::new("select").with("start", 1_usize).with("count", 2_usize);
/// let model = Sequential::from_plugs(&[select], [4], None).unwrap();
/// assert_eq!(model.predict::<f64>(&[], &[0.0, 1.0, 2.0, 3.0]), [1.0, 2.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Select {
    start: usize,
    count: usize,
}

impl Default for Select {
    fn default() -> Self {
        Self { start: 0, count: 1 }
    }
}

impl Describe for Select {
    const NAME: &'static str = "select";
    const ABOUT: &'static str = "makes columns of the model's input the current value";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int("start", 0, 100, |s: &mut Self| &mut s.start, "the first column, from 0")
            .fixed()
            .valid(0.0, 1e9),
        Param::int("count", 1, 100, |s: &mut Self| &mut s.count, "how many columns").fixed().valid(1.0, 1e9),
    ];
}

impl Layer for Select {
    fn forward(&self, trace: &mut Trace, _input: &Var) -> Result<Var, Error> {
        let input = trace.recall(INPUT)?;
        let shape = input.shape();
        let found = shape.dims().get(1).copied().unwrap_or(0);
        if self.start + self.count > found || self.count == 0 {
            return Err(trace.error(format!(
                "the columns {} to {} do not exist, the model's input has {found}, from 0",
                self.start,
                (self.start + self.count).saturating_sub(1)
            )));
        }
        Ok(input.slice(1, self.start, self.count))
    }
}

register!(LayerEntry, Select);

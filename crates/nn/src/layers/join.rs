//! Joining several values into one: concatenate, add, multiply, maximum, average.

use crate::plugin::*;

/// Joins values of one shape, or along an axis; negative axes count from the end, axis 0 is the rows.
fn join(trace: &Trace, how: &str, parts: &[Var], axis: f64) -> Result<Var, Error> {
    let Some((first, others)) = parts.split_first() else {
        return Err(trace.error("there is nothing to join"));
    };
    let shapes = || parts.iter().map(|part| part.shape().to_string()).collect::<Vec<_>>().join(" and ");
    if how == "concatenate" {
        let rank = first.rank();
        let at = if axis < 0.0 { rank as f64 + axis } else { axis };
        if !(1.0..rank as f64).contains(&at) {
            return Err(trace.error(format!(
                "there is no axis {axis} behind the rows in {}: write one from 1 to {}, or -1 for the last",
                first.shape(),
                rank.saturating_sub(1)
            )));
        }
        let at = at as usize;
        let others_fit = |part: &Var| {
            let (a, b) = (first.shape(), part.shape());
            a.dims().len() == b.dims().len() && (0..rank).all(|i| i == at || a.dims()[i] == b.dims()[i])
        };
        if !others.iter().all(others_fit) {
            return Err(trace.error(format!(
                "along axis {at} only what is alike in all other axes can be joined, found {}",
                shapes()
            )));
        }
        return Ok(trace.graph().concat(&parts.iter().collect::<Vec<_>>(), at));
    }
    if others.iter().any(|part| part.shape() != first.shape()) {
        return Err(trace.error(format!("{how} needs values of one shape, found {}", shapes())));
    }
    let all = others.iter().fold(first.clone(), |all, part| match how {
        "multiply" => all * part,
        "maximum" => all.maximum(part),
        _ => all + part,
    });
    Ok(if how == "average" { all * (1.0 / parts.len() as f64) } else { all })
}

fn whole_axis(axis: f64) -> Result<(), String> {
    match axis.fract() == 0.0 {
        true => Ok(()),
        false => Err(format!("an axis is a whole number, found {axis}")),
    }
}

/// The same input through several branches, whose results are joined.
///
/// A branch is a layer; a list of layers as a branch is `{ sequential = { layers = [...] } }`. The results are joined by
/// `concatenate` (along `axis`, -1 for the last, 1 for channels), or, when they are of one shape, by `add`, `multiply`,
/// `maximum` or `average`. Parameters are named by branch: `0.weight`.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_nn::Sequential;
/// let relu = Plug::new("activation").with("function", "relu").to_value();
/// let line = Plug::new("activation").with("function", "linear").to_value();
/// let both = Plug::new("parallel").with("branches", vec![relu, line]);
/// let model = Sequential::from_plugs(&[both], [2], None).unwrap();
/// assert_eq!(model.predict::<f64>(&[], &[-1.0, 3.0]), [0.0, 3.0, -1.0, 3.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Parallel {
    branches: Vec<Plug>,
    join: String,
    axis: f64,
}

impl Default for Parallel {
    fn default() -> Self {
        Self { branches: vec![Plug::new("sequential")], join: "concatenate".into(), axis: -1.0 }
    }
}

impl Describe for Parallel {
    const NAME: &'static str = "parallel";
    const ABOUT: &'static str = "several branches side by side, their results joined";
    const PARAMS: &'static [Param<Self>] = &[
        Param::plugs("branches", "layer", |s: &mut Self| &mut s.branches, "the branches, a layer each"),
        Param::name(
            "join",
            &["concatenate", "add", "multiply", "maximum", "average"],
            |s: &mut Self| &mut s.join,
            "how the results become one",
        ),
        Param::float(
            "axis",
            -7.0,
            7.0,
            |s: &mut Self| &mut s.axis,
            "of concatenate: the axis, -1 for the last",
        )
        .fixed()
        .valid(-7.0, 7.0),
    ];

    fn check(&self) -> Result<(), String> {
        whole_axis(self.axis)
    }
}

impl Layer for Parallel {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let mut parts = Vec::new();
        for (i, branch) in self.branches.iter().enumerate() {
            let at = format!("{}.{i}", trace.place());
            let layer = crate::sequential::build_layer(branch, &at)?;
            parts.push(trace.within(&i.to_string(), |trace| layer.forward(trace, input))?);
        }
        join(trace, &self.join, &parts, self.axis)
    }
}

register!(LayerEntry, Parallel);

/// The current value and tagged ones, one after another along an axis.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_nn::Sequential;
/// let relu = Plug::new("activation").with("function", "relu");
/// let joined = Plug::new("concatenate").with("with", vec!["input"]);
/// let model = Sequential::from_plugs(&[relu, joined], [1], None).unwrap();
/// assert_eq!(model.predict::<f64>(&[], &[-2.0]), [0.0, -2.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Concatenate {
    with: Vec<String>,
    axis: f64,
}

impl Default for Concatenate {
    fn default() -> Self {
        Self { with: Vec::new(), axis: -1.0 }
    }
}

impl Describe for Concatenate {
    const NAME: &'static str = "concatenate";
    const ABOUT: &'static str = "the current value and tagged ones, one after another along an axis";
    const PARAMS: &'static [Param<Self>] = &[
        Param::texts("with", |s: &mut Self| &mut s.with, "the tags of what is joined to it"),
        Param::float(
            "axis",
            -7.0,
            7.0,
            |s: &mut Self| &mut s.axis,
            "the axis, -1 for the last, 0 is the rows",
        )
        .fixed()
        .valid(-7.0, 7.0),
    ];

    fn check(&self) -> Result<(), String> {
        whole_axis(self.axis)
    }
}

impl Layer for Concatenate {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        join(trace, "concatenate", &with_tagged(trace, input, &self.with)?, self.axis)
    }
}

register!(LayerEntry, Concatenate);

/// The current value, then the tagged ones.
fn with_tagged(trace: &Trace, input: &Var, tags: &[String]) -> Result<Vec<Var>, Error> {
    std::iter::once(Ok(input.clone())).chain(tags.iter().map(|tag| trace.recall(tag))).collect()
}

/// A layer that joins the current value with tagged ones of its shape.
macro_rules! joining {
    ($(#[$doc:meta])* $Layer:ident, $name:literal, $about:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default)]
        pub struct $Layer {
            with: Vec<String>,
        }

        impl Describe for $Layer {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const PARAMS: &'static [Param<Self>] =
                &[Param::texts("with", |s: &mut Self| &mut s.with, "the tags of what is joined to it")];
        }

        impl Layer for $Layer {
            fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
                join(trace, $name, &with_tagged(trace, input, &self.with)?, 0.0)
            }
        }

        register!(LayerEntry, $Layer);
    };
}

joining! {
    /// The sum of the current value and tagged ones of its shape.
    ///
    /// ```
    /// use tunesmith_core::Plug;
    /// use tunesmith_nn::Sequential;
    /// let model = Sequential::from_plugs(&[Plug::new("add").with("with", vec!["input"])], [1], None).unwrap();
    /// assert_eq!(model.predict::<f64>(&[], &[3.0]), [6.0]);
    /// ```
    Add, "add", "the sum of the current value and tagged ones"
}
joining! {
    /// The product of the current value and tagged ones of its shape.
    ///
    /// ```
    /// use tunesmith_core::Plug;
    /// use tunesmith_nn::Sequential;
    /// let model = Sequential::from_plugs(&[Plug::new("multiply").with("with", vec!["input"])], [1], None).unwrap();
    /// assert_eq!(model.predict::<f64>(&[], &[3.0]), [9.0]);
    /// ```
    Multiply, "multiply", "the product of the current value and tagged ones"
}

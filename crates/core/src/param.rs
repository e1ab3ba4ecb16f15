//! `Param`: one setting a plug-in has, said once: name, range, default place, meaning.

use std::fmt;

use crate::{Count, Plug, Scale, Sizes};

/// Whether a default search moves a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A default search moves it.
    Tune,
    /// Only a search that asks for it moves it.
    Rarely,
    /// A search moves it only when the recipe gives a range; it has no range of its own.
    Fixed,
}

/// What a setting can be.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Shape {
    /// A real number.
    Float,
    /// A real number or "off".
    OptionalFloat,
    /// A whole number that is not negative.
    Int,
    /// A whole number or "off".
    OptionalInt,
    /// A whole number or one of a few words, such as "classes".
    Count {
        /// The words.
        words: &'static [&'static str],
    },
    /// A whole number, one per axis, or one of a few words, such as "same".
    Sizes {
        /// The words.
        words: &'static [&'static str],
    },
    /// On or off.
    Switch,
    /// One of a few names.
    Name {
        /// The names.
        options: &'static [&'static str],
    },
    /// Any text.
    Text,
    /// A list of texts.
    Texts,
    /// A list of real numbers.
    Floats,
    /// A plug-in of a kind, with its own settings.
    Plug {
        /// "activation", "init", ...
        kind: &'static str,
    },
    /// A plug-in of a kind, or "off".
    OptionalPlug {
        /// "schedule", ...
        kind: &'static str,
    },
    /// A list of plug-ins of a kind.
    Plugs {
        /// "layer", "prepare", ...
        kind: &'static str,
        /// The setting that says how often the list is repeated, if one does: a search then gives every copy
        /// dimensions of its own.
        copies: Option<&'static str>,
    },
}

/// The range a default search uses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Lowest value.
    pub low: f64,
    /// Highest value.
    pub high: f64,
    /// How the range is walked.
    pub scale: Scale,
}

/// All that is known of a setting without the type it belongs to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParamSpec {
    /// The key; a dot makes a sub-table: `regularize.l2`.
    pub name: &'static str,
    /// What it means, in a few words.
    pub about: &'static str,
    /// What it can be.
    pub shape: Shape,
    /// The range of a default search, for numbers.
    pub range: Option<Range>,
    /// Whether a default search moves it.
    pub role: Role,
    /// The least and the greatest possible number, both included.
    pub valid: (f64, f64),
}

/// Where a setting lives in its struct: one field accessor for reading and writing.
pub(crate) enum Lens<T> {
    Float(fn(&mut T) -> &mut f64),
    OptionalFloat(fn(&mut T) -> &mut Option<f64>),
    Int(fn(&mut T) -> &mut usize),
    OptionalInt(fn(&mut T) -> &mut Option<usize>),
    Count(fn(&mut T) -> &mut Count),
    Sizes(fn(&mut T) -> &mut Sizes),
    Switch(fn(&mut T) -> &mut bool),
    Text(fn(&mut T) -> &mut String),
    Texts(fn(&mut T) -> &mut Vec<String>),
    Floats(fn(&mut T) -> &mut Vec<f64>),
    Plug(fn(&mut T) -> &mut Plug),
    OptionalPlug(fn(&mut T) -> &mut Option<Plug>),
    Plugs(fn(&mut T) -> &mut Vec<Plug>),
}

/// One setting of the struct `T`: its description and its field.
///
/// Built in a `const`, so that a nonsensical range does not compile:
///
/// ```
/// use tunesmith_core::Param;
/// #[derive(Clone)]
/// struct Momentum { beta: f64 }
/// const BETA: Param<Momentum> =
///     Param::float("beta", 0.5, 0.99, |s: &mut Momentum| &mut s.beta, "share of the past").reverse_log();
/// assert_eq!(BETA.spec().name, "beta");
/// ```
///
/// ```compile_fail
/// use tunesmith_core::Param;
/// struct Momentum { beta: f64 }
/// const BETA: Param<Momentum> = // a log range cannot start at zero
///     Param::float("beta", 0.0, 0.99, |s: &mut Momentum| &mut s.beta, "share of the past").log();
/// ```
pub struct Param<T> {
    pub(crate) spec: ParamSpec,
    pub(crate) lens: Lens<T>,
}

impl<T> fmt::Debug for Param<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spec.fmt(f)
    }
}

const ANY: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

impl<T> Param<T> {
    const fn new(name: &'static str, about: &'static str, shape: Shape, lens: Lens<T>) -> Self {
        Self { spec: ParamSpec { name, about, shape, range: None, role: Role::Fixed, valid: ANY }, lens }
    }

    const fn ranged(mut self, low: f64, high: f64) -> Self {
        assert!(low <= high, "a range must not end before it starts");
        self.spec.range = Some(Range { low, high, scale: Scale::Linear });
        self.spec.role = Role::Tune;
        self
    }

    /// A real number, searched from `low` to `high`.
    pub const fn float(
        name: &'static str,
        low: f64,
        high: f64,
        field: fn(&mut T) -> &mut f64,
        about: &'static str,
    ) -> Self {
        Self::new(name, about, Shape::Float, Lens::Float(field)).ranged(low, high)
    }

    /// A real number or "off"; a search chooses between off and the range.
    pub const fn optional_float(
        name: &'static str,
        low: f64,
        high: f64,
        field: fn(&mut T) -> &mut Option<f64>,
        about: &'static str,
    ) -> Self {
        Self::new(name, about, Shape::OptionalFloat, Lens::OptionalFloat(field)).ranged(low, high)
    }

    /// A whole number, searched from `low` to `high`.
    pub const fn int(
        name: &'static str,
        low: usize,
        high: usize,
        field: fn(&mut T) -> &mut usize,
        about: &'static str,
    ) -> Self {
        Self::new(name, about, Shape::Int, Lens::Int(field)).ranged(low as f64, high as f64)
    }

    /// A whole number or "off".
    pub const fn optional_int(
        name: &'static str,
        low: usize,
        high: usize,
        field: fn(&mut T) -> &mut Option<usize>,
        about: &'static str,
    ) -> Self {
        Self::new(name, about, Shape::OptionalInt, Lens::OptionalInt(field)).ranged(low as f64, high as f64)
    }

    /// A whole number, searched from `low` to `high`, or one of a few words.
    pub const fn count(
        name: &'static str,
        low: usize,
        high: usize,
        words: &'static [&'static str],
        field: fn(&mut T) -> &mut Count,
        about: &'static str,
    ) -> Self {
        Self::new(name, about, Shape::Count { words }, Lens::Count(field)).ranged(low as f64, high as f64)
    }

    /// A whole number for all axes, one per axis, or one of a few words; a default search leaves it alone.
    pub const fn sizes(
        name: &'static str,
        words: &'static [&'static str],
        field: fn(&mut T) -> &mut Sizes,
        about: &'static str,
    ) -> Self {
        Self::new(name, about, Shape::Sizes { words }, Lens::Sizes(field))
    }

    /// On or off; a default search leaves it alone.
    pub const fn switch(name: &'static str, field: fn(&mut T) -> &mut bool, about: &'static str) -> Self {
        Self::new(name, about, Shape::Switch, Lens::Switch(field))
    }

    /// One of a few names; a default search leaves it alone.
    pub const fn name(
        name: &'static str,
        options: &'static [&'static str],
        field: fn(&mut T) -> &mut String,
        about: &'static str,
    ) -> Self {
        Self::new(name, about, Shape::Name { options }, Lens::Text(field))
    }

    /// Any text.
    pub const fn text(name: &'static str, field: fn(&mut T) -> &mut String, about: &'static str) -> Self {
        Self::new(name, about, Shape::Text, Lens::Text(field))
    }

    /// A list of texts.
    pub const fn texts(
        name: &'static str,
        field: fn(&mut T) -> &mut Vec<String>,
        about: &'static str,
    ) -> Self {
        Self::new(name, about, Shape::Texts, Lens::Texts(field))
    }

    /// A list of real numbers.
    pub const fn floats(name: &'static str, field: fn(&mut T) -> &mut Vec<f64>, about: &'static str) -> Self {
        Self::new(name, about, Shape::Floats, Lens::Floats(field))
    }

    /// A plug-in of a kind.
    pub const fn plug(
        name: &'static str,
        kind: &'static str,
        field: fn(&mut T) -> &mut Plug,
        about: &'static str,
    ) -> Self {
        Self::new(name, about, Shape::Plug { kind }, Lens::Plug(field))
    }

    /// A plug-in of a kind, or "off".
    pub const fn optional_plug(
        name: &'static str,
        kind: &'static str,
        field: fn(&mut T) -> &mut Option<Plug>,
        about: &'static str,
    ) -> Self {
        Self::new(name, about, Shape::OptionalPlug { kind }, Lens::OptionalPlug(field))
    }

    /// A list of plug-ins of a kind.
    pub const fn plugs(
        name: &'static str,
        kind: &'static str,
        field: fn(&mut T) -> &mut Vec<Plug>,
        about: &'static str,
    ) -> Self {
        Self::new(name, about, Shape::Plugs { kind, copies: None }, Lens::Plugs(field))
    }

    /// The list of plug-ins is repeated as often as the whole number of that name says.
    #[must_use]
    pub const fn repeated_by(mut self, count: &'static str) -> Self {
        match self.spec.shape {
            Shape::Plugs { kind, .. } => self.spec.shape = Shape::Plugs { kind, copies: Some(count) },
            _ => panic!("only a list of plug-ins can be repeated"),
        }
        self
    }

    /// Walks the range by ratios.
    #[must_use]
    pub const fn log(self) -> Self {
        let range = self.range();
        assert!(range.low > 0.0, "a log range must start above zero");
        self.scaled(Scale::Log)
    }

    /// Walks the range by ratios of the distance to one: for numbers near one, such as betas.
    #[must_use]
    pub const fn reverse_log(self) -> Self {
        let range = self.range();
        assert!(range.high < 1.0, "a reverse log range must end below one");
        self.scaled(Scale::ReverseLog)
    }

    /// Only a search that asks for it moves this setting.
    #[must_use]
    pub const fn rarely(mut self) -> Self {
        self.spec.role = Role::Rarely;
        self
    }

    /// A default search leaves this setting alone.
    #[must_use]
    pub const fn fixed(mut self) -> Self {
        self.spec.role = Role::Fixed;
        self
    }

    /// The least and the greatest possible number, both included; what lies outside is refused.
    #[must_use]
    pub const fn valid(mut self, least: f64, greatest: f64) -> Self {
        assert!(least <= greatest, "the least possible number must not exceed the greatest");
        self.spec.valid = (least, greatest);
        self
    }

    /// The description without the type.
    #[must_use]
    pub const fn spec(&self) -> ParamSpec {
        self.spec
    }

    const fn range(&self) -> Range {
        match self.spec.range {
            Some(range) => range,
            None => panic!("only a number has a scale"),
        }
    }

    const fn scaled(mut self, scale: Scale) -> Self {
        let Range { low, high, .. } = self.range();
        self.spec.range = Some(Range { low, high, scale });
        self
    }
}

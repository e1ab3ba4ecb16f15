//! `Groups`: parameters that are treated unlike the rest, by patterns on their names.

use tunesmith_core::{
    Describe, Error, Meta, Param, Place, Plug, Value, Why, find, from_table, kind, register,
};

use crate::Layout;

/// Parameters whose names match a pattern, and how they are treated.
///
/// ```
/// use tunesmith_core::{Table, Value, from_table};
/// use tunesmith_optim::Group;
/// let table: Table = [("match".to_owned(), Value::from("*.bias")), ("decay".to_owned(), Value::Float(0.0))].into();
/// let group: Group = from_table(&table, "training.groups.0").unwrap();
/// assert_eq!(group, Group { pattern: "*.bias".into(), decay: 0.0, ..Group::default() });
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Which names: `*` stands for any characters, `?` for one.
    pub pattern: String,
    /// Factor of the learning rate.
    pub lr: f64,
    /// Factor of penalties and decay: 0 is none.
    pub decay: f64,
    /// For which share of the training the parameters stay as they are: 0 is not at all, 1 is to the end.
    pub freeze: f64,
    /// For how many epochs the parameters stay as they are, if that is longer.
    pub freeze_epochs: usize,
}

impl Default for Group {
    fn default() -> Self {
        Self { pattern: "*".to_owned(), lr: 1.0, decay: 1.0, freeze: 0.0, freeze_epochs: 0 }
    }
}

impl Describe for Group {
    const NAME: &'static str = "group";
    const ABOUT: &'static str = "parameters that are treated unlike the rest, by a pattern on their names";
    const PARAMS: &'static [Param<Self>] = &[
        Param::text("match", |s: &mut Self| &mut s.pattern, "which names, with * and ?"),
        Param::float("lr", 0.1, 10.0, |s: &mut Self| &mut s.lr, "factor of the learning rate")
            .log()
            .rarely()
            .valid(0.0, f64::INFINITY),
        Param::float(
            "decay",
            0.1,
            10.0,
            |s: &mut Self| &mut s.decay,
            "factor of penalties and decay; 0 is none",
        )
        .log()
        .rarely()
        .valid(0.0, f64::INFINITY),
        Param::float(
            "freeze",
            0.0,
            1.0,
            |s: &mut Self| &mut s.freeze,
            "share of the training without steps, 1 is all of it",
        )
        .fixed()
        .valid(0.0, 1.0),
        Param::int(
            "freeze_epochs",
            0,
            10,
            |s: &mut Self| &mut s.freeze_epochs,
            "epochs without steps, if that is longer",
        )
        .fixed(),
    ];
}

kind! {
    /// A registered way to treat parameters; there is [`Group`].
    pub struct GroupEntry: "group", "groups" => Group;
}

impl GroupEntry {
    /// The entry of a group, for [`register!`].
    const fn of<T: Describe + Into<Group>>(place: Place) -> Self {
        Self::new(Meta::of::<T>(place), |table, at| Ok(from_table::<T>(table, at)?.into()))
    }

    /// Makes the group that stands in a recipe at a path: `{ group = "*.bias", decay = 0.0 }`.
    ///
    /// # Errors
    /// When it does not take these settings.
    pub fn make(plug: &Plug, at: &str) -> Result<Group, Error> {
        find::<Self>(&plug.name, at)?.build(&plug.config, at)
    }
}

register!(GroupEntry, Group);

/// Groups of parameters, and how rates fall from layer to layer.
///
/// A parameter is treated as all groups say whose patterns its name matches: factors of the rate
/// and of decay multiply, and it is frozen for the longest of their times. A frozen parameter has no gradient, no step, no
/// decay and no change of state.
///
/// ```
/// use tunesmith_optim::{Group, Groups, Layout, Pace, Rule, Sgd};
/// use tunesmith_tensor::{DType, Par};
/// let groups = Groups::new([
///     Group { pattern: "*.bias".into(), decay: 0.0, ..Group::default() },
///     Group { pattern: "body.*".into(), lr: 0.5, ..Group::default() },
/// ]);
/// let layout = Layout::packed([("body.weight", vec![1]), ("body.bias", vec![1]), ("head.weight", vec![1])]);
/// let mut optimizer = Sgd { lr: 1.0, weight_decay: 0.1, ..Sgd::default() }.optimizer();
/// optimizer.init(&groups.on(&layout), DType::F64);
/// let mut values = [10.0_f64; 3];
/// optimizer.step(&mut values, &[&[2.0; 3]], Pace::default(), Par::Seq).unwrap();
/// assert_eq!(values, [8.5, 9.0, 7.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Groups {
    groups: Vec<Group>,
    layer_decay: f64,
    /// So many epochs after the layer behind it each layer thaws.
    thaws_apart: usize,
}

impl Default for Groups {
    fn default() -> Self {
        Self::new([])
    }
}

impl Groups {
    /// Groups, and one rate for all layers.
    #[must_use]
    pub fn new(groups: impl Into<Vec<Group>>) -> Self {
        Self { groups: groups.into(), layer_decay: 1.0, thaws_apart: 0 }
    }

    /// Lets the rate of each layer be this factor of the rate of the layer behind it (Howard & Ruder 2018, arXiv
    /// 1801.06146, section 3.2, where it is 1 / 2.6). A layer is what a name says before its last dot; layers have the
    /// order in which they first stand in the layout.
    ///
    /// ```
    /// use tunesmith_optim::{Groups, Layout, Pace, Rule, Sgd};
    /// use tunesmith_tensor::{DType, Par};
    /// let layout = Layout::packed([("0.weight", vec![1]), ("0.bias", vec![1]), ("1.weight", vec![1])]);
    /// let mut optimizer = Sgd { lr: 1.0, ..Sgd::default() }.optimizer();
    /// optimizer.init(&Groups::default().layer_decay(0.5).on(&layout), DType::F64);
    /// let mut values = [0.0_f64; 3];
    /// optimizer.step(&mut values, &[&[-1.0; 3]], Pace::default(), Par::Seq).unwrap();
    /// assert_eq!(values, [0.5, 0.5, 1.0]);
    /// ```
    #[must_use]
    pub fn layer_decay(mut self, factor: f64) -> Self {
        self.layer_decay = factor;
        self
    }

    /// Freezes each layer for that many epochs longer than the layer behind it; the last learns from the start (gradual
    /// unfreezing: Howard & Ruder 2018, section 3.3, where it is one epoch). Layers are those of
    /// [`layer_decay`](Self::layer_decay).
    ///
    /// ```
    /// use tunesmith_optim::{Groups, Layout, Pace, Rule, Sgd};
    /// use tunesmith_tensor::{DType, Par};
    /// let layout = Layout::packed([("0.weight", vec![1]), ("1.weight", vec![1]), ("2.weight", vec![1])]);
    /// let mut optimizer = Sgd { lr: 1.0, ..Sgd::default() }.optimizer();
    /// let groups = Groups::default().gradual_unfreezing(1);
    /// optimizer.init(&groups.on_over(&layout, |epochs| epochs as f64 / 4.0), DType::F64);
    /// let mut values = [0.0_f64; 3];
    /// for epoch in 0..4 {
    ///     let pace = Pace { progress: f64::from(epoch) / 4.0, ..Pace::default() };
    ///     optimizer.step(&mut values, &[&[-1.0; 3]], pace, Par::Seq).unwrap();
    /// }
    /// assert_eq!(values, [2.0, 3.0, 4.0]);
    /// ```
    #[must_use]
    pub fn gradual_unfreezing(mut self, epochs: usize) -> Self {
        self.thaws_apart = epochs;
        self
    }

    /// Reads a recipe's list of groups; `at` is the list's own path, for messages.
    ///
    /// # Errors
    /// When it is not a list of tables, or a table has an unknown key or a value that is not possible.
    pub fn from_value(value: &Value, at: &str) -> Result<Self, Error> {
        let not = |at: &str, what: &str, value: &Value| {
            let because = format!("{what} stands here in a recipe, not {value}");
            Error::new(at, Why::Conflict { because })
        };
        let Value::List(list) = value else { return Err(not(at, "a list of groups", value)) };
        let group = |(i, value): (usize, &Value)| {
            let at = format!("{at}.{i}");
            let table = value
                .as_table()
                .ok_or_else(|| not(&at, "a group, such as { match = \"*.bias\" },", value))?;
            from_table(table, &at)
        };
        Ok(Self::new(list.iter().enumerate().map(group).collect::<Result<Vec<Group>, Error>>()?))
    }

    /// Looks whether every group has a parameter.
    ///
    /// ```
    /// use tunesmith_optim::{Group, Groups, Layout};
    /// let layout = Layout::packed([("0.weight", vec![1]), ("0.bias", vec![1])]);
    /// let groups = Groups::new([Group { pattern: "*.weigth".into(), ..Group::default() }]);
    /// let (place, because) = groups.check(&layout).unwrap_err();
    /// assert_eq!(place, 0);
    /// assert_eq!(because, "no parameter matches `*.weigth`, there are: 0.weight, 0.bias");
    /// ```
    ///
    /// # Errors
    /// The place of the first whose pattern matches no name, and what is wrong, with all names.
    pub fn check(&self, layout: &Layout) -> Result<(), (usize, String)> {
        let names = || layout.segments().iter().map(|segment| segment.name.as_str());
        let unmatched = |group: &Group| !names().any(|name| matches(&group.pattern, name));
        match self.groups.iter().position(unmatched) {
            None => Ok(()),
            Some(place) => {
                let pattern = &self.groups[place].pattern;
                let all = names().collect::<Vec<_>>().join(", ");
                Err((place, format!("no parameter matches `{pattern}`, there are: {all}")))
            }
        }
    }

    /// The layout with its parameters treated as the groups say, for [`Optimizer::init`](crate::Optimizer::init).
    ///
    /// # Panics
    /// When something is frozen for epochs: then [`on_over`](Self::on_over) must be told how long they are.
    #[must_use]
    #[track_caller]
    pub fn on(&self, layout: &Layout) -> Layout {
        let by_epochs = self.thaws_apart > 0 || self.groups.iter().any(|group| group.freeze_epochs > 0);
        assert!(!by_epochs, "on: parameters are frozen for epochs, call `on_over` to say how long these are");
        self.on_over(layout, |_| 0.0)
    }

    /// The same, given which share of the training so many epochs are.
    #[must_use]
    pub fn on_over(&self, layout: &Layout, share: impl Fn(usize) -> f64) -> Layout {
        let layers = layout.layers();
        let share = |epochs| if epochs == 0 { 0.0 } else { share(epochs) };
        layout.clone().treated(|segment| {
            let place = layers.iter().position(|other| *other == segment.layer()).unwrap_or(0);
            let behind = layers.len() - 1 - place;
            let own = Treatment {
                lr: self.layer_decay.powi(behind as i32),
                freeze: share(behind * self.thaws_apart),
                ..Treatment::default()
            };
            let matching = self.groups.iter().filter(|group| matches(&group.pattern, &segment.name));
            matching.fold(own, |so_far, group| Treatment {
                lr: so_far.lr * group.lr,
                decay: so_far.decay * group.decay,
                freeze: so_far.freeze.max(group.freeze).max(share(group.freeze_epochs)),
            })
        })
    }
}

/// How the parameters at one place of a slab are treated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Treatment {
    /// Factor of the learning rate.
    pub(crate) lr: f64,
    /// Factor of penalties and decay.
    pub(crate) decay: f64,
    /// The share of the training for which they stay as they are.
    pub(crate) freeze: f64,
}

impl Default for Treatment {
    fn default() -> Self {
        Self { lr: 1.0, decay: 1.0, freeze: 0.0 }
    }
}

impl Treatment {
    /// Whether they stay as they are so far into the training.
    pub(crate) fn is_frozen(&self, progress: f64) -> bool {
        self.freeze >= 1.0 || progress < self.freeze
    }
}

/// Whether a name matches a pattern of characters, `?` and `*`.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where the last star stands and how much of the name it has taken: the place to go back to.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '?' || c == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    (p, n) = (place + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_stand_for_any_characters_and_question_marks_for_one() {
        let yes = [
            ("*", ""),
            ("*", "a.b"),
            ("*.bias", "layers.0.bias"),
            ("layers.?.weight", "layers.3.weight"),
            ("*a*b", "xaabab"),
            ("a**", "a"),
            ("head", "head"),
            ("*norm*.gain", "block.norm1.gain"),
        ];
        let no = [
            ("", "a"),
            ("*.bias", "bias"),
            ("layers.?.weight", "layers.13.weight"),
            ("a", "ab"),
            ("*a", "ab"),
        ];
        assert!(yes.iter().all(|(pattern, name)| matches(pattern, name)));
        assert!(!no.iter().any(|(pattern, name)| matches(pattern, name)));
    }
}

//! `Space`: the dimensions of a search, some of which exist only under conditions.

use std::collections::BTreeMap;

use crate::{Domain, Error, Value, Why};

/// The settings of one trial by dotted key; only active dimensions stand in it.
pub type Params = BTreeMap<String, Value>;

/// One dimension: a key, its values, and when it exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// The dotted key, the same in a recipe, on the command line and in a trial's record.
    pub key: String,
    /// The values it can take.
    pub domain: Domain,
    /// All must hold for the dimension to exist; empty for a dimension that always does.
    pub when: Vec<Condition>,
}

/// Something that an earlier dimension must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The earlier dimension.
    pub key: String,
    /// What it must be.
    pub test: Test,
}

/// What a condition asks of a value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Test {
    /// The value is this one.
    Is(Value),
    /// The value is at least this number.
    AtLeast(i64),
}

impl Condition {
    /// Whether the condition holds for these settings; an absent dimension fulfils none.
    #[must_use]
    pub fn holds(&self, params: &Params) -> bool {
        params.get(&self.key).is_some_and(|value| match &self.test {
            Test::Is(wanted) => value.same(wanted),
            Test::AtLeast(n) => value.as_f64().is_some_and(|x| x >= *n as f64),
        })
    }
}

/// The dimensions of a search, parents before their children.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space, Value};
/// let space = Space::new()
///     .with("optimizer", Domain::choice(["sgd", "adam"]).unwrap())
///     .with_child("adam.beta1", Domain::float(0.5, 0.99, Scale::ReverseLog, None).unwrap(), "optimizer", "adam");
/// let sgd = space.complete(|dimension| dimension.domain.place(0.0));
/// assert_eq!(sgd.len(), 1);
/// let adam = space.complete(|dimension| dimension.domain.place(0.9));
/// assert_eq!(adam["optimizer"], Value::from("adam"));
/// assert!(adam.contains_key("adam.beta1"));
/// ```
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Space {
    dimensions: Vec<Dimension>,
    /// Where good values are thought to lie, for dimensions of which something is known.
    around: Params,
}

impl Space {
    /// A space without dimensions.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a dimension that always exists.
    ///
    /// # Panics
    /// When the key is taken.
    #[must_use]
    #[track_caller]
    pub fn with(mut self, key: &str, domain: Domain) -> Self {
        self.push(Dimension { key: key.to_owned(), domain, when: Vec::new() });
        self
    }

    /// Adds a dimension that exists when an earlier one has a certain value.
    ///
    /// # Panics
    /// When the key is taken or the parent is not there.
    #[must_use]
    #[track_caller]
    pub fn with_child(mut self, key: &str, domain: Domain, parent: &str, value: impl Into<Value>) -> Self {
        let mut when = self
            .dimension(parent)
            .unwrap_or_else(|| panic!("with_child: no dimension `{parent}` stands before `{key}`"))
            .when
            .clone();
        when.push(Condition { key: parent.to_owned(), test: Test::Is(value.into()) });
        self.push(Dimension { key: key.to_owned(), domain, when });
        self
    }

    /// Says around which value of a dimension good ones are thought to lie: a search begins there, and looks elsewhere too.
    ///
    /// ```
    /// use tunesmith_core::{Domain, Scale, Space, Value};
    /// let space = Space::new().with("lr", Domain::float(1e-5, 1.0, Scale::Log, None).unwrap()).with_around("lr", 3e-4);
    /// assert_eq!(space.around("lr"), Some(&Value::Float(3e-4)));
    /// assert_eq!(space.known_good()["lr"], Value::Float(3e-4));
    /// ```
    ///
    /// # Panics
    /// When there is no such dimension, or it does not have that value.
    #[must_use]
    #[track_caller]
    pub fn with_around(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.set_around(key, value.into());
        self
    }

    /// The same for a space at hand.
    ///
    /// # Panics
    /// When there is no such dimension, or it does not have that value.
    #[track_caller]
    pub fn set_around(&mut self, key: &str, value: Value) {
        let Some(dimension) = self.dimension(key) else { panic!("around: there is no dimension `{key}`") };
        let domain = &dimension.domain;
        assert!(domain.contains(&value), "around: `{key}` is {domain}, {value} is not among that");
        self.around.insert(key.to_owned(), value);
    }

    /// The value of a dimension around which good ones are thought to lie, if anything is known.
    #[must_use]
    pub fn around(&self, key: &str) -> Option<&Value> {
        self.around.get(key)
    }

    /// The settings to begin with: what is thought good where something is known, else the first option of a choice and
    /// the middle of a range.
    #[must_use]
    pub fn known_good(&self) -> Params {
        self.complete(|dimension| match (self.around(&dimension.key), &dimension.domain) {
            (Some(value), domain) if domain.contains(value) => value.clone(),
            (_, Domain::Choice { options }) => options[0].clone(),
            (_, domain) => domain.place(0.5),
        })
    }

    /// Adds a dimension after those its conditions name.
    ///
    /// # Panics
    /// When the key is taken or a condition names a dimension that is not there yet.
    #[track_caller]
    pub fn push(&mut self, dimension: Dimension) {
        assert!(
            self.dimension(&dimension.key).is_none(),
            "the space has a dimension `{}` already",
            dimension.key
        );
        for condition in &dimension.when {
            assert!(
                self.dimension(&condition.key).is_some(),
                "`{}` depends on `{}`, which does not stand before it",
                dimension.key,
                condition.key
            );
        }
        self.dimensions.push(dimension);
    }

    /// The dimensions, parents first.
    #[must_use]
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// The dimension of that key.
    #[must_use]
    pub fn dimension(&self, key: &str) -> Option<&Dimension> {
        self.dimensions.iter().find(|dimension| dimension.key == key)
    }

    /// How many dimensions there are, counting those under conditions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dimensions.len()
    }

    /// Whether there is nothing to search.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dimensions.is_empty()
    }

    /// Whether any dimension exists only under a condition.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        self.dimensions.iter().any(|dimension| !dimension.when.is_empty())
    }

    /// Chooses a value for each dimension that exists, in order, and returns the settings.
    pub fn complete(&self, mut choose: impl FnMut(&Dimension) -> Value) -> Params {
        let mut params = Params::new();
        for dimension in &self.dimensions {
            if dimension.when.iter().all(|condition| condition.holds(&params)) {
                params.insert(dimension.key.clone(), choose(dimension));
            }
        }
        params
    }

    /// The dimensions that exist under these settings.
    pub fn active<'a>(&'a self, params: &'a Params) -> impl Iterator<Item = &'a Dimension> {
        self.dimensions.iter().filter(|d| d.when.iter().all(|condition| condition.holds(params)))
    }

    /// Checks that the settings hold a value of every dimension that exists, and nothing else.
    ///
    /// # Errors
    /// The first setting that is missing, outside its range, or not of this space.
    pub fn check(&self, params: &Params) -> Result<(), Error> {
        for dimension in self.active(params) {
            let allowed = || dimension.domain.to_string();
            match params.get(&dimension.key) {
                None => {
                    let expected = format!("a value of {}", allowed());
                    return Err(Error::new(&dimension.key, Why::Missing { expected }));
                }
                Some(value) if !dimension.domain.contains(value) => {
                    return Err(Error::new(
                        &dimension.key,
                        Why::OutOfRange { value: value.to_string(), allowed: allowed() },
                    ));
                }
                Some(_) => {}
            }
        }
        // Every dimension that exists is there, so as many settings as dimensions are all there is.
        let more = params.len() > self.active(params).count();
        let is_of_space = |key: &&String| self.active(params).any(|dimension| dimension.key == **key);
        match params.keys().find(|key| more && !is_of_space(key)) {
            None => Ok(()),
            Some(key) => Err(Error::unknown_key("", key, self.dimensions.iter().map(|d| d.key.as_str()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Condition, Dimension, Space, Test};
    use crate::{Domain, Params, Scale, Value};

    fn layers() -> Space {
        let mut space = Space::new().with("layers", Domain::int(1, 3, Scale::Linear, 1).unwrap());
        for copy in 1..=3 {
            space.push(Dimension {
                key: format!("copy{copy}.units"),
                domain: Domain::int(16, 256, Scale::Log, 1).unwrap(),
                when: vec![Condition { key: "layers".into(), test: Test::AtLeast(copy) }],
            });
        }
        space
    }

    #[test]
    fn copies_exist_up_to_the_count() {
        for (u, expected) in [(0.1, 1), (0.5, 2), (0.9, 3)] {
            let params = layers().complete(|d| d.domain.place(u));
            assert_eq!(params.len(), 1 + expected);
            assert_eq!(layers().check(&params), Ok(()));
        }
    }

    #[test]
    fn a_setting_of_an_absent_dimension_is_refused() {
        let params: Params = [
            ("layers".to_owned(), Value::Int(1)),
            ("copy1.units".to_owned(), Value::Int(20)),
            ("copy2.units".to_owned(), Value::Int(20)),
        ]
        .into();
        assert!(layers().check(&params).unwrap_err().to_string().contains("copy2.units"));
        let params: Params = [("layers".to_owned(), Value::Int(7))].into();
        assert!(layers().check(&params).unwrap_err().to_string().contains("7 is not possible"));
    }
}

//! `Sizes`: a whole number for every axis alike, one for each axis, or a word: kernels, strides, padding.

use crate::Value;

/// A size per axis, as PyTorch and Keras take it: `3`, `[2, 3]`, or a word such as `"same"`.
///
/// ```
/// use tunesmith_core::Sizes;
/// assert_eq!(Sizes::Same(3).each(2), Some(vec![3, 3]));
/// assert_eq!(Sizes::Each(vec![2, 3]).each(2), Some(vec![2, 3]));
/// assert_eq!(Sizes::Each(vec![2, 3]).each(1), None);
/// assert_eq!(Sizes::Word("same".into()).word(), Some("same"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sizes {
    /// One for every axis.
    Same(usize),
    /// One for each axis, in order.
    Each(Vec<usize>),
    /// A word whose meaning the owner of the setting knows.
    Word(String),
}

impl Sizes {
    /// The size of each of so many axes; nothing when as many were not given, or a word was.
    #[must_use]
    pub fn each(&self, axes: usize) -> Option<Vec<usize>> {
        match self {
            Self::Same(size) => Some(vec![*size; axes]),
            Self::Each(sizes) if sizes.len() == axes => Some(sizes.clone()),
            _ => None,
        }
    }

    /// The word, if it is one.
    #[must_use]
    pub fn word(&self) -> Option<&str> {
        if let Self::Word(word) = self { Some(word) } else { None }
    }

    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Same(size) => Value::from(*size),
            Self::Each(sizes) => Value::List(sizes.iter().map(|&size| Value::from(size)).collect()),
            Self::Word(word) => Value::from(word.as_str()),
        }
    }

    /// From a value that was checked.
    pub(crate) fn from_value(value: &Value) -> Self {
        let whole = |value: &Value| usize::try_from(value.as_i64().unwrap_or(0)).unwrap_or(0);
        match value {
            Value::Text(word) => Self::Word(word.clone()),
            Value::List(sizes) => Self::Each(sizes.iter().map(whole).collect()),
            size => Self::Same(whole(size)),
        }
    }
}

impl From<usize> for Sizes {
    fn from(size: usize) -> Self {
        Self::Same(size)
    }
}

impl<const N: usize> From<[usize; N]> for Sizes {
    fn from(sizes: [usize; N]) -> Self {
        Self::Each(sizes.to_vec())
    }
}

impl From<&str> for Sizes {
    fn from(word: &str) -> Self {
        Self::Word(word.to_owned())
    }
}

//! The registry: every linked plug-in, by kind and name.
//!
//! A kind is a label ("optimizer") and an entry type made by [`kind!`](crate::kind!); a plug-in adds itself with
//! [`register!`](crate::register!) in the file that defines it, and no list anywhere names it. Order never depends on
//! the linker: entries are sorted by name, and two of one name are refused with both source places.

use std::fmt::{self, Debug};

use crate::{Describe, Error, ParamSpec, Table, describe, plug};

/// Where a plug-in is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The crate.
    pub origin: &'static str,
    /// The file, as the compiler saw it.
    pub file: &'static str,
    /// The line of its `register!`.
    pub line: u32,
}

/// What a registered plug-in says of itself, whatever its kind.
#[derive(Clone, Copy)]
pub struct Meta {
    /// The name in a recipe.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// Authors, year, paper or page; empty for common knowledge.
    pub source: &'static str,
    /// Whether a search over `"any"` of its kind tries it.
    pub usual: bool,
    /// Where it is defined.
    pub place: Place,
    /// Its settings.
    pub specs: fn() -> Vec<ParamSpec>,
    /// Its settings' defaults.
    pub defaults: fn() -> Table,
    /// Checks settings that stand at a path.
    pub check: fn(&Table, &str) -> Result<(), Error>,
}

impl Meta {
    /// What a described type says of itself.
    #[must_use]
    pub const fn of<T: Describe>(place: Place) -> Self {
        Self {
            name: T::NAME,
            about: T::ABOUT,
            source: T::SOURCE,
            usual: T::USUAL,
            place,
            specs: describe::specs::<T>,
            defaults: || describe::to_table(&T::default()),
            check: |table, at| describe::from_table::<T>(table, at).map(|_| ()),
        }
    }

    /// Whose it is: what stands before the first year of its source; all of a source without one.
    #[must_use]
    pub fn authors(&self) -> &'static str {
        let end = year_in(self.source).map_or(self.source.len(), |(place, _)| place);
        let before = self.source[..end].rsplit(['(', ';']).next().unwrap_or_default();
        before.trim_matches([' ', ',', ':'])
    }

    /// The first year that its source names.
    #[must_use]
    pub fn year(&self) -> Option<u16> {
        year_in(self.source).map(|(_, year)| year)
    }
}

/// The first year in a text and its place: four digits from 1700 to 2099 that are no part of a longer number.
fn year_in(text: &str) -> Option<(usize, u16)> {
    let digits = |text: &str| text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let mut place = 0;
    while let Some(found) = text[place..].find(|c: char| c.is_ascii_digit()) {
        place += found;
        let number = text[place..place + digits(&text[place..])].trim_end_matches('.');
        match number.parse() {
            Ok(year) if number.len() == 4 && (1700..2100).contains(&year) => return Some((place, year)),
            _ => place += number.len(),
        }
    }
    None
}

impl Debug for Meta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {}:{})", self.name, self.place.origin, self.place.file, self.place.line)
    }
}

/// A registered plug-in of one kind.
pub trait Entry: Debug + Sync + 'static {
    /// The kind in the singular: "optimizer".
    const KIND: &'static str;
    /// What it says of itself.
    fn meta(&self) -> &Meta;
    /// Every linked entry, in the linker's order; use [`all`].
    #[doc(hidden)]
    fn linked() -> Vec<&'static Self>;
}

/// A kind of plug-in; every [`kind!`](crate::kind!) registers one.
#[derive(Debug)]
pub struct KindEntry {
    /// The kind in the singular: "optimizer".
    pub label: &'static str,
    /// The kind in the plural: "optimizers".
    pub plural: &'static str,
    /// What is linked, sorted by name.
    pub list: fn() -> Vec<&'static Meta>,
}
inventory::collect!(KindEntry);

/// Every linked plug-in of a kind, sorted by name.
///
/// # Panics
/// When two have one name; the message names both source places.
#[must_use]
pub fn all<E: Entry>() -> Vec<&'static E> {
    let mut entries = E::linked();
    entries.sort_by_key(|entry| entry.meta().name);
    for pair in entries.windows(2) {
        let (a, b) = (pair[0].meta(), pair[1].meta());
        assert!(a.name != b.name, "two plug-ins of the kind {} have one name: {a:?} and {b:?}", E::KIND);
    }
    entries
}

/// The linked plug-in of that name.
///
/// # Errors
/// When there is none: the message offers the nearest name, or lists what is linked.
pub fn find<E: Entry>(name: &str, at: &str) -> Result<&'static E, Error> {
    all::<E>()
        .into_iter()
        .find(|entry| entry.meta().name == name)
        .ok_or_else(|| plug::unknown(E::KIND, name, at))
}

/// Every kind of plug-in that is linked, sorted by label.
#[must_use]
pub fn kinds() -> Vec<&'static KindEntry> {
    let mut kinds: Vec<_> = inventory::iter::<KindEntry>().collect();
    kinds.sort_by_key(|kind| kind.label);
    kinds
}

/// The kind of that label, singular or plural.
#[must_use]
pub fn kind_of(label: &str) -> Option<&'static KindEntry> {
    inventory::iter::<KindEntry>().find(|kind| kind.label == label || kind.plural == label)
}

/// Makes the entry type of a kind, in the crate that owns the kind's trait.
///
/// The type has a field `build` that makes the product from settings; the owner adds `const fn of<T>(place)` that
/// fills it, and [`register!`](crate::register!) calls that.
///
/// ```
/// use tunesmith_core::{Describe, Error, Meta, Place, Table, all, find, from_table, kind, register};
///
/// trait Greeting: std::fmt::Debug { fn greet(&self) -> String; }
///
/// kind! {
///     /// A registered greeting.
///     struct GreetingEntry: "greeting", "greetings" => Box<dyn Greeting>;
/// }
/// impl GreetingEntry {
///     const fn of<T: Describe + Greeting>(place: Place) -> Self {
///         Self::new(Meta::of::<T>(place), |table, at| Ok(Box::new(from_table::<T>(table, at)?)))
///     }
/// }
///
/// #[derive(Clone, Debug, Default)]
/// struct Hello;
/// impl Describe for Hello {
///     const NAME: &'static str = "hello";
///     const ABOUT: &'static str = "the usual one";
/// }
/// impl Greeting for Hello { fn greet(&self) -> String { "hello".into() } }
/// register!(GreetingEntry, Hello);
///
/// let hello = find::<GreetingEntry>("hello", "greeting").unwrap().build(&Table::new(), "greeting").unwrap();
/// assert_eq!(hello.greet(), "hello");
/// let error = find::<GreetingEntry>("helo", "greeting").unwrap_err();
/// assert_eq!(error.to_string(), "greeting: no greeting is called `helo`, did you mean `hello`?");
/// ```
#[macro_export]
macro_rules! kind {
    ($(#[$attribute:meta])* $vis:vis struct $Entry:ident : $label:literal, $plural:literal => $Product:ty;) => {
        $(#[$attribute])*
        #[derive(Debug)]
        $vis struct $Entry {
            meta: $crate::Meta,
            build: fn(&$crate::Table, &str) -> ::std::result::Result<$Product, $crate::Error>,
        }

        impl $Entry {
            /// An entry from what the plug-in says of itself and how it is made from settings.
            $vis const fn new(
                meta: $crate::Meta,
                build: fn(&$crate::Table, &str) -> ::std::result::Result<$Product, $crate::Error>,
            ) -> Self {
                Self { meta, build }
            }

            /// Makes the plug-in from settings that stand at a path.
            ///
            /// # Errors
            /// The first setting that it does not take.
            $vis fn build(&self, table: &$crate::Table, at: &str) -> ::std::result::Result<$Product, $crate::Error> {
                (self.build)(table, at)
            }
        }

        impl $crate::Entry for $Entry {
            const KIND: &'static str = $label;
            fn meta(&self) -> &$crate::Meta {
                &self.meta
            }
            fn linked() -> ::std::vec::Vec<&'static Self> {
                $crate::inventory::iter::<Self>().collect()
            }
        }

        $crate::inventory::collect!($Entry);
        $crate::inventory::submit! {
            $crate::KindEntry {
                label: $label,
                plural: $plural,
                list: || $crate::all::<$Entry>().into_iter().map($crate::Entry::meta).collect(),
            }
        }
    };
}

/// Registers a plug-in where it is defined: `register!(OptimizerEntry, Lion);`, the file's last line.
#[macro_export]
macro_rules! register {
    ($Entry:ty, $Plugin:ty) => {
        $crate::inventory::submit! {
            <$Entry>::of::<$Plugin>($crate::Place {
                origin: ::std::env!("CARGO_PKG_NAME"),
                file: ::std::file!(),
                line: ::std::line!(),
            })
        }
    };
}

#[cfg(test)]
mod tests {
    use super::year_in;

    #[test]
    fn a_year_is_the_first_number_of_four_digits() {
        let year = |text| year_in(text).map(|(_, year)| year);
        assert_eq!(year("Kingma & Ba 2015, arXiv 1412.6980, section 7.1"), Some(2015));
        assert_eq!(year("Robbins & Monro 1951; Polyak 1964"), Some(1951));
        assert_eq!(year("arXiv 1706.02677, JMLR 12, page 12011; Cauchy 1847."), Some(1847));
        assert_eq!(year("settings of Optuna 5.0's PatientPruner"), None);
        assert_eq!(year("page 1200 of 2500"), None);
        assert_eq!(year(""), None);
    }
}

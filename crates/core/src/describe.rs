//! `Describe`: a struct that says what it is and what settings it has, and is read from settings and written back.

use std::fmt::Debug;

use crate::param::Lens;
use crate::{Count, Error, Param, ParamSpec, Plug, Shape, Sizes, Table, Value, Why};

/// A struct that describes itself.
///
/// Defaults are stated once (`Default`), ranges and meanings once (`PARAMS`), the name once. From these come config
/// parsing, validation, `describe`, the default search space, the docs and the conformance tests.
///
/// ```
/// use tunesmith_core::{Describe, Param, Table, Value, from_table, to_table};
///
/// #[derive(Clone, Debug)]
/// struct Dropout { rate: f64 }
/// impl Default for Dropout {
///     fn default() -> Self { Self { rate: 0.5 } }
/// }
/// impl Describe for Dropout {
///     const NAME: &'static str = "dropout";
///     const ABOUT: &'static str = "sets a random share of its input to zero while training";
///     const PARAMS: &'static [Param<Self>] =
///         &[Param::float("rate", 0.0, 0.5, |s: &mut Self| &mut s.rate, "share that is dropped").valid(0.0, 0.99)];
/// }
///
/// let table: Table = [("rate".to_owned(), Value::Float(0.2))].into();
/// let dropout: Dropout = from_table(&table, "model.layers.0.dropout").unwrap();
/// assert_eq!(dropout.rate, 0.2);
/// assert_eq!(to_table(&dropout), table);
///
/// let wrong: Table = [("rat".to_owned(), Value::Float(0.2))].into();
/// let error = from_table::<Dropout>(&wrong, "model.layers.0.dropout").unwrap_err();
/// assert_eq!(error.to_string(), "model.layers.0.dropout: unknown key `rat`, did you mean `rate`?");
/// ```
pub trait Describe: Clone + Default + Debug + Send + Sync + 'static {
    /// The name in a recipe: lower case, words joined by underscores.
    const NAME: &'static str;
    /// What it is, in a few words.
    const ABOUT: &'static str;
    /// Where it comes from: authors, year, paper or page. Empty for common knowledge.
    const SOURCE: &'static str = "";
    /// Whether a search over `"any"` of its kind tries it: a sensible default, not a special case.
    const USUAL: bool = false;
    /// Its settings.
    const PARAMS: &'static [Param<Self>] = &[];

    /// Rules between settings; the text says what is wrong and what would be right.
    ///
    /// # Errors
    /// The first rule that is broken.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// The descriptions of a struct's settings.
#[must_use]
pub fn specs<T: Describe>() -> Vec<ParamSpec> {
    T::PARAMS.iter().map(Param::spec).collect()
}

/// Reads a struct from a table; `at` is the table's own path, for messages. What is not written keeps its default.
///
/// # Errors
/// An unknown key, a value of the wrong type or outside what is possible, an unknown plug-in, a broken rule.
pub fn from_table<T: Describe>(table: &Table, at: &str) -> Result<T, Error> {
    let mut object = T::default();
    let specs = specs::<T>();
    for Entry { index, path, value } in entries(table, &specs, at)? {
        let param = &T::PARAMS[index];
        check_value(value, &param.spec, &path)?;
        write(&mut object, param, value, &path)?;
    }
    object.check().map_err(|because| Error::new(at, Why::Conflict { because }))?;
    Ok(object)
}

/// Writes all settings of a struct into a table.
#[must_use]
pub fn to_table<T: Describe>(object: &T) -> Table {
    let mut object = object.clone(); // a lens wants `&mut`; a copy keeps the caller's hands clean
    let mut table = Table::new();
    for param in T::PARAMS {
        let value = read(&mut object, &param.lens);
        let mut parts = param.spec.name.split('.').peekable();
        let mut place = &mut table;
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                place.insert(part.to_owned(), value.clone());
                break;
            }
            let inner = place.entry(part.to_owned()).or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(inner) = inner else { unreachable!("a dotted name makes a table") };
            place = inner;
        }
    }
    table
}

/// A written setting: which spec it belongs to, its full path, its value.
pub(crate) struct Entry<'a> {
    pub(crate) index: usize,
    pub(crate) path: String,
    pub(crate) value: &'a Value,
}

/// Matches a table's keys with specs; a spec's dotted name reaches into sub-tables.
pub(crate) fn entries<'a>(table: &'a Table, specs: &[ParamSpec], at: &str) -> Result<Vec<Entry<'a>>, Error> {
    fn walk<'a>(
        table: &'a Table,
        prefix: &str,
        specs: &[ParamSpec],
        at: &str,
        found: &mut Vec<Entry<'a>>,
    ) -> Result<(), Error> {
        for (key, value) in table {
            let name = format!("{prefix}{key}");
            let path = join(at, &name);
            if let Some(index) = specs.iter().position(|spec| spec.name == name) {
                found.push(Entry { index, path, value });
                continue;
            }
            let inside = format!("{name}.");
            match value {
                Value::Table(inner) if specs.iter().any(|spec| spec.name.starts_with(&inside)) => {
                    walk(inner, &inside, specs, at, found)?;
                }
                other if specs.iter().any(|spec| spec.name.starts_with(&inside)) => {
                    let inner = specs.iter().filter_map(|spec| spec.name.strip_prefix(&inside));
                    let inner: Vec<String> = inner.map(|key| format!("{key} = ...")).collect();
                    let expected = format!("a table such as {key} = {{ {} }}", inner.join(", "));
                    let because = format!("expected {expected}, found {other}");
                    return Err(Error::new(path, Why::Conflict { because }));
                }
                _ => {
                    let known: std::collections::BTreeSet<&str> = specs
                        .iter()
                        .filter_map(|spec| spec.name.strip_prefix(prefix))
                        .map(|rest| rest.split('.').next().unwrap_or(rest))
                        .collect();
                    return Err(Error::unknown_key(join(at, prefix.trim_end_matches('.')), key, known));
                }
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(table, "", specs, at, &mut found)?;
    Ok(found)
}

pub(crate) fn join(at: &str, key: &str) -> String {
    match (at.is_empty(), key.is_empty()) {
        (true, _) => key.to_owned(),
        (_, true) => at.to_owned(),
        _ => format!("{at}.{key}"),
    }
}

/// Whether a table is a range of a search rather than settings.
pub(crate) fn is_range(table: &Table) -> bool {
    ["float", "int", "choice"].iter().any(|key| table.contains_key(*key))
}

/// Checks a fixed value against its description.
pub(crate) fn check_value(value: &Value, spec: &ParamSpec, path: &str) -> Result<(), Error> {
    if value.as_table().is_some_and(is_range) {
        let because =
            "a range stands where one value is needed: search it with `tune`, or fix it with `--set`".into();
        return Err(Error::new(path, Why::Conflict { because }));
    }
    let off = value.as_str() == Some("off") || *value == Value::Null;
    match spec.shape {
        Shape::OptionalFloat | Shape::OptionalInt | Shape::OptionalPlug { .. } if off => Ok(()),
        Shape::Float => number(value, spec, "a number", path),
        Shape::OptionalFloat => number(value, spec, "a number or \"off\"", path),
        Shape::Int => whole(value, spec, "a whole number", path),
        Shape::OptionalInt => whole(value, spec, "a whole number or \"off\"", path),
        Shape::Count { words } => match value.as_str() {
            Some(word) => one_of(word, words, path),
            None => whole(value, spec, "a whole number", path),
        },
        Shape::Sizes { words } => match value {
            Value::Text(word) => one_of(word, words, path),
            Value::List(sizes) => sizes
                .iter()
                .enumerate()
                .try_for_each(|(i, size)| whole(size, spec, "a whole number", &format!("{path}.{i}"))),
            size => whole(size, spec, "a whole number or a list of them", path),
        },
        Shape::Switch => {
            value.as_bool().map(|_| ()).ok_or_else(|| Error::wrong_type(path, "true or false", value))
        }
        Shape::Name { options } => match value.as_str() {
            Some(name) => one_of(name, options, path),
            None => Err(Error::wrong_type(path, "a name", value)),
        },
        Shape::Text => value.as_str().map(|_| ()).ok_or_else(|| Error::wrong_type(path, "a text", value)),
        Shape::Texts => list(value, path)?.iter().enumerate().try_for_each(|(i, item)| {
            item.as_str().map(|_| ()).ok_or_else(|| Error::wrong_type(format!("{path}.{i}"), "a text", item))
        }),
        Shape::Floats => list(value, path)?
            .iter()
            .enumerate()
            .try_for_each(|(i, item)| number(item, spec, "a number", &format!("{path}.{i}"))),
        Shape::Plug { kind } | Shape::OptionalPlug { kind } => {
            Plug::parse(value, kind, path)?.check(kind, path)
        }
        Shape::Plugs { kind, .. } => list(value, path)?.iter().enumerate().try_for_each(|(i, item)| {
            let path = format!("{path}.{i}");
            Plug::parse(item, kind, &path)?.check(kind, &path)
        }),
    }
}

fn list<'a>(value: &'a Value, path: &str) -> Result<&'a [Value], Error> {
    if let Value::List(list) = value { Ok(list) } else { Err(Error::wrong_type(path, "a list", value)) }
}

fn number(value: &Value, spec: &ParamSpec, expected: &'static str, path: &str) -> Result<(), Error> {
    let x = value.as_f64().ok_or_else(|| Error::wrong_type(path, expected, value))?;
    let (least, greatest) = spec.valid;
    if x.is_finite() && least <= x && x <= greatest {
        return Ok(());
    }
    // A bound nobody will meet is no bound to speak of.
    let allowed = match (least.is_finite(), greatest < 1e9) {
        (true, true) => format!("{least} to {greatest}"),
        (true, false) => format!("{least} or more"),
        (false, true) => format!("{greatest} or less"),
        (false, false) => "any finite number".to_owned(),
    };
    Err(Error::new(path, Why::OutOfRange { value: value.to_string(), allowed }))
}

fn whole(value: &Value, spec: &ParamSpec, expected: &'static str, path: &str) -> Result<(), Error> {
    let i = value.as_i64().ok_or_else(|| Error::wrong_type(path, expected, value))?;
    let from_zero = ParamSpec { valid: (spec.valid.0.max(0.0), spec.valid.1), ..*spec };
    number(&Value::Int(i), &from_zero, expected, path)
}

fn one_of(word: &str, words: &[&str], path: &str) -> Result<(), Error> {
    if words.contains(&word) {
        return Ok(());
    }
    let mut allowed = words.join(", ");
    if let Some(near) = crate::nearest(word, words.iter().copied()) {
        allowed = format!("{allowed}; did you mean `{near}`?");
    }
    Err(Error::new(path, Why::OutOfRange { value: format!("{word:?}"), allowed }))
}

fn write<T>(object: &mut T, param: &Param<T>, value: &Value, path: &str) -> Result<(), Error> {
    let whole = |value: &Value| usize::try_from(value.as_i64().unwrap_or(0)).unwrap_or(0);
    match param.lens {
        Lens::Float(field) => *field(object) = value.as_f64().unwrap_or(f64::NAN),
        Lens::OptionalFloat(field) => *field(object) = value.as_f64(),
        Lens::Int(field) => *field(object) = whole(value),
        Lens::OptionalInt(field) => *field(object) = value.as_i64().map(|_| whole(value)),
        Lens::Count(field) => {
            *field(object) = match value.as_str() {
                Some(word) => Count::Word(word.to_owned()),
                None => Count::Fixed(whole(value)),
            }
        }
        Lens::Sizes(field) => *field(object) = Sizes::from_value(value),
        Lens::Switch(field) => *field(object) = value.as_bool().unwrap_or(false),
        Lens::Text(field) => value.as_str().unwrap_or("").clone_into(field(object)),
        Lens::Texts(field) => {
            *field(object) =
                list(value, path)?.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect();
        }
        Lens::Floats(field) => *field(object) = list(value, path)?.iter().filter_map(Value::as_f64).collect(),
        Lens::Plug(field) => *field(object) = plug(value, param, path)?,
        Lens::OptionalPlug(field) => {
            let off = value.as_str() == Some("off") || *value == Value::Null;
            *field(object) = if off { None } else { Some(plug(value, param, path)?) };
        }
        Lens::Plugs(field) => {
            let plugs = list(value, path)?.iter().enumerate();
            *field(object) =
                plugs.map(|(i, item)| plug(item, param, &format!("{path}.{i}"))).collect::<Result<_, _>>()?;
        }
    }
    Ok(())
}

fn plug<T>(value: &Value, param: &Param<T>, path: &str) -> Result<Plug, Error> {
    match param.spec.shape {
        Shape::Plug { kind } | Shape::OptionalPlug { kind } | Shape::Plugs { kind, .. } => {
            Plug::parse(value, kind, path)
        }
        _ => unreachable!("a plug's lens comes with a plug's shape"),
    }
}

fn read<T>(object: &mut T, lens: &Lens<T>) -> Value {
    let off = || Value::from("off");
    match lens {
        Lens::Float(field) => Value::Float(*field(object)),
        Lens::OptionalFloat(field) => field(object).map_or_else(off, Value::Float),
        Lens::Int(field) => Value::from(*field(object)),
        Lens::OptionalInt(field) => field(object).map_or_else(off, Value::from),
        Lens::Count(field) => match field(object) {
            Count::Fixed(n) => Value::from(*n),
            Count::Word(word) => Value::from(word.as_str()),
        },
        Lens::Sizes(field) => field(object).to_value(),
        Lens::Switch(field) => Value::Bool(*field(object)),
        Lens::Text(field) => Value::from(field(object).as_str()),
        Lens::Texts(field) => Value::from(field(object).clone()),
        Lens::Floats(field) => Value::from(field(object).clone()),
        Lens::Plug(field) => field(object).to_value(),
        Lens::OptionalPlug(field) => field(object).as_ref().map_or_else(off, Plug::to_value),
        Lens::Plugs(field) => Value::List(field(object).iter().map(Plug::to_value).collect()),
    }
}

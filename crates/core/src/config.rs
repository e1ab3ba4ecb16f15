//! Changing one setting of a raw recipe by its dotted path, as `--set` does.

use crate::describe::is_range;
use crate::{Table, Value, kinds};

/// Puts a value at a dotted path: table keys and list positions, through a plug-in's short form where one stands.
///
/// `optimizer = "adam"` and the path `optimizer.lr` give `optimizer = { adam = { lr = ... } }`. The result is checked
/// when it is read, like anything else in a recipe.
///
/// # Errors
/// The part of the path at which nothing can be set.
///
/// ```
/// use tunesmith_core::{Table, Value, set};
/// let mut root: Table = [("optimizer".to_owned(), Value::from("adam"))].into();
/// set(&mut root, "optimizer.lr", Value::Float(0.01)).unwrap();
/// assert_eq!(Value::from(root).to_string(), "{optimizer = {adam = {lr = 0.01}}}");
/// ```
pub fn set(root: &mut Table, path: &str, value: Value) -> Result<(), String> {
    let parts: Vec<&str> = path.split('.').collect();
    let (first, rest) = parts.split_first().expect("split yields at least one part");
    if parts.iter().any(|part| part.is_empty()) {
        return Err(format!("`{path}` is not a dotted path such as training.epochs"));
    }
    put(root.entry((*first).to_owned()).or_insert_with(|| Value::Table(Table::new())), rest, value)
        .map_err(|part| format!("`{path}`: nothing can be set at `{part}`"))
}

fn put<'a>(node: &mut Value, path: &[&'a str], value: Value) -> Result<(), &'a str> {
    let Some((part, rest)) = path.split_first() else {
        *node = value;
        return Ok(());
    };
    if let Value::Text(name) = node {
        // A plug-in by name alone: give it a table of settings, and go on inside it.
        let name = std::mem::take(name);
        let inside = if *part == name { rest } else { path };
        let mut settings = Value::Table(Table::new());
        let done = put(&mut settings, inside, value);
        *node = Value::Table([(name, settings)].into());
        return done;
    }
    match node {
        Value::List(list) => match part.parse::<usize>().ok().and_then(|i| list.get_mut(i)) {
            Some(item) => put(item, rest, value),
            None => Err(part),
        },
        Value::Table(table) if table.contains_key(*part) => {
            open_short_form(table, part, rest);
            put(table.get_mut(*part).expect("just seen"), rest, value)
        }
        Value::Table(table) => {
            if let Some(option) = option_named(table, part) {
                return put(option, path, value);
            }
            match plug_settings(table) {
                Some(settings) => put(settings, path, value),
                None => put(
                    table.entry((*part).to_owned()).or_insert_with(|| Value::Table(Table::new())),
                    rest,
                    value,
                ),
            }
        }
        _ => Err(part),
    }
}

/// `{ dropout = 0.5 }` and a path that goes on behind `dropout`: the short form becomes a table of settings.
fn open_short_form(table: &mut Table, name: &str, rest: &[&str]) {
    let Some(value) = table.get_mut(name) else { return };
    let short = value.as_table().is_none_or(is_range);
    let kinds = kinds();
    let first = kinds.iter().flat_map(|kind| (kind.list)()).find(|meta| meta.name == name);
    let first = first.and_then(|meta| (meta.specs)().first().map(|spec| spec.name));
    if let (true, false, Some(first)) = (short, rest.is_empty(), first) {
        let main = std::mem::replace(value, Value::Null);
        *value = Value::Table([(first.to_owned(), main)].into());
    }
}

/// The option of `{ choice = [...] }` that is the plug-in of that name, by name alone or with settings.
fn option_named<'a>(table: &'a mut Table, name: &str) -> Option<&'a mut Value> {
    let Some(Value::List(options)) = table.get_mut("choice") else { return None };
    options.iter_mut().find(|option| match option {
        Value::Text(text) => text == name,
        Value::Table(table) => table.contains_key(name),
        _ => false,
    })
}

/// The settings in `{ adam = { ... } }`, when the only key is the name of a linked plug-in.
fn plug_settings(table: &mut Table) -> Option<&mut Value> {
    let (name, settings) = table.iter_mut().next()?;
    let linked = || kinds().iter().any(|kind| (kind.list)().iter().any(|meta| meta.name == name));
    (matches!(settings, Value::Table(_)) && linked()).then_some(settings)
}

#[cfg(test)]
mod tests {
    use super::set;
    use crate::{Table, Value};

    fn root() -> Table {
        let json =
            r#"{"training": {"regularize": {"l2": {"float": [0, 1]}}}, "layers": [{"dense": {"units": 3}}]}"#;
        let Value::Table(root) = serde_json::from_str(json).unwrap() else { unreachable!() };
        root
    }

    #[test]
    fn a_new_key_does_not_fall_into_its_only_neighbour() {
        let mut root = root();
        set(&mut root, "training.epochs", Value::Int(3)).unwrap();
        assert_eq!(Value::from(root).at("training.epochs"), Some(&Value::Int(3)));
    }

    #[test]
    fn lists_are_reached_by_position() {
        let mut root = root();
        set(&mut root, "layers.0.dense.units", Value::Int(8)).unwrap();
        assert_eq!(
            set(&mut root, "layers.1.dense.units", Value::Int(8)).unwrap_err(),
            "`layers.1.dense.units`: nothing can be set at `1`"
        );
        assert_eq!(Value::from(root).at("layers.0.dense.units"), Some(&Value::Int(8)));
    }
}

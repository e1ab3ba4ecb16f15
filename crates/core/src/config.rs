//! Changing one setting of a raw recipe by its dotted path, as `--set` does.

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
            put(table.get_mut(*part).expect("just seen"), rest, value)
        }
        Value::Table(table) => match plug_settings(table) {
            Some(settings) => put(settings, path, value),
            None => put(
                table.entry((*part).to_owned()).or_insert_with(|| Value::Table(Table::new())),
                rest,
                value,
            ),
        },
        _ => Err(part),
    }
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

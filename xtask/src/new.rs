//! `cargo xtask new KIND NAME`: a plug-in's file from its template, with its test, listed where it belongs; with `--check`
//! one of each kind in a copy, compiled and tested.
//!
//! The templates are the files of `tests/templates/`, a crate that is compiled and tested as it stands.

mod check;

use std::path::Path;

use crate::process;

/// A kind of plug-in: where its files lie in the house and what its template is.
struct Kind {
    label: &'static str,
    /// The crate that owns the kind's trait, as code names it.
    owner: &'static str,
    /// Folder of the files; its `mod.rs` lists them.
    folder: &'static str,
    template: &'static str,
}

macro_rules! kinds {
    ($($label:literal in $owner:literal, $folder:literal;)*) => {
        [$(Kind {
            label: $label,
            owner: $owner,
            folder: $folder,
            template: include_str!(concat!("../../tests/templates/src/", $label, ".rs")),
        }),*]
    };
}

const KINDS: [Kind; 6] = kinds! {
    "optimizer" in "tunesmith_optim", "crates/optim/src/rules";
    "schedule" in "tunesmith_optim", "crates/optim/src/schedules";
    "activation" in "tunesmith_nn", "crates/nn/src/activation";
    "layer" in "tunesmith_nn", "crates/nn/src/layers";
    "sampler" in "tunesmith_tuner", "crates/tuner/src/samplers";
    "pruner" in "tunesmith_tuner", "crates/tuner/src/pruners";
};

/// Writes the file of a new plug-in and lists it.
#[expect(clippy::print_stderr, reason = "a command reports to the one who runs it")]
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let kinds = KINDS.map(|kind| kind.label).join("|");
    if arguments == ["--check"] {
        return check::run();
    }
    let [label, name] = arguments else {
        return Err(format!("write it as: cargo xtask new {kinds} NAME, or new --check"));
    };
    let kind = KINDS.into_iter().find(|kind| kind.label == label);
    let kind = kind.ok_or_else(|| format!("there is no kind `{label}` to make, the kinds are {kinds}"))?;
    for path in write(process::root(), &kind, name)? {
        eprintln!("wrote {path}");
    }
    eprintln!("its test: cargo test -p {} {name}", kind.owner.replace('_', "-"));
    eprintln!("then say what it does, and name it in `lib.rs` where the crate re-exports by name");
    Ok(())
}

/// Writes the file under a root and returns what was written.
fn write(root: &Path, kind: &Kind, name: &str) -> Result<Vec<String>, String> {
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !is_name {
        return Err(format!("`{name}` is no name of a plug-in: lower case, words joined by underscores"));
    }
    let (file, list) = (format!("{}/{name}.rs", kind.folder), format!("{}/mod.rs", kind.folder));
    if root.join(&file).exists() {
        return Err(format!("{file} exists already"));
    }
    let read =
        |path: &str| std::fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"));
    let before = read(&list)?;
    // Where a folder's modules export nothing, plug-ins are found by name alone.
    let exports = before.lines().any(|line| line.starts_with("pub use "));
    let mut lines: Vec<String> = before.lines().map(str::to_owned).collect();
    insert(&mut lines, "mod ", format!("mod {name};"))
        .ok_or_else(|| format!("{list} has no line `mod ...;`"))?;
    let mut plugin = filled(kind, name);
    if exports {
        insert(&mut lines, "pub use ", format!("pub use {name}::{};", type_name(name)));
    } else {
        plugin = plugin.replace("pub struct ", "struct ").replace("    pub ", "    ");
    }
    for (path, text) in [(&file, plugin), (&list, lines.join("\n") + "\n")] {
        std::fs::write(root.join(path), text).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(vec![file, list])
}

/// `my_rule` becomes `MyRule`.
fn type_name(name: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').filter(|part| !part.is_empty()).map(word).collect()
}

/// The template under another name, as it stands in the crate that owns the kind.
fn filled(kind: &Kind, name: &str) -> String {
    let (of_template, owner) = (format!("template_{}", kind.label), format!("{}::", kind.owner));
    let own = kind.template.replace(&type_name(&of_template), &type_name(name)).replace(&of_template, name);
    own.replace(&format!("use {owner}"), "use crate::")
}

/// Inserts a line in the last block of lines that begin alike.
fn insert(lines: &mut Vec<String>, head: &str, line: String) -> Option<()> {
    let last = lines.iter().rposition(|other| other.starts_with(head))?;
    let start =
        lines[..=last].iter().rposition(|other| !other.starts_with(head)).map_or(0, |before| before + 1);
    let place = (start..=last).find(|&place| lines[place] > line).unwrap_or(last + 1);
    lines.insert(place, line);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::{KINDS, filled, type_name, write};
    use crate::process::root;

    /// Under its own name, and with its crate named from outside, what is written is the template: the crate
    /// `tunesmith-templates` compiles and tests that.
    #[test]
    fn what_is_written_is_the_template_that_is_compiled() {
        for kind in KINDS {
            let own = filled(&kind, &format!("template_{}", kind.label));
            let from_outside = own.replace("use crate::", &format!("use {}::", kind.owner));
            assert_eq!(from_outside, kind.template, "{}", kind.label);
            let named = filled(&kind, "my_plug_in");
            assert!(named.contains("MyPlugIn") && named.contains("\"my_plug_in\""), "{named}");
            assert!(!named.to_lowercase().contains("template"), "{named}");
        }
    }

    #[test]
    fn every_kind_is_written_and_listed_in_a_copy_of_its_folder() {
        let copy = std::env::temp_dir().join(format!("tunesmith-new-{}", std::process::id()));
        for kind in KINDS {
            let list = format!("{}/mod.rs", kind.folder);
            std::fs::create_dir_all(copy.join(kind.folder)).unwrap();
            std::fs::copy(root().join(&list), copy.join(&list)).unwrap();
            write(&copy, &kind, "my_plug_in").unwrap();
            let lists = std::fs::read_to_string(copy.join(&list)).unwrap();
            assert!(lists.contains("\nmod my_plug_in;\n"), "{lists}");
            let exports = lists.contains("\npub use my_plug_in::MyPlugIn;\n");
            let plugin = std::fs::read_to_string(copy.join(kind.folder).join("my_plug_in.rs")).unwrap();
            assert_eq!(plugin.contains("\npub struct MyPlugIn"), exports, "{plugin}");
            let before = std::fs::read_to_string(root().join(&list)).unwrap();
            assert_eq!(lists.lines().count(), before.lines().count() + 1 + usize::from(exports));
            assert!(write(&copy, &kind, "my_plug_in").unwrap_err().contains("exists already"));
            assert!(write(&copy, &kind, "My-Plug").unwrap_err().contains("lower case"));
        }
        std::fs::remove_dir_all(&copy).unwrap();
    }

    #[test]
    fn a_types_name_follows_from_the_plug_ins() {
        assert_eq!(type_name("signum"), "Signum");
        assert_eq!(type_name("my_rule_2"), "MyRule2");
    }
}

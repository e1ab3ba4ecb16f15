//! `cargo xtask docs [--check]`: the reference pages of `docs/plugins/`, made from what the plug-ins say of themselves.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::process::{self, cargo, output};

const FOLDER: &str = "docs/plugins";

/// Writes the pages, or looks whether they are as they should be.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [] => write(&pages()?, process::root()),
        [flag] if flag == "--check" => check(&pages()?, process::root()),
        _ => Err("write it as: cargo xtask docs [--check]".into()),
    }
}

/// A page's file name and its text.
type Page = (String, String);

/// All pages, from what the command line lists.
fn pages() -> Result<Vec<Page>, String> {
    let mut pages = made_of(&asked(&["list"])?)?;
    let sections = ["data", "model", "training", "tuning"].map(|section| asked(&["describe", section]));
    let sections = sections.into_iter().collect::<Result<Vec<Value>, String>>()?;
    pages.push(("recipe.md".to_owned(), page("recipe", &sections)));
    Ok(pages)
}

/// What the command line answers, as JSON.
fn asked(question: &[&str]) -> Result<Value, String> {
    let mut command = cargo(&["run", "--quiet", "--package", "tunesmith-cli", "--"]);
    command.args(question).arg("--json");
    serde_json::from_str(&output(command)?)
        .map_err(|error| format!("tunesmith {}: {error}", question.join(" ")))
}

fn made_of(listed: &Value) -> Result<Vec<Page>, String> {
    let kinds = listed["kinds"].as_array().ok_or("`tunesmith list --json` names no kinds")?;
    let mut contents = String::from(
        "# Plug-ins\n\nMade by `cargo xtask docs` from what each plug-in says of itself; `tunesmith describe NAME` shows the \
         same. The sections of a recipe are in [recipe](recipe.md).\n\n| kind | how many | names |\n|---|---|---|\n",
    );
    let mut pages = Vec::new();
    for kind in kinds {
        let label = text(&kind["kind"]);
        let plugins = kind["plugins"].as_array().map_or(&[][..], Vec::as_slice);
        let names: Vec<&str> = plugins.iter().map(|plugin| text(&plugin["name"])).collect();
        let _ = writeln!(contents, "| [{label}]({label}.md) | {} | {} |", plugins.len(), names.join(", "));
        pages.push((format!("{label}.md"), page(label, plugins)));
    }
    pages.insert(0, ("README.md".to_owned(), contents));
    Ok(pages)
}

fn page(label: &str, plugins: &[Value]) -> String {
    let mut page = format!("# {label}\n\nMade by `cargo xtask docs`.\n");
    for plugin in plugins {
        let _ = write!(page, "\n## {}\n\n{}.", text(&plugin["name"]), cell(text(&plugin["about"])));
        if !text(&plugin["source"]).is_empty() {
            let _ = write!(page, " Source: {}.", text(&plugin["source"]));
        }
        if !text(&plugin["origin"]).is_empty() {
            let _ = write!(page, " From `{}`", text(&plugin["origin"]));
            page.push_str(if plugin["usual"] == true { ", part of `\"any\"`." } else { "." });
        }
        page.push('\n');
        let params = plugin["params"].as_array().map_or(&[][..], Vec::as_slice);
        if params.is_empty() {
            page.push_str("\nIt has no settings.\n");
            continue;
        }
        page.push_str(
            "\n| setting | default | type | range | searched | meaning |\n|---|---|---|---|---|---|\n",
        );
        for param in params {
            let range = &param["range"];
            let range = match range.is_null() {
                true => String::new(),
                false => format!("{} to {}, {}", range["low"], range["high"], text(&range["scale"])),
            };
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | {range} | {} | {} |",
                text(&param["name"]),
                code(&param["default"]),
                cell(text(&param["type"])),
                text(&param["tuned"]),
                cell(text(&param["about"])),
            );
        }
    }
    page
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A bar would end the cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn code(value: &Value) -> String {
    if value.is_null() { String::new() } else { format!("`{}`", cell(&value.to_string())) }
}

fn write(pages: &[Page], root: &Path) -> Result<(), String> {
    let folder = root.join(FOLDER);
    let say = |error: std::io::Error| format!("{FOLDER}: {error}");
    std::fs::create_dir_all(&folder).map_err(say)?;
    pages.iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text)).map_err(say)
}

/// Fails when a page is missing, stale, or of a kind that is no more.
fn check(pages: &[Page], root: &Path) -> Result<(), String> {
    let folder = root.join(FOLDER);
    for (name, text) in pages {
        if std::fs::read_to_string(folder.join(name)).ok().as_ref() != Some(text) {
            return Err(format!("{FOLDER}/{name} is not what the plug-ins say: run `cargo xtask docs`"));
        }
    }
    let present = std::fs::read_dir(&folder).map_err(|error| format!("{FOLDER}: {error}"))?;
    for entry in present.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !pages.iter().any(|(page, _)| *page == name) {
            return Err(format!("{FOLDER}/{name} is of no kind that is linked: remove it"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check, made_of, write};

    #[test]
    fn a_page_that_is_stale_or_of_no_kind_is_found() {
        let listed = serde_json::json!({"kinds": [{"kind": "optimizer", "plugins": [{
            "name": "adam", "about": "a | b", "source": "Kingma & Ba 2015", "origin": "tunesmith-optim", "usual": true,
            "params": [{"name": "lr", "about": "step size", "type": "number", "default": 0.001,
                "range": {"low": 1e-5, "high": 0.1, "scale": "log"}, "tuned": "by default"}],
        }]}]});
        let pages = made_of(&listed).unwrap();
        let page = &pages[1].1;
        assert!(
            page.contains("## adam\n\na \\| b. Source: Kingma & Ba 2015. From `tunesmith-optim`, part of"),
            "{page}"
        );
        assert!(
            page.contains("| `lr` | `0.001` | number | 0.00001 to 0.1, log | by default | step size |"),
            "{page}"
        );

        let root = std::env::temp_dir().join(format!("tunesmith-docs-{}", std::process::id()));
        write(&pages, &root).unwrap();
        assert_eq!(check(&pages, &root), Ok(()));
        let folder = root.join("docs/plugins");
        std::fs::write(folder.join("pruner.md"), "old").unwrap();
        assert!(check(&pages, &root).unwrap_err().contains("of no kind"));
        std::fs::remove_file(folder.join("pruner.md")).unwrap();
        std::fs::write(folder.join("optimizer.md"), "old").unwrap();
        assert!(check(&pages, &root).unwrap_err().contains("run `cargo xtask docs`"));
        std::fs::remove_dir_all(&root).unwrap();
    }
}

//! Part 10: how to do it again.

use super::shell::{Section, code};
use crate::Reproduce;
use crate::html::escape;

pub(crate) fn section(reproduce: &Reproduce) -> Option<Section> {
    let mut rows: Vec<(String, String)> = Vec::new();
    rows.extend(reproduce.seed.map(|seed| ("seed".to_owned(), seed.to_string())));
    rows.extend(reproduce.data.clone().map(|data| ("data".to_owned(), data)));
    rows.extend(reproduce.versions.iter().cloned());
    rows.extend(reproduce.when.clone().map(|when| ("when".to_owned(), when)));
    if reproduce.command.is_empty() && rows.is_empty() {
        return None;
    }
    let command = if reproduce.command.is_empty() { String::new() } else { code(&reproduce.command) };
    let rows: String = rows
        .iter()
        .map(|(name, value)| {
            format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>", escape(name), escape(value))
        })
        .collect();
    let body = format!("{command}<table class=\"facts\"><tbody>{rows}</tbody></table>");
    Some(Section { id: "reproduce", short: "Reproduce", title: "Do it again".to_owned(), body })
}

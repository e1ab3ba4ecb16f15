//! Part 2: the findings, each with what to do next.

use super::shell::{Section, code};
use crate::findings::{Finding, Severity};
use crate::html::escape;

/// The findings of a search or a training, whichever `of` says.
pub(crate) fn section(findings: &[Finding], of: &str) -> Option<Section> {
    if findings.is_empty() {
        return None;
    }
    let mut body = String::from("<ol class=\"findings\">");
    for finding in findings {
        let patch = finding.patch.as_deref().map(code).unwrap_or_default();
        let mark = match finding.severity {
            Severity::Error => "<span class=\"sev\">Stop</span> ",
            Severity::Warning => "<span class=\"sev\">Act</span> ",
            Severity::Info => "",
        };
        body.push_str(&format!(
            "<li class=\"{}\" data-id=\"{}\"><div><p class=\"said\">{mark}{}</p><p>{}</p></div>{patch}</li>",
            finding.severity.name(),
            finding.id,
            marked(&finding.sentence),
            marked(&finding.advice),
        ));
    }
    body.push_str("</ol>");
    let act = findings.iter().filter(|finding| finding.severity > Severity::Info).count();
    let title = match act {
        // Nothing to act on is still something to know.
        0 => format!("What the {of} tells"),
        1 => "One thing to do next".to_owned(),
        n => format!("{} things to do next", spelled(n)),
    };
    Some(Section { id: "findings", short: "Findings", title, body })
}

fn spelled(n: usize) -> String {
    let words = ["Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"];
    words.get(n).map_or_else(|| n.to_string(), |word| (*word).to_owned())
}

/// The text as HTML, names between backticks set as names.
fn marked(text: &str) -> String {
    let mut out = String::new();
    for (i, part) in text.split('`').enumerate() {
        let part = escape(part);
        if i % 2 == 1 { out.push_str(&format!("<i>{part}</i>")) } else { out.push_str(&part) }
    }
    out
}

//! Text into HTML: escaping, and the one way tables are written.

use std::fmt::Write as _;

/// The text with nothing in it that HTML or an attribute would read as markup; control characters become U+FFFD.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(c),
            // Control characters are not HTML, and overrides of the writing direction would let a name lie.
            c if c.is_control()
                || ('\u{202a}'..='\u{202e}').contains(&c)
                || ('\u{2066}'..='\u{2069}').contains(&c) =>
            {
                escaped.push('\u{fffd}');
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// A plain table of texts; cells that look like numbers are set as numbers.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = String::from("<div class=\"scroll\"><table><thead><tr>");
    for title in head {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escape(title));
    }
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        out.push_str("<tr>");
        for cell in row {
            out.push_str(&self::cell(cell));
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
    out
}

/// One cell of a table.
pub(crate) fn cell(text: &str) -> String {
    let class = if is_number(text) { " class=\"n\"" } else { "" };
    format!("<td{class}>{}</td>", escape(text))
}

/// A number, perhaps with a unit behind it.
fn is_number(text: &str) -> bool {
    let mut words = text.split(['\u{a0}', ' ']);
    let number =
        words.next().is_some_and(|word| !word.ends_with('.') && word.parse().is_ok_and(f64::is_finite));
    number && words.all(|unit| ["%", "s", "min", "h"].contains(&unit))
}

/// A table behind a picture.
pub(crate) fn details(summary: &str, inside: &str) -> String {
    format!("<details><summary>{}</summary>{inside}</details>", escape(summary))
}

#[cfg(test)]
mod tests {
    use super::{cell, escape};

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            escape("<script>alert(\"x\")</script> & 'y'"),
            "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;"
        );
        assert_eq!(escape("a\u{0}b\u{1b}\u{202e}c"), "a\u{fffd}b\u{fffd}\u{fffd}c");
    }

    #[test]
    fn numbers_are_set_as_numbers() {
        assert_eq!(cell("0.98"), "<td class=\"n\">0.98</td>");
        assert_eq!(cell("adam"), "<td>adam</td>");
        assert_eq!(cell("nan"), "<td>nan</td>");
        assert_eq!(cell("1. dense"), "<td>1. dense</td>");
        assert_eq!(cell("41\u{a0}%"), "<td class=\"n\">41\u{a0}%</td>");
    }
}

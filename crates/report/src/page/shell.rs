//! The shell of a page: head, style, script, and how sections and figures are written.

use crate::chart;
use crate::html::escape;

/// One titled part of a page, with the short name that the contents line links to.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) id: &'static str,
    pub(crate) short: &'static str,
    pub(crate) title: String,
    pub(crate) body: String,
}

/// A whole page.
pub(crate) fn page(title: &str, masthead: &str, sections: &[Section]) -> String {
    let mut contents = String::new();
    let mut body = String::new();
    for Section { id, short, title, body: inside } in sections {
        contents.push_str(&format!("<a href=\"#{id}\">{short}</a>"));
        body.push_str(&format!("<section id=\"{id}\"><h2>{}</h2>{inside}</section>", escape(title)));
    }
    // Nothing may be fetched: the browser enforces what the page promises.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
         <style>{chart_style}{style}</style></head><body>\
         <main>{masthead}<nav aria-label=\"Contents\">{contents}</nav>{body}\
         <footer>Made by Tunesmith. This page is one file and fetches nothing.</footer></main>\
         <div id=\"tip\" role=\"status\" hidden></div><script>{script}</script></body></html>\n",
        title = escape(title),
        chart_style = chart::STYLE,
        style = include_str!("page.css"),
        script = include_str!("page.js"),
    )
}

/// A picture in one or two sizes (wide, and narrow for phones), with what it shows above and its numbers behind.
pub(crate) fn figure(
    class: &str,
    title: &str,
    caption: &str,
    wide: &str,
    narrow: Option<&str>,
    table: &str,
) -> String {
    let title = if title.is_empty() { String::new() } else { format!("<h3>{}</h3>", escape(title)) };
    let caption = if caption.is_empty() { String::new() } else { format!("<p>{caption}</p>") };
    let pictures = match narrow {
        Some(narrow) => format!("<div class=\"wide\">{wide}</div><div class=\"narrow\">{narrow}</div>"),
        None => wide.to_owned(),
    };
    format!("<figure class=\"{class}\"><figcaption>{title}{caption}</figcaption>{pictures}{table}</figure>")
}

/// A block of text to copy, shown as given but for line ends at its end; long lines wrap.
pub(crate) fn code(text: &str) -> String {
    format!(
        "<div class=\"code\"><pre tabindex=\"0\"><code>{}</code></pre><button type=\"button\" class=\"copy\">Copy</button></div>",
        escape(text.trim_end_matches(['\n', '\r']))
    )
}

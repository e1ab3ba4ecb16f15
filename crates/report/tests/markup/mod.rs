//! Reads the markup a page is made of: are its tags closed in order, where are its shapes, what would a reader see?

/// Tags that have no end.
const VOID: [&str; 4] = ["meta", "br", "!doctype", "hr"];

/// One start tag.
#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Tag {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The start tags of a text, in order; panics when a tag is not closed, closed twice, or not written well.
pub(crate) fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let text = &rest[..start];
        assert!(!text.contains('>'), "a bare > in {text:?}");
        rest = &rest[start + 1..];
        let end = end_of_tag(rest);
        let (inside, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if let Some(name) = inside.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "</{name}> closes something else");
            continue;
        }
        let alone = inside.ends_with('/');
        let inside = inside.trim_end_matches('/');
        let (name, attributes) = inside.split_once(' ').unwrap_or((inside, ""));
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '!';
        assert!(name.chars().all(plain) && !name.is_empty(), "a strange tag <{inside}>");
        tags.push(Tag { name: name.to_owned(), attributes: read_attributes(attributes) });
        if alone || VOID.contains(&name) {
            continue;
        }
        if name == "script" || name == "style" {
            let close = format!("</{name}>");
            let end = rest.find(&close).unwrap_or_else(|| panic!("{close} is missing"));
            rest = &rest[end + close.len()..];
            continue;
        }
        open.push(name.to_owned());
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    tags
}

/// Where a tag ends: at the first > outside quotes.
fn end_of_tag(text: &str) -> usize {
    let mut quoted = false;
    for (i, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return i,
            '<' => panic!("a < inside a tag: {}", &text[..i]),
            _ => {}
        }
    }
    panic!("a tag without end: {text:.80}")
}

fn read_attributes(text: &str) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let name_end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(name_end);
        match after.strip_prefix("=\"") {
            Some(value) => {
                let end = value.find('"').expect("the end of an attribute");
                attributes.push((name.to_owned(), value[..end].to_owned()));
                rest = value[end + 1..].trim_start();
            }
            None => {
                attributes.push((name.to_owned(), String::new()));
                rest = after.trim_start();
            }
        }
    }
    attributes
}

/// Panics unless every coordinate of every picture is a number inside its view box.
pub(crate) fn check_coordinates(html: &str) {
    let mut view = (0.0, 0.0);
    for tag in tags(html) {
        if tag.name == "svg" {
            let sides: Vec<f64> = numbers(tag.attribute("viewBox").expect("a picture has a view box"));
            view = (sides[2], sides[3]);
        }
        let (width, height) = view;
        let inside = |value: f64, most: f64| {
            assert!(value >= 0.0 && value <= most, "{value} is not in 0 to {most}: {tag:?}");
        };
        for (name, value) in &tag.attributes {
            match name.as_str() {
                "x" | "x1" | "x2" | "cx" | "width" => {
                    numbers(value).into_iter().for_each(|x| inside(x, width))
                }
                "y" | "y1" | "y2" | "cy" | "height" => {
                    numbers(value).into_iter().for_each(|y| inside(y, height))
                }
                "points" | "d" => {
                    for pair in numbers(value).chunks(2) {
                        inside(pair[0], width);
                        inside(pair[1], height);
                    }
                }
                _ => {}
            }
        }
        if tag.name == "rect" {
            let side = |name: &str| numbers(tag.attribute(name).expect("a rectangle has four numbers"))[0];
            inside(side("x") + side("width"), width + 0.11); // both are rounded to a tenth
            inside(side("y") + side("height"), height + 0.11);
        }
    }
}

fn numbers(text: &str) -> Vec<f64> {
    let words = text.split(|c: char| " ,MLZ".contains(c)).filter(|word| !word.is_empty());
    words
        .map(|word| {
            let number: f64 = word.parse().unwrap_or_else(|_| panic!("{word} in {text}"));
            assert!(number.is_finite(), "{word} in {text}");
            number
        })
        .collect()
}

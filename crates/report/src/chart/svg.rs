//! `Svg`: the few shapes a chart needs, every coordinate finite and inside the picture.

use std::fmt::Write as _;

use tunesmith_tuner::TrialState;

use super::Size;
use crate::html::escape;

/// Where a text stands with respect to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// About how wide a text of 12 pixels is, rather more than less: fonts differ, and scripts of the far east are wide.
pub(crate) fn width_of(text: &str) -> f64 {
    text.chars().map(|c| if u32::from(c) < 0x1100 { 7.2 } else { 13.0 }).sum()
}

/// The text whole, or its beginning and its end where it has more than so many characters: ends tell names apart.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= most || most < 3 {
        return letters.into_iter().take(most.max(3)).collect();
    }
    let end = most / 3;
    let start = most - 1 - end;
    letters[..start].iter().chain(['…'].iter()).chain(&letters[letters.len() - end..]).collect()
}

/// A picture in the making.
#[derive(Debug)]
pub(crate) struct Svg {
    size: Size,
    body: String,
}

impl Svg {
    /// A picture with a name and a description for those who cannot see it.
    pub(crate) fn new(class: &str, size: Size, title: &str, description: &str) -> Self {
        let Size { width, height } = size;
        let body = format!(
            "<svg class=\"chart {class}\" viewBox=\"0 0 {width} {height}\" role=\"img\"><title>{}</title><desc>{}</desc>",
            escape(title),
            escape(description)
        );
        Self { size, body }
    }

    pub(crate) fn finish(mut self) -> String {
        self.body.push_str("</svg>");
        self.body
    }

    /// A coordinate along one side, to a tenth of a pixel, never outside.
    fn at(value: f64, most: f64) -> f64 {
        let value = if value.is_finite() { value.clamp(0.0, most) } else { 0.0 };
        (value * 10.0).round() / 10.0
    }

    fn x(&self, x: f64) -> f64 {
        Self::at(x, self.size.width)
    }

    fn y(&self, y: f64) -> f64 {
        Self::at(y, self.size.height)
    }

    /// Raw markup made of constants and numbers only.
    fn raw(&mut self, arguments: std::fmt::Arguments<'_>) {
        self.body.write_fmt(arguments).expect("a String takes everything");
    }

    pub(crate) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let (x1, y1, x2, y2) = (self.x(x1), self.y(y1), self.x(x2), self.y(y2));
        self.raw(format_args!("<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>"));
    }

    pub(crate) fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let (x, y) = (self.x(x), self.y(y));
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let text = escape(text);
        self.raw(format_args!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{anchor}>{text}</text>"));
    }

    /// A text that reads upwards from its point.
    pub(crate) fn text_upwards(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        let (x, y, text) = (self.x(x), self.y(y), escape(text));
        self.raw(format_args!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" transform=\"rotate(-90 {x} {y})\">{text}</text>"
        ));
    }

    /// A line through points; of a trial, when a number is given.
    pub(crate) fn polyline(&mut self, class: &str, trial: Option<u64>, points: &[(f64, f64)]) {
        if points.len() < 2 {
            return;
        }
        let trial = trial.map_or_else(String::new, |number| format!(" data-t=\"{number}\""));
        self.raw(format_args!("<polyline class=\"{class}\"{trial} points=\""));
        for (i, &(x, y)) in points.iter().enumerate() {
            let (x, y) = (self.x(x), self.y(y));
            self.raw(format_args!("{}{x},{y}", if i == 0 { "" } else { " " }));
        }
        self.body.push_str("\"/>");
    }

    /// A rectangle; `more` are attributes made of constants and numbers.
    pub(crate) fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64), more: &str) {
        let (left, top) = (self.x(x), self.y(y));
        let (width, height) = (self.x(x + width) - left, self.y(y + height) - top);
        let (width, height) = (Self::at(width, self.size.width), Self::at(height, self.size.height));
        self.raw(format_args!(
            "<rect class=\"{class}\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"{more}/>"
        ));
    }

    /// A dot that belongs to no trial.
    pub(crate) fn dot(&mut self, class: &str, (x, y): (f64, f64), radius: f64) {
        let (x, y) = (self.x(x), self.y(y));
        self.raw(format_args!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>"));
    }

    /// The mark of a trial: a disc when complete, a ring when pruned, a cross when diverged, a triangle when failed, a
    /// small ring when it has not ended. Shape alone tells them apart, for eyes and printers that see no colour.
    pub(crate) fn mark(&mut self, class: &str, trial: u64, state: TrialState, at: (f64, f64), radius: f64) {
        let r = radius;
        // Kept a radius away from the sides, so that the whole shape stays inside.
        let x = at.0.clamp(r, (self.size.width - r).max(r));
        let y = at.1.clamp(r, (self.size.height - r).max(r));
        let (left, right, top, bottom) = (self.x(x - r), self.x(x + r), self.y(y - r), self.y(y + r));
        let (x, y) = (self.x(x), self.y(y));
        let mut classes = String::from("m");
        // Most trials are complete and most marks are plain: both go without a word.
        for word in [if state == TrialState::Complete { "" } else { state.name() }, class] {
            if !word.is_empty() {
                classes.push(' ');
                classes.push_str(word);
            }
        }
        match state {
            TrialState::Diverged => self.raw(format_args!(
                "<path class=\"{classes}\" data-t=\"{trial}\" d=\"M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}\"/>"
            )),
            TrialState::Failed => self.raw(format_args!(
                "<path class=\"{classes}\" data-t=\"{trial}\" d=\"M{x} {top}L{right} {bottom}L{left} {bottom}Z\"/>"
            )),
            _ => self.raw(format_args!(
                "<circle class=\"{classes}\" data-t=\"{trial}\" cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>"
            )),
        }
    }
}

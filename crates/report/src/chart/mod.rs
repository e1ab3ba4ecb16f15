//! Charts: plain data in, one inline SVG out.
//!
//! Each chart is a pure function of its data and a [`Size`]; the colours come from the custom properties of [`STYLE`],
//! so that one picture serves light and dark pages and paper. Marks and lines of a trial carry its number
//! (`data-t`), by which a script may link them. Every picture has a title and a description; every coordinate is
//! finite and inside the picture, whatever the values are. Beyond 2,000 trials, [`thin`] leaves some out.
//!
//! Reading order: [`Axis`], then [`history`], [`curves`], [`parallel`], [`slice()`], [`strip`] for studies and
//! [`training`], [`confusion`], [`scatter`] for runs.

mod axis;
mod plot;
mod svg;
mod thin;

mod curves;
mod history;
mod parallel;
mod slice;
mod strip;

mod confusion;
mod scatter;
mod training;

use axis::focus_of;
pub use axis::{Axis, Tick, focus};
pub use thin::thin;

pub use curves::curves;
pub use history::history;
pub use parallel::parallel;
pub use slice::slice;
pub use strip::strip;

pub use confusion::confusion;
pub use scatter::scatter;
pub use training::{training, training_series};

/// The style sheet of all charts: put it on the page once.
pub const STYLE: &str = include_str!("chart.css");

/// How large a picture is drawn, in pixels of its own; on a page it takes the width it finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

impl Size {
    /// Across a desktop page.
    pub const WIDE: Self = Self { width: 1040.0, height: 400.0 };
    /// Half of it.
    pub const HALF: Self = Self { width: 500.0, height: 300.0 };
    /// Across a phone.
    pub const NARROW: Self = Self { width: 360.0, height: 320.0 };
    /// One of many.
    pub const SMALL: Self = Self { width: 240.0, height: 170.0 };
}

//! The space as the search distribution sees it: numeric axes in [0, 1], and choices.

use tunesmith_core::{Domain, Params, Scale, Space, Value};

use super::state::Point;

/// Dimensions that can move, split by the part of the distribution they belong to.
#[derive(Clone, Debug)]
pub(super) struct Axes {
    pub(super) numbers: Vec<Number>,
    pub(super) choices: Vec<Choice>,
}

/// A numeric dimension.
#[derive(Clone, Debug)]
pub(super) struct Number {
    /// Its place in the space.
    pub(super) dimension: usize,
    pub(super) origin: f64,
    pub(super) width: f64,
    pub(super) grid: Option<Grid>,
}

/// A dimension whose values have no order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    /// Its place in the space.
    pub(super) dimension: usize,
    /// How many options it has.
    pub(super) options: usize,
}

/// Whole numbers and steps: each value owns the cell between two edges; the outer cells are unbounded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) low: f64,
    pub(super) step: f64,
    /// The index of the last value.
    pub(super) last: f64,
    pub(super) scale: Scale,
    pub(super) origin: f64,
    pub(super) width: f64,
}

impl Axes {
    /// All dimensions with more than one value, those under conditions too.
    pub(super) fn new(space: &Space) -> Self {
        let mut axes = Self { numbers: Vec::new(), choices: Vec::new() };
        for (dimension, domain) in space.dimensions().iter().map(|dimension| &dimension.domain).enumerate() {
            if domain.size() == Some(1) {
                continue;
            }
            if let Domain::Choice { options } = domain {
                axes.choices.push(Choice { dimension, options: options.len() });
            } else {
                axes.numbers.push(Number::new(dimension, domain));
            }
        }
        axes
    }

    /// The settings a point stands for. `space` is the one the axes are of, with some dimensions narrowed to a value.
    pub(super) fn params(&self, space: &Space, whole: &Space, point: Point) -> Params {
        let mut values: Vec<Option<Value>> = vec![None; whole.len()];
        let domain = |dimension: usize| &whole.dimensions()[dimension].domain;
        for (number, place) in self.numbers.iter().zip(point.numbers) {
            values[number.dimension] = Some(number.value(domain(number.dimension), place));
        }
        for (choice, option) in self.choices.iter().zip(point.choices) {
            values[choice.dimension] = Some(domain(choice.dimension).at_coordinate(option as f64 + 0.5));
        }
        let mut drawn = whole.dimensions().iter().zip(values);
        space.complete(|dimension| {
            let same = drawn.find(|(drawn, _)| drawn.key == dimension.key);
            let value = same.and_then(|(_, value)| value).filter(|_| dimension.domain.size() != Some(1));
            value.unwrap_or_else(|| dimension.domain.place(0.5))
        })
    }

    /// How many dimensions there are in all.
    pub(super) fn len(&self) -> usize {
        self.numbers.len() + self.choices.len()
    }

    /// How many of them are discrete.
    pub(super) fn discrete(&self) -> usize {
        self.numbers.iter().filter(|axis| axis.grid.is_some()).count() + self.choices.len()
    }
}

impl Number {
    fn new(dimension: usize, domain: &Domain) -> Self {
        let (origin, end) = domain.bounds();
        let width = end - origin;
        let grid = |low, step, scale| {
            let last = domain.size().map_or(0.0, |n| n as f64 - 1.0);
            Grid { low, step, last, scale, origin, width }
        };
        let grid = match domain {
            Domain::Float { low, scale, step: Some(step), .. } => Some(grid(*low, *step, *scale)),
            Domain::Int { low, scale, step, .. } => Some(grid(*low as f64, *step as f64, *scale)),
            _ => None,
        };
        Self { dimension, origin, width, grid }
    }

    /// The place in [0, 1] of an even coordinate.
    pub(super) fn place(&self, coordinate: f64) -> f64 {
        (coordinate - self.origin) / self.width
    }

    /// Where the point of a value at this place may have been, if the value does not say: in the cell of a discrete
    /// value, or beyond the end of a range.
    pub(super) fn hidden(&self, place: f64) -> Option<(f64, f64)> {
        match self.grid {
            Some(grid) => Some(grid.cell(grid.index(place))),
            None if place <= 0.0 => Some((f64::NEG_INFINITY, 0.0)),
            None if place >= 1.0 => Some((1.0, f64::INFINITY)),
            None => None,
        }
    }

    /// The value at a place; outside of [0, 1] the nearest end.
    pub(super) fn value(&self, domain: &Domain, place: f64) -> Value {
        let place = self.grid.map_or(place.clamp(0.0, 1.0), |grid| grid.center(grid.index(place)));
        domain.at_coordinate(self.origin + place * self.width)
    }
}

impl Grid {
    /// The index of the value that owns a place.
    pub(super) fn index(&self, place: f64) -> f64 {
        let x = self.scale.unwarp(self.origin + place * self.width);
        ((x - self.low) / self.step).round().clamp(0.0, self.last)
    }

    /// The place of a value.
    pub(super) fn center(&self, index: f64) -> f64 {
        (self.scale.warp(self.low + index * self.step) - self.origin) / self.width
    }

    /// The places between which a value lies.
    pub(super) fn cell(&self, index: f64) -> (f64, f64) {
        let low = if index <= 0.0 { f64::NEG_INFINITY } else { self.edge(index - 1.0) };
        let high = if index >= self.last { f64::INFINITY } else { self.edge(index) };
        (low, high)
    }

    /// The place between a value and the next.
    pub(super) fn edge(&self, index: f64) -> f64 {
        (self.scale.warp(self.low + (index + 0.5) * self.step) - self.origin) / self.width
    }
}

//! `Axis`: one dimension as TPE sees it, in even coordinates.

use tunesmith_core::{Domain, Scale, Value};

/// One dimension in even coordinates.
#[derive(Clone, Copy, Debug)]
pub(super) enum Axis<'a> {
    /// A range; a discrete one has the half of its step.
    Range { domain: &'a Domain, low: f64, high: f64, scale: Scale, half_step: Option<f64> },
    /// So many options.
    Choice { domain: &'a Domain, options: usize },
}

impl<'a> Axis<'a> {
    pub(super) fn new(domain: &'a Domain) -> Self {
        let (low, high) = domain.bounds();
        let (scale, half_step) = match domain {
            Domain::Float { scale, step, .. } => (*scale, step.map(|step| step / 2.0)),
            Domain::Int { scale, step, .. } => (*scale, Some(*step as f64 / 2.0)),
            other => {
                let options = other.size().unwrap_or(1) as usize;
                return Self::Choice { domain, options };
            }
        };
        Self::Range { domain, low, high, scale, half_step }
    }

    /// The value at a coordinate.
    pub(super) fn value(&self, z: f64) -> Value {
        match self {
            Self::Range { domain, .. } | Self::Choice { domain, .. } => domain.at_coordinate(z),
        }
    }

    /// The coordinate of the nearest value.
    pub(super) fn snap(&self, z: f64) -> f64 {
        match self {
            Self::Range { low, high, half_step: None, .. } => z.clamp(*low, *high),
            Self::Range { domain, .. } => domain.coordinate(&domain.at_coordinate(z)).unwrap_or(z),
            Self::Choice { .. } => z.floor() + 0.5,
        }
    }
}

//! `Scale`: how a range is walked. The only file that knows the arithmetic of scales.

/// How a range is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Scale {
    /// Equal differences are equally far apart.
    #[default]
    Linear,
    /// Equal ratios are equally far apart: 1e-5 to 1e-1.
    Log,
    /// Equal ratios of the distance to one are equally far apart: 0.9 to 0.999.
    ReverseLog,
}

impl Scale {
    /// The name in a recipe.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Log => "log",
            Self::ReverseLog => "reverse_log",
        }
    }

    /// The scale of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Linear, Self::Log, Self::ReverseLog].into_iter().find(|scale| scale.name() == name)
    }

    /// A value in the coordinate in which this scale is even.
    #[must_use]
    pub fn warp(self, x: f64) -> f64 {
        match self {
            Self::Linear => x,
            Self::Log => x.ln(),
            Self::ReverseLog => -(1.0 - x).ln(),
        }
    }

    /// The inverse of [`Scale::warp`].
    #[must_use]
    pub fn unwarp(self, z: f64) -> f64 {
        match self {
            Self::Linear => z,
            Self::Log => z.exp(),
            Self::ReverseLog => -(-z).exp_m1(),
        }
    }
}

//! Glorot's, He's and LeCun's rules: a variance that depends on the fans, drawn uniform or normal.

use super::Fans;
use crate::plugin::*;

/// States one rule: the variance from the fans, and whether it is drawn uniform.
macro_rules! by_variance {
    ($($(#[$doc:meta])* $Name:ident, $name:literal, $about:literal, $source:literal, $uniform:literal, |$fans:ident| $variance:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $Name {
            gain: f64,
        }

        impl Default for $Name {
            fn default() -> Self {
                Self { gain: 1.0 }
            }
        }

        impl Describe for $Name {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const SOURCE: &'static str = $source;
            const PARAMS: &'static [Param<Self>] =
                &[Param::float("gain", 0.1, 3.0, |s: &mut Self| &mut s.gain, "factor on the standard deviation").log().rarely().valid(0.0, 1e6)];
        }

        impl Init for $Name {
            fn fill(&self, shape: &Shape, generator: &mut Generator, out: &mut [f64]) {
                let $fans = Fans::of(shape);
                draw(self.gain * f64::sqrt($variance), $uniform, generator, out);
            }
        }

        register!(InitEntry, $Name);
    )*};
}

fn draw(std: f64, uniform: bool, generator: &mut Generator, out: &mut [f64]) {
    if uniform {
        let bound = 3.0_f64.sqrt() * std; // a uniform variable on [-b, b) has variance b^2 / 3
        out.fill_with(|| generator.uniform_in(-bound, bound));
    } else {
        out.fill_with(|| std * generator.normal());
    }
}

by_variance! {
    /// Variance `2 / (in + out)`, uniform.
    GlorotUniform, "glorot_uniform", "uniform with variance 2 / (in + out)", "Glorot & Bengio 2010, AISTATS", true,
    |fans| 2.0 / (fans.input + fans.output);
    /// Variance `2 / (in + out)`, normal.
    GlorotNormal, "glorot_normal", "normal with variance 2 / (in + out)", "Glorot & Bengio 2010, AISTATS", false,
    |fans| 2.0 / (fans.input + fans.output);
    /// Variance `2 / in`, uniform.
    HeUniform, "he_uniform", "uniform with variance 2 / in, for relu", "He et al. 2015, arXiv:1502.01852", true,
    |fans| 2.0 / fans.input;
    /// Variance `2 / in`, normal.
    HeNormal, "he_normal", "normal with variance 2 / in, for relu", "He et al. 2015, arXiv:1502.01852", false,
    |fans| 2.0 / fans.input;
    /// Variance `1 / in`, uniform.
    LecunUniform, "lecun_uniform", "uniform with variance 1 / in, for tanh and selu", "LeCun et al. 1998, Efficient BackProp", true,
    |fans| 1.0 / fans.input;
    /// Variance `1 / in`, normal.
    LecunNormal, "lecun_normal", "normal with variance 1 / in, for tanh and selu", "LeCun et al. 1998, Efficient BackProp", false,
    |fans| 1.0 / fans.input;
}

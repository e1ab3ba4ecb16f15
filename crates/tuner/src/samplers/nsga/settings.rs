//! The settings that both samplers share: how many parents there are, and how children are made of them.

/// Describes the shared settings, the sampler's own behind the first of them.
macro_rules! settings {
    ($($own:expr),*) => {
        &[
            Param::int("population", 20, 200, |s: &mut Self| &mut s.population, "parents of a generation")
                .log()
                .fixed()
                .valid(2.0, 1e6),
            $($own,)*
            Param::name(
                "crossover",
                &["sbx", "uniform"],
                |s: &mut Self| &mut s.crossover,
                "how numbers of two parents mix",
            ),
            Param::float(
                "crossover_probability",
                0.5,
                1.0,
                |s: &mut Self| &mut s.crossover_probability,
                "how often a child has two parents",
            )
            .fixed()
            .valid(0.0, 1.0),
            Param::optional_float(
                "mutation_probability",
                0.01,
                0.5,
                |s: &mut Self| &mut s.mutation_probability,
                "how often a dimension is mutated",
            )
            .log()
            .fixed()
            .valid(0.0, 1.0),
        ]
    };
}

/// Writes what follows from the shared settings: their defaults, a clone that has learnt nothing, how to breed.
macro_rules! breeds {
    ($name:ident { $($own:ident: $value:expr),* }) => {
        impl Default for $name {
            fn default() -> Self {
                Self {
                    population: 50,
                    $($own: $value,)*
                    crossover: "sbx".to_owned(),
                    crossover_probability: 0.9,
                    mutation_probability: None,
                    cache: Mutex::default(),
                }
            }
        }

        impl Clone for $name {
            /// The same settings with an empty cache.
            fn clone(&self) -> Self {
                Self { crossover: self.crossover.clone(), cache: Mutex::default(), ..*self }
            }
        }

        impl $name {
            fn breeding(&self) -> Breeding {
                Breeding {
                    is_simulated_binary: self.crossover != "uniform",
                    crossover_probability: self.crossover_probability,
                    mutation_probability: self.mutation_probability,
                }
            }
        }
    };
}

pub(super) use {breeds, settings};

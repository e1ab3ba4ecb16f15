//! Five small tables that ship inside the crate; `data/README.md` names their sources and licences.

use std::path::Path;

use tunesmith_core::{Describe, Param, register};

use super::{Csv, Source, SourceEntry};
use crate::read::{gunzip, text};
use crate::{Error, RawDataset};

fn open(name: &str, compressed: &[u8], task: &str) -> Result<RawDataset, Error> {
    let text = text(gunzip(compressed)?)?;
    Csv { target: "target".into(), task: task.into(), ..Csv::default() }.parse(name, &text)
}

/// 1,797 images of handwritten digits, 8x8 pixels from 0 to 16, in 10 classes.
///
/// ```
/// use std::path::Path;
/// use tunesmith_data::{Digits, Source};
/// let digits = Digits::default().open(Path::new("")).unwrap();
/// assert_eq!((digits.rows(), digits.features.width()), (1797, 64));
/// ```
#[derive(Clone, Debug)]
pub struct Digits {
    /// "flat" for lists of 64 numbers, "image" for `[1, 8, 8]`.
    pub shape: String,
}

impl Default for Digits {
    fn default() -> Self {
        Self { shape: "flat".into() }
    }
}

impl Describe for Digits {
    const NAME: &'static str = "digits";
    const ABOUT: &'static str = "1,797 handwritten digits of 8x8 pixels in 10 classes";
    const SOURCE: &'static str =
        "UCI, Optical Recognition of Handwritten Digits (Alpaydin & Kaynak 1998), CC BY 4.0";
    const PARAMS: &'static [Param<Self>] = &[Param::name(
        "shape",
        &["flat", "image"],
        |s: &mut Self| &mut s.shape,
        "how a sample is seen: 64 numbers or [1, 8, 8]",
    )];
}

impl Source for Digits {
    fn open(&self, _base: &Path) -> Result<RawDataset, Error> {
        let mut raw = open(Self::NAME, include_bytes!("../../data/digits.csv.gz"), "classification")?;
        raw.shape = (self.shape == "image").then(|| vec![1, 8, 8]);
        Ok(raw)
    }
}

register!(SourceEntry, Digits);

macro_rules! table {
    ($Table:ident, $name:literal, $task:literal, $about:literal, $source:literal) => {
        #[doc = concat!("The built-in table `", $name, "`: ", $about, ".")]
        #[derive(Clone, Debug, Default)]
        pub struct $Table;

        impl Describe for $Table {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const SOURCE: &'static str = $source;
        }

        impl Source for $Table {
            fn open(&self, _base: &Path) -> Result<RawDataset, Error> {
                open($name, include_bytes!(concat!("../../data/", $name, ".csv.gz")), $task)
            }
        }

        register!(SourceEntry, $Table);
    };
}

table!(
    Iris,
    "iris",
    "classification",
    "150 irises of 3 species by 4 lengths in cm",
    "UCI, Iris (Fisher 1936), CC BY 4.0"
);
table!(
    Wine,
    "wine",
    "classification",
    "178 wines of 3 growers by 13 chemical measurements",
    "UCI, Wine (Aeberhard & Forina 1992), CC BY 4.0"
);
table!(
    BreastCancer,
    "breast_cancer",
    "classification",
    "569 tumours, benign or malignant, by 30 measurements of cell nuclei",
    "UCI, Breast Cancer Wisconsin (Diagnostic) (Wolberg et al. 1993), CC BY 4.0"
);
table!(
    Diabetes,
    "diabetes",
    "regression",
    "442 patients by 10 measurements; the target is the disease's progress after a year",
    "Efron, Hastie, Johnstone & Tibshirani 2004, Least Angle Regression; as distributed with scikit-learn (BSD-3)"
);

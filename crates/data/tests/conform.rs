//! The conformance suite finds steps that break its promises.

use tunesmith_core::Plug;
use tunesmith_data::conform::check_prepare;
use tunesmith_data::plugin::*;

/// Subtracts the mean of the rows at hand, not of those it was fitted on.
#[derive(Clone, Debug, Default)]
struct Forgetful;

impl Describe for Forgetful {
    const NAME: &'static str = "forgetful";
    const ABOUT: &'static str = "looks at rows it should not see";
}

impl Prepare for Forgetful {
    fn fit(&self, _frame: &Frame, _notes: &mut Vec<String>) -> Result<Table, Error> {
        Ok(Table::new())
    }

    fn apply(&self, _state: &Table, frame: &mut Frame) -> Result<(), Error> {
        frame.map(|mut column| {
            if let Values::Numbers(cells) = &mut column.values {
                let mean = cells.iter().sum::<f64>() / cells.len() as f64;
                cells.iter_mut().for_each(|x| *x -= mean);
            }
            Ok(vec![column])
        })
    }

    fn inverts(&self) -> bool {
        true
    }

    fn invert(&self, _state: &Table, _frame: &mut Frame) -> Result<(), Error> {
        Ok(())
    }
}

register!(PrepareEntry, Forgetful);

#[test]
fn a_step_that_looks_at_other_rows_is_found() {
    let wrong = check_prepare(&Plug::new("forgetful"));
    let found = |what: &str| wrong.iter().any(|line| line.contains(what));
    assert!(found("row 0 alone is prepared in another way"), "{wrong:?}");
    assert!(found("undone, `plain` is not what it was"), "{wrong:?}");
}

//! Padding: positions of a sequence that only fill it up, and that nothing should look at.

use crate::plugin::*;

pub(super) const fn padding<T>(field: fn(&mut T) -> &mut Option<usize>) -> Param<T> {
    let about = "the identifier of positions that are not seen, as in an embedding";
    Param::optional_int("padding", 0, 1, field, about).fixed()
}

pub(super) const fn identifiers<T>(field: fn(&mut T) -> &mut String) -> Param<T> {
    Param::text("identifiers", field, "the tag of the identifiers that padding is found in, or input")
}

/// For each position of sequences `[rows, positions, ...]`, 1 where it counts and 0 where the identifier there, in the
/// model's input or in what is tagged so, is the padding; nothing without a padding.
pub(super) fn counted(
    trace: &Trace,
    sequences: &Var,
    padding: Option<usize>,
    identifiers: &str,
) -> Result<Option<Var>, Error> {
    let Some(padding) = padding else { return Ok(None) };
    let found = trace.recall(identifiers)?;
    let (of, wanted) = (found.shape(), sequences.shape());
    if of.dims() != &wanted.dims()[..2] {
        let because = format!(
            "padding needs an identifier for each position of {wanted}, `{identifiers}` is {of}: tag them, {{ tag = \"words\" }}, and say identifiers = \"words\""
        );
        return Err(trace.error(because));
    }
    Ok(Some((&found - padding as f64).sign().square()))
}

//! Numbers in a program's output: standing alone, `nan` and `inf` among them.

/// The numbers in a text, in order. A number stands alone: the 5 of `top5` and the 3 of `3s` are none.
pub(crate) fn numbers(text: &str) -> impl DoubleEndedIterator<Item = f64> + '_ {
    let apart = |c: char| !(c.is_alphanumeric() || "+-._".contains(c));
    text.split(apart).filter_map(number)
}

/// A whole text as a number.
pub(crate) fn number(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches('.'); // the end of a sentence
    let body = text.strip_prefix(['-', '+']).unwrap_or(text).to_ascii_lowercase();
    let sound = body.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        || ["nan", "inf", "infinity"].contains(&body.as_str());
    sound.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn only_numbers_that_stand_alone_count() {
        let found = |text| numbers(text).map(|x| x.to_string()).collect::<Vec<_>>();
        assert_eq!(
            found("Epoch 3/10 - loss: 0.31, top5=93.5% in 12s (-1e-3)."),
            ["3", "10", "0.31", "93.5", "-0.001"]
        );
        assert_eq!(found("loss nan inf -inf .5 +2 3."), ["NaN", "inf", "-inf", "0.5", "2", "3"]);
        assert!(found("v1.2.3 2026-11-24 information banana e5 _3 - . +").is_empty());
    }
}

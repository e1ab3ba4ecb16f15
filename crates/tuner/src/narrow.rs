//! Spaces in which some settings are the only choice: how a partly given trial is completed.

use tunesmith_core::{Domain, Error, Params, Space, Value, Why};

/// The space in which these settings are the only choice.
pub(crate) fn narrowed(space: &Space, fixed: &Params) -> Result<Space, Error> {
    if let Some(key) = fixed.keys().find(|key| space.dimension(key).is_none()) {
        return Err(Error::unknown_key("", key, space.dimensions().iter().map(|d| d.key.as_str())));
    }
    let mut narrow = Space::new();
    for dimension in space.dimensions() {
        let mut dimension = dimension.clone();
        if let Some(value) = fixed.get(&dimension.key) {
            if !dimension.domain.contains(value) {
                let allowed = dimension.domain.to_string();
                return Err(Error::new(dimension.key, Why::OutOfRange { value: value.to_string(), allowed }));
            }
            dimension.domain = single(&dimension.domain, value);
        }
        let key = dimension.key.clone();
        let around = space.around(&key).filter(|value| dimension.domain.contains(value)).cloned();
        narrow.push(dimension);
        if let Some(value) = around {
            narrow.set_around(&key, value);
        }
    }
    Ok(narrow)
}

/// The domain that holds only that value of another domain.
pub(crate) fn single(domain: &Domain, value: &Value) -> Domain {
    match (domain, value.as_f64(), value.as_i64()) {
        (Domain::Float { scale, step, .. }, Some(x), _) => {
            Domain::Float { low: x, high: x, scale: *scale, step: *step }
        }
        (Domain::Int { scale, step, .. }, _, Some(i)) => {
            Domain::Int { low: i, high: i, scale: *scale, step: *step }
        }
        (Domain::Choice { options }, ..) => {
            // The option as the space writes it: `1` may have been given for `1.0`.
            let option = options.iter().find(|option| option.same(value)).unwrap_or(value);
            Domain::Choice { options: vec![option.clone()] }
        }
        (other, ..) => other.clone(),
    }
}

//! `look`: data, model and ranges of a recipe before anything runs.

use tunesmith_core::Space;
use tunesmith_data::Task;
use tunesmith_nn::Summary;

use crate::{Error, Recipe, run};

/// A recipe at a glance.
#[derive(Clone, Debug)]
pub struct Look {
    /// Rows to train on, to validate with, to test on.
    pub rows: [usize; 3],
    /// What is predicted, in words.
    pub task: String,
    /// The model; of a recipe with ranges, the one in their middle.
    pub summary: Summary,
    /// Bytes that training holds beside the data, as planned.
    pub training_bytes: usize,
    /// What is searched.
    pub space: Space,
    /// What a person should know about the data, a sentence each.
    pub notes: Vec<String>,
}

/// Looks at a recipe: loads its data, builds its model, trains nothing.
///
/// # Errors
/// When the recipe or the data cannot be used.
pub fn look(recipe: &Recipe) -> Result<Look, Error> {
    let search = recipe.search()?;
    let middle = search.space().complete(|dimension| dimension.domain.place(0.5));
    let fixed = recipe.filled(&search.fill(&middle))?;
    let prepared = fixed.data.load(recipe.base())?;
    let fixed = fixed.for_task(prepared.train.task());
    recipe.tuning()?.check_plugins().map_err(|error| recipe.wrong(error))?;
    let model = run::model(recipe, &fixed, &prepared)?;
    // What training would refuse is refused here.
    let training_bytes = run::trainer(recipe, &fixed, &prepared)?.bytes();
    let inputs = prepared.train.width();
    let task = match prepared.train.task() {
        Task::Classification { classes } => format!("{inputs} inputs, one of {classes} classes"),
        Task::Regression { outputs: 1 } => format!("{inputs} inputs, one number"),
        Task::Regression { outputs } => format!("{inputs} inputs, {outputs} numbers"),
    };
    Ok(Look {
        rows: [prepared.train.rows(), prepared.validation.rows(), prepared.test.rows()],
        task,
        summary: model.summary(),
        training_bytes,
        space: search.space().clone(),
        notes: prepared.notes,
    })
}

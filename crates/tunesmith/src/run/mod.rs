//! One training from a fixed recipe: data in, model, scores and a run folder out.

mod folder;
mod page;
mod scores;

use std::path::PathBuf;
use std::sync::Arc;

use tunesmith_core::{Flow, Reporter};
use tunesmith_data::Prepared;
use tunesmith_nn::Sequential;
use tunesmith_nn::loss::find_loss;
use tunesmith_report::RunInput;
use tunesmith_train::checkpoint::{self, Layout};
use tunesmith_train::{Callback, Fitted, Outcome, Trainer, outputs_for};
use tunesmith_tuner::{Direction, Stop};

use crate::{Error, FixedRecipe, Goal, Kind, Recipe, threads};

use folder::write_folder;
pub use folder::{FOLDER, free_folder, metrics};
pub(crate) use folder::{check as check_folder, read_json};
pub use scores::Scores;

/// How a training is run, beyond the recipe.
#[derive(Debug, Default)]
pub struct RunOptions {
    /// Where the run folder goes; none is written without.
    pub out: Option<PathBuf>,
    /// Threads; 0 means one per core. The result does not depend on it.
    pub threads: usize,
    /// Who watches.
    pub callbacks: Vec<Box<dyn Callback>>,
    /// Who may end it.
    pub stop: Stop,
    /// The command, for the report.
    pub command: String,
    /// Now, as a date, for the report.
    pub when: Option<String>,
}

/// A finished training.
#[derive(Debug)]
pub struct Run {
    /// The recipe that was run.
    pub recipe: FixedRecipe,
    /// The model, its parameters and what was measured on the way.
    pub fitted: Fitted,
    /// Metrics by part: "train", "validation", "test".
    pub scores: Scores,
    /// What a person should know about the data, a sentence each.
    pub notes: Vec<String>,
    /// The run folder, if one was written.
    pub folder: Option<PathBuf>,
    /// The page's input, to be shown inside another.
    pub page: RunInput,
    /// How long it took.
    pub seconds: f64,
}

/// Hears only whether to stop.
pub(crate) struct Ear(pub(crate) Stop);

impl Reporter for Ear {
    fn report(&mut self, _step: u64, _value: f64) -> Flow {
        self.interrupted()
    }
    /// The running epoch is finished first.
    fn interrupted(&mut self) -> Flow {
        if self.0.is_set() { Flow::Pause } else { Flow::Continue }
    }
}

/// Trains the model of a recipe without ranges.
///
/// # Errors
/// When the recipe, the data or a file cannot be used; when the training diverges, with the epoch and the cure.
pub fn train(recipe: &Recipe, mut options: RunOptions) -> Result<Run, Error> {
    let fixed = recipe.fixed()?;
    let prepared = Arc::new(fixed.data.load(recipe.base())?);
    let fixed = fixed.for_task(prepared.train.task());
    let mut trainer = trainer(recipe, &fixed, &prepared)?;
    // Checked before anything is trained, and after everything that the recipe may have wrong.
    if let Some(out) = &options.out {
        check_folder(out)?;
    }
    for callback in std::mem::take(&mut options.callbacks) {
        trainer = trainer.callback(callback);
    }
    let goal = default_goal(&prepared);
    let mut ear = Ear(options.stop.clone());
    let fitted = threads::within(threads::count(options.threads), |par| {
        let trainer = trainer.parallel(par).map_err(|error| recipe.wrong(error))?;
        Ok::<_, Error>(trainer.fit(&mut ear))
    })??;
    if let Outcome::Diverged { .. } = fitted.outcome {
        return Err(Error::new(Kind::Training, fitted.outcome.to_string()).at(recipe.origin()));
    }
    finish(recipe, fixed, &prepared, fitted, &goal, &options, None)
}

/// What is looked at first when a recipe names no goal.
pub(crate) fn default_goal(prepared: &Prepared) -> Goal {
    match prepared.train.task() {
        tunesmith_data::Task::Classification { .. } => {
            Goal { metric: "accuracy".into(), direction: Direction::Maximize }
        }
        tunesmith_data::Task::Regression { .. } => {
            Goal { metric: "rmse".into(), direction: Direction::Minimize }
        }
    }
}

/// The model of a recipe for some data.
pub(crate) fn model(recipe: &Recipe, fixed: &FixedRecipe, prepared: &Prepared) -> Result<Sequential, Error> {
    let wrong = |error| recipe.wrong(error);
    let loss = find_loss(&fixed.training.loss, "training.loss").map_err(wrong)?;
    let outputs = outputs_for(&*loss, prepared.train.task());
    Sequential::from_plugs(&fixed.model.layers, prepared.train.sample_shape().to_vec(), Some(outputs))
        .map_err(wrong)
}

/// A trainer for a recipe; validation rows, where there are any, judge.
pub(crate) fn trainer(recipe: &Recipe, fixed: &FixedRecipe, prepared: &Prepared) -> Result<Trainer, Error> {
    let model = model(recipe, fixed, prepared)?;
    let validation = (!prepared.validation.is_empty()).then_some(&prepared.validation);
    let trainer = Trainer::new(&model, &fixed.training, &prepared.train, validation);
    let mut trainer = trainer.map_err(|error| recipe.wrong(error))?;
    let test = &prepared.test;
    model.check_named_samples(test.x(), test.feature_names()).map_err(|error| recipe.wrong(error))?;
    if !fixed.model.weights.is_empty() {
        let path = recipe.base().join(&fixed.model.weights);
        let layout = if fixed.model.weights_layout == "keras" { Layout::Keras } else { Layout::PyTorch };
        let weights = checkpoint::load_of(&path, &model, layout).map_err(|error| {
            let at = format!("{}: model.weights", recipe.origin());
            Error::new(Kind::File, error.to_string()).at(at)
        })?;
        trainer = trainer.starting_from(weights);
    }
    Ok(match scores::unit(&prepared.pipeline) {
        Some(unit) => trainer.in_unit(unit),
        None => trainer,
    })
}

/// Scores a trained model on all parts, makes its page, and writes the folder.
pub(crate) fn finish(
    recipe: &Recipe,
    fixed: FixedRecipe,
    prepared: &Prepared,
    fitted: Fitted,
    goal: &Goal,
    options: &RunOptions,
    study_page: Option<&dyn Fn(&RunInput) -> String>,
) -> Result<Run, Error> {
    let measured =
        scores::measure(&fixed.training, &fitted, prepared).map_err(|error| recipe.wrong(error))?;
    let mut notes = prepared.notes.clone();
    notes.extend(tunesmith_data::Batches::note(prepared.train.rows(), fixed.training.batch_size));
    let seconds = fitted.seconds;
    let page = page::input(recipe.name(), &fixed, prepared, &fitted, goal, &measured, options);
    let folder = match &options.out {
        None => None,
        Some(out) => {
            let html = study_page.map_or_else(|| tunesmith_report::run_page(&page), |make| make(&page));
            let stored = fixed.with_absolute_paths(recipe.base());
            write_folder(out, &stored, prepared, &fitted, &measured.scores, &html)?;
            Some(out.clone())
        }
    };
    Ok(Run { recipe: fixed, fitted, scores: measured.scores, notes, folder, page, seconds })
}

//! `Recipe`: one TOML file that says everything; any value in it may be a range.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tunesmith_core::{Describe, Search, Table, Value, Why, from_table, set, specs, to_table};
use tunesmith_data::{DataSection, Task};
use tunesmith_train::Training;

use crate::toml_text::inline;
use crate::{Error, Kind, ModelSection, Tuning};

/// The sections of a recipe that make a training.
const SECTIONS: [&str; 3] = [DataSection::NAME, ModelSection::NAME, Training::NAME];

/// A recipe: data, model, training and, for a search, tuning.
///
/// A recipe without ranges trains; one with ranges tunes.
///
/// ```
/// use tunesmith::Recipe;
/// let mut recipe = Recipe::parse("line", r#"
///     [data]
///     source = "diabetes"
///     [model]
///     layers = [{ dense = { units = "outputs" } }]
///     [training]
///     loss = "mse"
///     optimizer = { choice = ["sgd", "adam"] }
/// "#).unwrap();
/// assert_eq!(recipe.search().unwrap().space().len(), 3); // the choice, and a learning rate for each
/// recipe.set("training.optimizer=adam").unwrap();
/// assert_eq!(recipe.fixed().unwrap().training.optimizer.name, "adam");
/// ```
#[derive(Clone, Debug)]
pub struct Recipe {
    name: String,
    origin: String,
    base: PathBuf,
    root: Table,
}

impl Recipe {
    /// Reads a recipe from a file; relative paths in it start at the file's folder.
    ///
    /// # Errors
    /// When the file cannot be read or is not TOML.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Error::new(Kind::Usage, missing_file(path)).at(path.display().to_string())
            }
            _ => Error::file(path, error),
        })?;
        let name =
            path.file_stem().map_or_else(|| "recipe".into(), |stem| stem.to_string_lossy().into_owned());
        let mut recipe = Self::parse_at(&name, &text, &path.display().to_string())?;
        recipe.base = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Ok(recipe)
    }

    /// Reads a recipe from a text; relative paths in it start at the working folder.
    ///
    /// # Errors
    /// When the text is not TOML.
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        Self::parse_at(name, text, name)
    }

    fn parse_at(name: &str, text: &str, origin: &str) -> Result<Self, Error> {
        let root: Table = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or_else(String::new, |span| {
                let before = &text[..span.start.min(text.len())];
                let line = before.matches('\n').count() + 1;
                let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
                format!(":{line}:{column}")
            });
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            Error::new(Kind::Usage, format!("not TOML: {message}")).at(format!("{origin}{place}"))
        })?;
        Ok(Self { name: name.to_owned(), origin: origin.to_owned(), base: PathBuf::new(), root })
    }

    /// The recipe's name: its file's, without the ending.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it was read from, for messages.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The folder at which relative paths in it start.
    #[must_use]
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// Changes one value: `training.epochs=3`. The right side is TOML; what is not TOML is a text.
    ///
    /// # Errors
    /// When there is no `=`, or nothing can be set at that path.
    pub fn set(&mut self, assignment: &str) -> Result<(), Error> {
        let usage = |message: String| Error::new(Kind::Usage, message).at("--set");
        let Some((path, text)) = assignment.split_once('=') else {
            return Err(usage(format!(
                "`{assignment}` has no `=`, write key=value, such as training.epochs=10"
            )));
        };
        let wrapped = toml::from_str::<Table>(&format!("value = {text}"));
        let value = match wrapped {
            Ok(mut table) => table.remove("value").unwrap_or(Value::Null),
            Err(_) => Value::from(text.trim()),
        };
        set(&mut self.root, path.trim(), value).map_err(usage)
    }

    /// The ranges of the recipe, and the way back from a point to fixed settings.
    ///
    /// # Errors
    /// An unknown section or key, or a value or range that is not possible.
    pub fn search(&self) -> Result<Search, Error> {
        self.check_sections()?;
        if let Some(data) = self.section(DataSection::NAME)? {
            DataSection::check_written(data).map_err(|error| self.wrong(error))?;
        }
        let mut search = Search::new();
        let empty = Table::new();
        let mut read = |name: &str, specs: Vec<tunesmith_core::ParamSpec>| {
            search
                .read(name, self.section(name)?.unwrap_or(&empty), &specs)
                .map_err(|error| self.wrong(error))
        };
        read(DataSection::NAME, specs::<DataSection>())?;
        read(ModelSection::NAME, specs::<ModelSection>())?;
        read(Training::NAME, specs::<Training>())?;
        Ok(search)
    }

    /// The recipe with every value fixed.
    ///
    /// # Errors
    /// When something is not possible, or a range is left.
    pub fn fixed(&self) -> Result<FixedRecipe, Error> {
        let search = self.search()?;
        if let Some(dimension) = search.space().dimensions().first() {
            let why = format!(
                "a range stands where training needs one value: use `tunesmith tune`, or fix it with --set {}=...",
                dimension.key
            );
            return Err(Error::new(Kind::Usage, why).at(format!("{}: {}", self.origin, dimension.key)));
        }
        self.filled(&search.fill(&tunesmith_core::Params::new()))
    }

    /// The fixed recipe of filled sections (see [`Search::fill`]).
    ///
    /// # Errors
    /// When a rule between settings is broken.
    pub fn filled(&self, filled: &Table) -> Result<FixedRecipe, Error> {
        let fixed = FixedRecipe::from_sections(filled).map_err(|error| self.wrong(error))?;
        fixed.training.check().map_err(|error| self.wrong(error))?;
        Ok(fixed)
    }

    /// How the search is run.
    ///
    /// # Errors
    /// An unknown key or a value that is not possible.
    pub fn tuning(&self) -> Result<Tuning, Error> {
        let empty = Table::new();
        let table = self.section(Tuning::NAME)?.unwrap_or(&empty);
        let tuning: Tuning = from_table(table, Tuning::NAME).map_err(|error| self.wrong(error))?;
        tuning.goal().map_err(|error| self.wrong(error))?;
        Ok(tuning)
    }

    /// What a study is about: every fixed value by dotted key, ranges only as such. Trials of one study must share it,
    /// for their values to be comparable; ranges may change.
    pub(crate) fn subject(&self) -> BTreeMap<String, String> {
        fn walk(value: &Value, path: &str, out: &mut BTreeMap<String, String>) {
            match value {
                Value::Table(table)
                    if ["float", "int", "choice"].iter().any(|key| table.contains_key(*key)) =>
                {
                    out.insert(path.to_owned(), "a range".into());
                }
                Value::Table(table) => {
                    table.iter().for_each(|(key, value)| walk(value, &format!("{path}.{key}"), out))
                }
                Value::List(items) => {
                    items.iter().enumerate().for_each(|(i, value)| walk(value, &format!("{path}.{i}"), out));
                }
                other => {
                    out.insert(path.to_owned(), other.to_string());
                }
            }
        }
        let mut out = BTreeMap::new();
        for name in SECTIONS {
            if let Some(section) = self.root.get(name) {
                walk(section, name, &mut out);
            }
        }
        out
    }

    /// Whether the recipe itself says a value at a dotted path.
    pub(crate) fn says(&self, path: &str) -> bool {
        let (section, rest) = path.split_once('.').unwrap_or((path, ""));
        self.root.get(section).is_some_and(|section| section.at(rest).is_some())
    }

    /// Epochs of a trial, or the most of a range of them: what a progress bar counts to.
    #[must_use]
    pub fn epochs(&self) -> u64 {
        let written = self.root.get(Training::NAME).and_then(|section| section.at("epochs"));
        let most = |value: &Value| value.as_i64().or_else(|| value.at("int.1").and_then(Value::as_i64));
        written
            .and_then(most)
            .and_then(|n| u64::try_from(n).ok())
            .unwrap_or(Training::default().epochs as u64)
    }

    /// An error of this recipe.
    #[must_use]
    pub(crate) fn wrong(&self, error: tunesmith_core::Error) -> Error {
        Error::setting(&self.origin, error)
    }

    fn section(&self, name: &str) -> Result<Option<&Table>, Error> {
        match self.root.get(name) {
            None => Ok(None),
            Some(Value::Table(table)) => Ok(Some(table)),
            Some(other) => Err(self.wrong(tunesmith_core::Error::wrong_type(name, "a section", other))),
        }
    }

    fn check_sections(&self) -> Result<(), Error> {
        let known = SECTIONS.into_iter().chain([Tuning::NAME]);
        if let Some(key) = self.root.keys().find(|key| !known.clone().any(|name| name == key.as_str())) {
            return Err(self.wrong(tunesmith_core::Error::unknown_key("", key, known)));
        }
        for name in [DataSection::NAME, ModelSection::NAME] {
            if !self.root.contains_key(name) {
                let expected = format!("a section [{name}]");
                return Err(self.wrong(tunesmith_core::Error::new(name, Why::Missing { expected })));
            }
        }
        Ok(())
    }
}

fn missing_file(path: &Path) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names: Vec<String> = std::fs::read_dir(folder)
        .map(|entries| {
            let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
            names.filter(|name| name.ends_with(".toml")).collect()
        })
        .unwrap_or_default();
    let wanted = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match tunesmith_core::nearest(&wanted, names.iter().map(String::as_str)) {
        Some(near) => format!("no such recipe, did you mean `{}`?", folder.join(near).display()),
        None => "no such recipe".into(),
    }
}

/// A recipe in which every value is fixed: what one training needs.
#[derive(Clone, Debug)]
pub struct FixedRecipe {
    /// Where rows come from.
    pub data: DataSection,
    /// The network.
    pub model: ModelSection,
    /// How it is trained.
    pub training: Training,
    sections: Table,
}

impl FixedRecipe {
    fn from_sections(filled: &Table) -> Result<Self, tunesmith_core::Error> {
        let empty = Table::new();
        let section = |name: &str| filled.get(name).and_then(Value::as_table).unwrap_or(&empty);
        Ok(Self {
            data: from_table(section(DataSection::NAME), DataSection::NAME)?,
            model: from_table(section(ModelSection::NAME), ModelSection::NAME)?,
            training: from_table(section(Training::NAME), Training::NAME)?,
            sections: filled.clone(),
        })
    }

    /// The same with the loss that suits the task, where the recipe names none.
    pub(crate) fn for_task(self, task: Task) -> Self {
        let written = self.sections.get(Training::NAME).is_some_and(|section| section.at("loss").is_some());
        match task {
            _ if written => self,
            Task::Classification { .. } => self.with_training("loss", "cross_entropy"),
            Task::Regression { .. } => self.with_training("loss", "mse"),
        }
    }

    /// The same with paths of files that can be found from anywhere: a run folder does not lie where its recipe lay.
    pub(crate) fn with_absolute_paths(&self, base: &Path) -> Self {
        let mut fixed = self.clone();
        let absolute = |path: &str| {
            let found = base.join(path);
            let absolute = std::path::absolute(&found).unwrap_or(found);
            absolute.to_string_lossy().into_owned()
        };
        if !self.model.weights.is_empty() {
            fixed.model.weights = absolute(&self.model.weights);
            if let Some(Value::Table(model)) = fixed.sections.get_mut(ModelSection::NAME) {
                model.insert("weights".into(), Value::from(fixed.model.weights.as_str()));
            }
        }
        let Some(Value::Text(path)) = self.data.source.config.get("path") else { return fixed };
        fixed.data.source.config.insert("path".into(), Value::from(absolute(path)));
        if let Some(Value::Table(data)) = fixed.sections.get_mut(DataSection::NAME) {
            data.insert("source".into(), fixed.data.source.to_value());
        }
        fixed
    }

    /// The data section alone, as a text: two recipes with the same one have the same data.
    pub(crate) fn data_key(&self) -> String {
        Value::from(to_table(&self.data)).to_string()
    }

    /// The same with one setting of the training written out.
    #[must_use]
    pub fn with_training(mut self, key: &str, value: impl Into<Value>) -> Self {
        let section =
            self.sections.entry(Training::NAME.into()).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(section) = section {
            section.insert(key.to_owned(), value.into());
        }
        Self::from_sections(&self.sections).expect("a setting the caller knows to be possible")
    }

    /// The recipe as TOML, one setting a line.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        for name in SECTIONS {
            let Some(Value::Table(section)) = self.sections.get(name) else { continue };
            if section.is_empty() {
                continue;
            }
            out.push_str(&format!("{}[{name}]\n", if out.is_empty() { "" } else { "\n" }));
            for (key, value) in section {
                match value {
                    Value::List(items) if items.iter().any(|item| matches!(item, Value::Table(_))) => {
                        out.push_str(&format!("{key} = [\n"));
                        items.iter().for_each(|item| out.push_str(&format!("  {},\n", inline(item))));
                        out.push_str("]\n");
                    }
                    value => out.push_str(&format!("{key} = {}\n", inline(value))),
                }
            }
        }
        out
    }
}

//! `Table`: real trainings at every point of a grid, several seeds each.

use std::io::Read;
use std::sync::OnceLock;

use flate2::read::GzDecoder;
use tunesmith_core::{Domain, Generator, Params, Scale, Space, Value};
use tunesmith_tuner::analysis::statistics::quantile;

/// What a table is read from.
struct Source {
    name: &'static str,
    bytes: &'static [u8],
    /// The settings; a setting that is a choice, not an ordered grid, is marked.
    settings: &'static [(&'static str, Kind)],
    /// What the columns of results begin with, one column per seed.
    results: &'static str,
    /// Whether the results are accuracies, so that the loss is one minus them.
    accuracy: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Grid,
    Choice,
}

const SOURCES: [Source; 2] = [
    Source {
        name: "phoneme",
        bytes: include_bytes!("../data/hpobench_mlp_phoneme.csv.gz"),
        settings: &[
            ("alpha", Kind::Grid),
            ("batch_size", Kind::Grid),
            ("depth", Kind::Grid),
            ("learning_rate_init", Kind::Grid),
            ("width", Kind::Grid),
        ],
        results: "val_acc_s",
        accuracy: true,
    },
    Source {
        name: "protein",
        bytes: include_bytes!("../data/hpolib_fcnet_protein_structure.csv.gz"),
        settings: &[
            ("activation_fn_1", Kind::Choice),
            ("activation_fn_2", Kind::Choice),
            ("batch_size", Kind::Grid),
            ("dropout_1", Kind::Grid),
            ("dropout_2", Kind::Grid),
            ("init_lr", Kind::Grid),
            ("lr_schedule", Kind::Choice),
            ("n_units_1", Kind::Grid),
            ("n_units_2", Kind::Grid),
        ],
        results: "val_loss_s",
        accuracy: false,
    },
];

/// A table of real trainings: losses of every setting, one per seed.
///
/// An ordered grid is searched by the index of its value, as a whole number; what has no order is a choice.
///
/// ```
/// use tunesmith_judge::tables;
/// let phoneme = &tables()[0];
/// assert_eq!(phoneme.name(), "phoneme");
/// assert_eq!(phoneme.len(), 30_000);
/// ```
#[derive(Debug)]
pub struct Table {
    name: &'static str,
    columns: Vec<Column>,
    /// The losses of each setting, seeds side by side; the last setting changes fastest.
    losses: Vec<f64>,
    seeds: usize,
    best: f64,
    median: f64,
}

#[derive(Debug)]
struct Column {
    key: &'static str,
    levels: Vec<String>,
    ordered: bool,
}

/// The tables that come with the judge; they are read when first asked for.
#[must_use]
pub fn tables() -> &'static [Table] {
    static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let read = |source| Table::read(source).expect("the tables in data/ are whole");
        SOURCES.iter().map(read).collect()
    })
}

impl Table {
    fn read(source: &Source) -> Result<Self, String> {
        let mut text = String::new();
        GzDecoder::new(source.bytes).read_to_string(&mut text).map_err(|error| error.to_string())?;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| error.to_string())?.clone();
        let place = |wanted: &str| {
            header.iter().position(|name| name == wanted).ok_or_else(|| format!("no column {wanted}"))
        };
        let places: Vec<usize> =
            source.settings.iter().map(|(key, _)| place(key)).collect::<Result<_, _>>()?;
        let seeds: Vec<usize> =
            (0..header.len()).filter(|&i| header[i].starts_with(source.results)).collect();
        let rows: Vec<csv::StringRecord> =
            reader.records().collect::<Result<_, _>>().map_err(|error| error.to_string())?;
        let columns: Vec<Column> = source
            .settings
            .iter()
            .zip(&places)
            .map(|(&(key, kind), &place)| Column::of(key, kind, rows.iter().map(|row| &row[place])))
            .collect();
        let size: usize = columns.iter().map(|column| column.levels.len()).product();
        if rows.len() != size || seeds.is_empty() {
            return Err(format!("{}: {} rows instead of {size}", source.name, rows.len()));
        }
        let mut losses = vec![f64::NAN; size * seeds.len()];
        for row in &rows {
            let levels = columns.iter().zip(&places).map(|(column, &place)| column.level(&row[place]));
            let index = index(&columns, levels).ok_or("a level that is not in its column")?;
            for (i, &seed) in seeds.iter().enumerate() {
                let result: f64 = row[seed].parse().map_err(|_| format!("{:?} is no number", &row[seed]))?;
                losses[index * seeds.len() + i] = if source.accuracy { 1.0 - result } else { result };
            }
        }
        let seeds = seeds.len();
        let mut table = Self { name: source.name, columns, losses, seeds, best: f64::NAN, median: f64::NAN };
        let means: Vec<f64> = (0..size).map(|i| table.mean(i)).collect();
        (table.best, table.median) = (quantile(&means, 0.0), quantile(&means, 0.5));
        if table.losses.iter().any(|loss| !loss.is_finite()) {
            return Err(format!("{}: some settings are missing", source.name));
        }
        Ok(table)
    }

    /// The data set that was trained on.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How many settings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.losses.len() / self.seeds
    }

    /// Whether there is no setting.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.losses.is_empty()
    }

    /// The settings as dimensions.
    #[must_use]
    pub fn space(&self) -> Space {
        self.columns.iter().fold(Space::new(), |space, column| {
            let domain = if column.ordered {
                Domain::int(0, column.levels.len() as i64 - 1, Scale::Linear, 1)
            } else {
                Domain::choice(column.levels.iter().map(String::as_str))
            };
            space.with(column.key, domain.expect("a column has levels"))
        })
    }

    /// The loss of one seed, drawn at random.
    ///
    /// # Panics
    /// When the settings are not of the space.
    #[must_use]
    #[track_caller]
    pub fn observe(&self, params: &Params, generator: &mut Generator) -> f64 {
        self.losses[self.index(params) * self.seeds + generator.below(self.seeds)]
    }

    /// (mean over seeds - best mean) / (median - best mean).
    ///
    /// # Panics
    /// When the settings are not of the space.
    #[must_use]
    #[track_caller]
    pub fn regret(&self, params: &Params) -> f64 {
        (self.mean(self.index(params)) - self.best) / (self.median - self.best)
    }

    fn mean(&self, index: usize) -> f64 {
        self.losses[index * self.seeds..][..self.seeds].iter().sum::<f64>() / self.seeds as f64
    }

    #[track_caller]
    fn index(&self, params: &Params) -> usize {
        let levels = self.columns.iter().map(|column| match params.get(column.key)? {
            Value::Text(text) => column.level(text),
            number => usize::try_from(number.as_i64()?).ok(),
        });
        index(&self.columns, levels)
            .unwrap_or_else(|| panic!("{params:?} are no settings of the table {}", self.name))
    }
}

impl Column {
    fn of<'a>(key: &'static str, kind: Kind, cells: impl Iterator<Item = &'a str>) -> Self {
        let mut levels: Vec<String> = Vec::new();
        for cell in cells {
            if !levels.iter().any(|level| level == cell) {
                levels.push(cell.to_owned());
            }
        }
        let number = |level: &String| level.parse::<f64>().unwrap_or(f64::NAN);
        levels.sort_by(|a, b| number(a).total_cmp(&number(b)).then_with(|| a.cmp(b)));
        Self { key, levels, ordered: kind == Kind::Grid }
    }

    fn level(&self, text: &str) -> Option<usize> {
        self.levels.iter().position(|level| level == text)
    }
}

/// The row of these levels, the last column changing fastest.
fn index(columns: &[Column], levels: impl Iterator<Item = Option<usize>>) -> Option<usize> {
    columns.iter().zip(levels).try_fold(0, |index, (column, level)| {
        let level = level.filter(|&level| level < column.levels.len())?;
        Some(index * column.levels.len() + level)
    })
}

#[cfg(test)]
mod tests {
    use super::{Table, tables};
    use tunesmith_core::{Params, Seed};

    fn everywhere(table: &Table) -> Vec<(f64, f64)> {
        let space = table.space();
        let mut generator = Seed::new(1).generator();
        let random = |_| -> (f64, f64) {
            let params: Params = space.complete(|d| d.domain.place(generator.uniform()));
            (table.regret(&params), table.observe(&params, &mut generator))
        };
        (0..3000).map(random).collect()
    }

    #[test]
    fn the_tables_are_those_that_were_published() {
        // Best and median of the seeds' means, counted in the published files.
        let [phoneme, protein] = tables() else { panic!("two tables") };
        assert_eq!((phoneme.len(), phoneme.seeds, phoneme.space().len()), (30_000, 5, 5));
        assert!((1.0 - phoneme.best - 0.944_47).abs() < 1e-5, "{}", phoneme.best);
        assert!((1.0 - phoneme.median - 0.803_14).abs() < 1e-5, "{}", phoneme.median);
        assert_eq!((protein.len(), protein.seeds, protein.space().len()), (62_208, 4, 9));
        assert!((protein.best - 0.221_38).abs() < 1e-5, "{}", protein.best);
        assert!((protein.median - 0.400_38).abs() < 1e-5, "{}", protein.median);
    }

    #[test]
    fn regret_is_zero_at_the_best_and_one_at_the_median() {
        for table in tables() {
            let mut regrets: Vec<f64> = everywhere(table).into_iter().map(|(regret, _)| regret).collect();
            regrets.sort_by(f64::total_cmp);
            assert!(regrets[0] >= 0.0, "{}", table.name);
            let median = regrets[regrets.len() / 2];
            assert!((median - 1.0).abs() < 0.1, "{}: the median of random settings is {median}", table.name);
            let best = (0..table.len()).min_by(|&a, &b| table.mean(a).total_cmp(&table.mean(b)));
            assert_eq!(best.map(|best| table.mean(best)), Some(table.best), "{}", table.name);
        }
    }

    #[test]
    fn an_observation_is_the_loss_of_one_seed() {
        let table = &tables()[0];
        let params = table.space().complete(|d| d.domain.place(0.5));
        let row = &table.losses[table.index(&params) * table.seeds..][..table.seeds];
        let mut generator = Seed::new(2).generator();
        let observed: Vec<f64> = (0..200).map(|_| table.observe(&params, &mut generator)).collect();
        assert!(observed.iter().all(|loss| row.contains(loss)));
        assert!(row.iter().all(|loss| observed.contains(loss)), "every seed is drawn");
    }

    #[test]
    fn a_row_is_found_by_its_settings() {
        // The first rows of the published file: alpha, batch, depth and rate at their lowest, width at 16 and 25.
        let table = &tables()[0];
        let mut params = table.space().complete(|d| d.domain.place(0.0));
        let first = [0.74601, 0.69983, 0.7619, 0.73091, 0.69782].map(|accuracy| 1.0 - accuracy);
        assert_eq!(table.losses[table.index(&params) * 5..][..5], first);
        params.insert("width".to_owned(), 1_i64.into());
        let second = [0.74861, 0.71805, 0.7557, 0.7417, 0.72734].map(|accuracy| 1.0 - accuracy);
        assert_eq!(table.losses[table.index(&params) * 5..][..5], second);
    }
}

//! `Search`: a recipe that holds ranges, read into a space and a template that a trial's settings fill.

use std::collections::BTreeMap;

use crate::describe::{check_value, entries, is_range};
use crate::plug::meta;
use crate::range::known_keys;
use crate::registry::kind_of;
use crate::{
    Condition, Dimension, Domain, Error, ParamSpec, Params, Plug, Role, Shape, Space, Table, Test, Value, Why,
};

/// Settings in which any value may be a range: the space they span, and the way back from a point to fixed settings.
///
/// | written | searched |
/// |---|---|
/// | `{ float = [1e-5, 1e-1], scale = "log" }` | real numbers; `scale` is linear, log or reverse_log; `step` is possible |
/// | `{ int = [16, 256], scale = "log" }` | whole numbers |
/// | `{ float = [1e-5, 1e-1], scale = "log", around = 3e-4 }` | the same, and where good values are thought to lie |
/// | `{ choice = ["relu", "tanh"] }` | one of these; a plug-in among them brings its own default ranges |
/// | `"any"` where a plug-in stands | a choice of all of its kind that are sensible defaults, each with its ranges |
/// | `{ repeat = { int = [1, 3] }, layers = [...] }` | copies, each with dimensions of its own |
///
/// Ranges may stand inside the options of a choice and inside repeated lists; their dimensions then exist only under
/// that option, or from that copy on.
///
/// ```
/// use tunesmith_core::{Search, Param, Describe, Table, Value, specs};
/// #[derive(Clone, Debug, Default)]
/// struct Training { lr: f64, epochs: usize }
/// impl Describe for Training {
///     const NAME: &'static str = "training";
///     const ABOUT: &'static str = "how a model is trained";
///     const PARAMS: &'static [Param<Self>] = &[
///         Param::float("lr", 1e-5, 1.0, |s: &mut Self| &mut s.lr, "step size").log(),
///         Param::int("epochs", 1, 100, |s: &mut Self| &mut s.epochs, "passes over the data"),
///     ];
/// }
/// let json = r#"{"lr": {"float": [1e-4, 1e-1], "scale": "log"}, "epochs": 3}"#;
/// let Value::Table(table) = serde_json::from_str(json).unwrap() else { panic!() };
/// let mut search = Search::new();
/// search.read("training", &table, &specs::<Training>()).unwrap();
/// assert_eq!(search.space().dimensions()[0].key, "training.lr");
/// let fixed = search.fill(&search.space().complete(|d| d.domain.place(0.0)));
/// assert_eq!(fixed["training"].to_string(), "{epochs = 3, lr = 0.0001}");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Search {
    space: Space,
    root: BTreeMap<String, Template>,
}

/// A value with holes.
#[derive(Clone, Debug)]
enum Template {
    Fixed(Value),
    /// A dimension's value.
    Hole(String),
    /// The template of the chosen option.
    Choice(String, Vec<(Value, Template)>),
    /// A plug-in with templates for settings.
    Plug(String, BTreeMap<String, Template>),
    Table(BTreeMap<String, Template>),
    List(Vec<Template>),
    /// In a list: as many copies as the dimension says, or all, spliced into the list.
    Copies(Option<String>, Vec<Vec<Template>>),
}

impl Search {
    /// A search without dimensions.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The dimensions found so far.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Reads one section of a recipe, checking its fixed values and collecting its ranges.
    ///
    /// # Errors
    /// An unknown key, a fixed value or a range that the setting does not take.
    pub fn read(&mut self, section: &str, table: &Table, specs: &[ParamSpec]) -> Result<(), Error> {
        let template = self.table(table, specs, section, &[], false)?;
        self.root.insert(section.to_owned(), Template::Table(template));
        Ok(())
    }

    /// The fixed settings of one trial, by section.
    ///
    /// # Panics
    /// When the settings do not belong to the space (see [`Space::check`]).
    #[must_use]
    #[track_caller]
    pub fn fill(&self, params: &Params) -> Table {
        self.root.iter().map(|(section, template)| (section.clone(), fill(template, params))).collect()
    }

    /// The template of a table; with `defaults`, settings that are not written get their default ranges.
    fn table(
        &mut self,
        table: &Table,
        specs: &[ParamSpec],
        at: &str,
        when: &[Condition],
        defaults: bool,
    ) -> Result<BTreeMap<String, Template>, Error> {
        let written = entries(table, specs, at)?;
        let mut template = BTreeMap::new();
        for (index, spec) in specs.iter().enumerate() {
            let path = format!("{at}.{}", spec.name);
            let filled = match written.iter().find(|entry| entry.index == index) {
                Some(entry) => self.value(entry.value, spec, &path, when)?,
                None if defaults && spec.role == Role::Tune => self.default_range(spec, &path, when)?,
                None => continue,
            };
            insert(&mut template, spec.name, filled);
        }
        Ok(template)
    }

    fn value(
        &mut self,
        value: &Value,
        spec: &ParamSpec,
        path: &str,
        when: &[Condition],
    ) -> Result<Template, Error> {
        if let Some(range) = value.as_table().filter(|table| is_range(table)) {
            return self.range(range, spec, path, when);
        }
        match (spec.shape, value) {
            (Shape::Plug { kind } | Shape::OptionalPlug { kind }, Value::Text(any)) if any == ANY => {
                let options = usual(kind, path)?;
                self.choice(&[("choice".to_owned(), options)].into(), Some(kind), Some(spec), path, when)
            }
            (Shape::Plug { kind } | Shape::OptionalPlug { kind }, Value::Table(_)) => {
                let plug = Plug::parse(value, kind, path)?;
                self.plug(&plug, kind, path, when, false)
            }
            (Shape::Plugs { kind, .. }, Value::List(list)) => {
                let mut items = Vec::new();
                for (i, item) in list.iter().enumerate() {
                    items.push(self.listed(item, kind, &format!("{path}.{i}"), when, false)?);
                }
                Ok(Template::List(items))
            }
            _ => {
                check_value(value, spec, path)?;
                Ok(Template::Fixed(value.clone()))
            }
        }
    }

    fn plug(
        &mut self,
        plug: &Plug,
        kind: &str,
        path: &str,
        when: &[Condition],
        defaults: bool,
    ) -> Result<Template, Error> {
        let meta = meta(kind, &plug.name, path)?;
        let before = self.space.len();
        let at = format!("{path}.{}", plug.name);
        let specs = (meta.specs)();
        let settings = self.table(&plug.config, &specs, &at, when, defaults)?;
        self.begin_with_defaults(&specs, &Value::Table((meta.defaults)()), &at);
        if self.space.len() == before {
            plug.check(kind, path)?; // nothing is searched inside, so its own rules can be checked now
        }
        Ok(Template::Plug(plug.name.clone(), settings))
    }

    /// Lets the search of a plug-in's settings begin with its defaults, where the recipe says nothing else.
    fn begin_with_defaults(&mut self, specs: &[ParamSpec], defaults: &Value, at: &str) {
        for spec in specs {
            let key = format!("{at}.{}", spec.name);
            let Some(dimension) = self.space.dimension(&key) else { continue };
            let default = spec.name.split('.').try_fold(defaults, |table, name| table.as_table()?.get(name));
            let fits = default.filter(|default| dimension.domain.contains(default)).cloned();
            if let (None, Some(default)) = (self.space.around(&key), fits) {
                self.space.set_around(&key, default);
            }
        }
    }

    /// A plug-in in a list: it may be a choice, or repeat lists of its own.
    fn listed(
        &mut self,
        item: &Value,
        kind: &'static str,
        path: &str,
        when: &[Condition],
        defaults: bool,
    ) -> Result<Template, Error> {
        if let Some(range) = item.as_table().filter(|table| is_range(table)) {
            return self.choice(range, Some(kind), None, path, when);
        }
        let plug = Plug::parse(item, kind, path)?;
        let specs = (meta(kind, &plug.name, path)?.specs)();
        let repeated = specs.iter().find_map(|spec| match spec.shape {
            Shape::Plugs { kind, copies: Some(count) } => Some((spec, kind, count)),
            _ => None,
        });
        let Some((body, body_kind, count)) = repeated else {
            return self.plug(&plug, kind, path, when, defaults);
        };
        let (Some(times), Some(Value::List(items))) = (plug.config.get(count), plug.config.get(body.name))
        else {
            return self.plug(&plug, kind, path, when, defaults);
        };
        let count_spec =
            specs.iter().find(|spec| spec.name == count).expect("a repeated list names its count");
        let key = format!("{path}.{}.{count}", plug.name);
        let before = self.space.len();
        let counted = self.value(times, count_spec, &key, when)?;
        let searched = self.space.dimension(&key).is_some();
        let most = match (self.space.dimension(&key).map(|dimension| &dimension.domain), &counted) {
            (Some(Domain::Int { high, .. }), _) => Some(*high),
            (Some(Domain::Choice { options }), _) => options
                .iter()
                .map(Value::as_i64)
                .collect::<Option<Vec<_>>>()
                .and_then(|all| all.into_iter().max()),
            (None, Template::Fixed(value)) => value.as_i64(),
            _ => None,
        };
        let Some(most) = most else {
            let because =
                "a count is searched with { int = [low, high] } or a choice of whole numbers".into();
            return Err(Error::new(key, Why::BadRange { because }));
        };
        let mut copies = Vec::new();
        for copy in 1..=most {
            let mut when = when.to_vec();
            if searched {
                when.push(Condition { key: key.clone(), test: Test::AtLeast(copy) });
            }
            let mut list = Vec::new();
            for (i, item) in items.iter().enumerate() {
                let path = format!("{path}.copy{copy}.{i}");
                list.push(self.listed(item, body_kind, &path, &when, false)?);
            }
            copies.push(list);
        }
        if self.space.len() == before {
            return self.plug(&plug, kind, path, when, false); // nothing is searched: keep it as written
        }
        Ok(Template::Copies(searched.then_some(key), copies))
    }

    fn range(
        &mut self,
        range: &Table,
        spec: &ParamSpec,
        path: &str,
        when: &[Condition],
    ) -> Result<Template, Error> {
        let kind = if range.contains_key("float") {
            "float"
        } else if range.contains_key("int") {
            "int"
        } else {
            let plug = match spec.shape {
                Shape::Plug { kind } | Shape::OptionalPlug { kind } => Some(kind),
                _ => None,
            };
            return self.choice(range, plug, Some(spec), path, when);
        };
        let fits = match spec.shape {
            Shape::Float | Shape::OptionalFloat => kind == "float" || kind == "int",
            Shape::Int | Shape::OptionalInt | Shape::Count { .. } | Shape::Sizes { .. } => kind == "int",
            _ => false,
        };
        if !fits {
            let because = match spec.shape {
                Shape::Int | Shape::OptionalInt | Shape::Count { .. } | Shape::Sizes { .. } => {
                    "this is a whole number, search it with { int = [low, high] }"
                }
                _ => "this is not a number, search it with { choice = [...] }",
            };
            return Err(Error::new(path, Why::BadRange { because: because.into() }));
        }
        let mut range = range.clone();
        let around = range.remove("around");
        let domain = Domain::read(&range, path)?;
        if let Domain::Float { .. } | Domain::Int { .. } = domain {
            for u in [0.0, 1.0] {
                check_value(&domain.place(u), spec, path)?;
            }
        }
        let around = match around {
            Some(value) if !domain.contains(&value) => {
                let why = Why::OutOfRange { value: value.to_string(), allowed: domain.to_string() };
                return Err(Error::new(format!("{path}.around"), why));
            }
            around => around,
        };
        let hole = self.hole(path, domain, when);
        if let Some(value) = around {
            self.space.set_around(path, value);
        }
        Ok(hole)
    }

    fn choice(
        &mut self,
        range: &Table,
        plug_kind: Option<&'static str>,
        spec: Option<&ParamSpec>,
        path: &str,
        when: &[Condition],
    ) -> Result<Template, Error> {
        known_keys(range, &["choice"], path)?;
        let Some(Value::List(options)) = range.get("choice") else {
            let because = "write a choice as { choice = [\"one\", \"another\"] }".into();
            return Err(Error::new(path, Why::BadRange { because }));
        };
        let bad = |why| Error::new(path, why);
        let mut labels = Vec::new();
        for (i, option) in options.iter().enumerate() {
            let at = format!("{path}.choice.{i}");
            labels.push(match (plug_kind, option) {
                (Some(_), Value::Text(off)) if off == "off" && is_optional(spec) => Value::from("off"),
                (Some(kind), option) => Value::from(Plug::parse(option, kind, &at)?.name),
                (None, Value::Table(inner)) if is_range(inner) => Value::from("range"),
                (None, option) => {
                    if let Some(spec) = spec {
                        check_value(option, spec, &at)?;
                    }
                    option.clone()
                }
            });
        }
        let domain = Domain::choice(labels.clone()).map_err(bad)?;
        let single = labels.len() == 1;
        if !single {
            self.push(path, domain, when);
        }
        let mut branches = Vec::new();
        for (option, label) in options.iter().zip(labels) {
            let mut when = when.to_vec();
            if !single {
                when.push(Condition { key: path.to_owned(), test: Test::Is(label.clone()) });
            }
            let branch = match (plug_kind, option) {
                (Some(_), _) if label.as_str() == Some("off") => Template::Fixed(label.clone()),
                // Without a setting of its own it stands in a list, where an option may be several layers.
                (Some(kind), option) if spec.is_none() => self.listed(option, kind, path, &when, true)?,
                (Some(kind), option) => {
                    self.plug(&Plug::parse(option, kind, path)?, kind, path, &when, true)?
                }
                (None, Value::Table(inner)) if is_range(inner) => {
                    let spec = spec.expect("a choice without plug-ins belongs to a setting");
                    self.range(inner, spec, &format!("{path}.range"), &when)?
                }
                (None, option) => Template::Fixed(option.clone()),
            };
            if single {
                return Ok(branch);
            }
            branches.push((label, branch));
        }
        Ok(Template::Choice(path.to_owned(), branches))
    }

    /// The range a setting brings itself.
    fn default_range(&mut self, spec: &ParamSpec, path: &str, when: &[Condition]) -> Result<Template, Error> {
        let range = spec.range.expect("only numbers have the role Tune");
        let domain = match spec.shape {
            Shape::Int | Shape::OptionalInt | Shape::Count { .. } => {
                Domain::int(range.low as i64, range.high as i64, range.scale, 1)
            }
            _ => Domain::float(range.low, range.high, range.scale, None),
        }
        .map_err(|why| Error::new(path, why))?;
        if !matches!(spec.shape, Shape::OptionalFloat | Shape::OptionalInt) {
            return Ok(self.hole(path, domain, when));
        }
        // "Off" is a value of its own, never the end of a log range.
        self.push(path, Domain::choice(["off", "on"]).map_err(|why| Error::new(path, why))?, when);
        let mut on = when.to_vec();
        on.push(Condition { key: path.to_owned(), test: Test::Is(Value::from("on")) });
        let value = self.hole(&format!("{path}.value"), domain, &on);
        Ok(Template::Choice(
            path.to_owned(),
            vec![(Value::from("off"), Template::Fixed(Value::from("off"))), (Value::from("on"), value)],
        ))
    }

    fn hole(&mut self, path: &str, domain: Domain, when: &[Condition]) -> Template {
        self.push(path, domain, when);
        Template::Hole(path.to_owned())
    }

    fn push(&mut self, path: &str, domain: Domain, when: &[Condition]) {
        self.space.push(Dimension { key: path.to_owned(), domain, when: when.to_vec() });
    }
}

/// What stands for a choice of everything that is usual.
const ANY: &str = "any";

/// The names of the plug-ins of a kind that are sensible defaults.
fn usual(kind: &str, path: &str) -> Result<Value, Error> {
    let all = kind_of(kind).map(|kind| (kind.list)()).unwrap_or_default();
    let names: Vec<Value> =
        all.into_iter().filter(|meta| meta.usual).map(|meta| Value::from(meta.name)).collect();
    if names.is_empty() {
        let because = format!("no {kind} is marked as usual, write {{ choice = [...] }}");
        return Err(Error::new(path, Why::BadRange { because }));
    }
    Ok(Value::List(names))
}

fn is_optional(spec: Option<&ParamSpec>) -> bool {
    spec.is_some_and(|spec| matches!(spec.shape, Shape::OptionalPlug { .. }))
}

/// Puts a template at a dotted name.
fn insert(template: &mut BTreeMap<String, Template>, name: &str, value: Template) {
    match name.split_once('.') {
        None => {
            template.insert(name.to_owned(), value);
        }
        Some((head, rest)) => {
            let inner = template.entry(head.to_owned()).or_insert_with(|| Template::Table(BTreeMap::new()));
            if let Template::Table(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

#[track_caller]
fn fill(template: &Template, params: &Params) -> Value {
    let read = |key: &String| match params.get(key) {
        Some(value) => value,
        None => panic!("fill: the settings have no value for `{key}`"),
    };
    match template {
        Template::Fixed(value) => value.clone(),
        Template::Hole(key) => read(key).clone(),
        Template::Choice(key, options) => fill(chosen_option(key, options, params), params),
        Template::Plug(name, settings) => {
            let config = settings.iter().map(|(key, value)| (key.clone(), fill(value, params))).collect();
            Plug { name: name.clone(), config }.to_value()
        }
        Template::Table(table) => {
            Value::Table(table.iter().map(|(key, value)| (key.clone(), fill(value, params))).collect())
        }
        Template::List(items) => Value::List(fill_list(items, params)),
        Template::Copies(..) => unreachable!("copies stand in lists only"),
    }
}

#[track_caller]
fn fill_list(items: &[Template], params: &Params) -> Vec<Value> {
    items.iter().flat_map(|item| fill_item(item, params)).collect()
}

/// What one item of a list becomes: copies become several.
#[track_caller]
fn fill_item(item: &Template, params: &Params) -> Vec<Value> {
    match item {
        Template::Copies(key, copies) => {
            let chosen = key.as_ref().and_then(|key| params.get(key)).and_then(Value::as_i64);
            let count = chosen.map_or(copies.len(), |count| usize::try_from(count).unwrap_or(0));
            copies[..count.min(copies.len())].iter().flat_map(|copy| fill_list(copy, params)).collect()
        }
        Template::Choice(key, options) => fill_item(chosen_option(key, options, params), params),
        other => vec![fill(other, params)],
    }
}

#[track_caller]
fn chosen_option<'a>(key: &str, options: &'a [(Value, Template)], params: &Params) -> &'a Template {
    let Some(chosen) = params.get(key) else { panic!("fill: the settings have no value for `{key}`") };
    match options.iter().find(|(label, _)| label.same(chosen)) {
        Some((_, option)) => option,
        None => panic!("fill: `{key}` has no option {chosen}"),
    }
}

//! Models that are no chain: residuals, branches, tags, and a search over their depth.

use tunesmith_core::{Describe, Param, Plug, Search, Table, Value, from_table, specs};
use tunesmith_nn::{Mode, Sequential};

#[derive(Clone, Debug, Default)]
struct Model {
    layers: Vec<Plug>,
}

impl Describe for Model {
    const NAME: &'static str = "model";
    const ABOUT: &'static str = "a list of layers";
    const PARAMS: &'static [Param<Self>] =
        &[Param::plugs("layers", "layer", |s: &mut Self| &mut s.layers, "the layers")];
}

fn table(json: &str) -> Table {
    let Value::Table(table) = serde_json::from_str(json).unwrap() else { panic!("{json}") };
    table
}

fn model(json: &str, sample: &[usize]) -> Result<Sequential, String> {
    let section: Model = from_table(&table(json), "model").map_err(|error| error.to_string())?;
    Sequential::from_plugs(&section.layers, tunesmith_tensor::Shape::from(sample.to_vec()), Some(3))
        .map_err(|error| error.to_string())
}

#[test]
fn a_search_over_depth_reaches_into_residuals_and_branches() {
    let section = table(
        r#"{"layers": [
            {"repeat": {"int": [1, 3]}, "layers": [
                {"residual": {"layers": [{"dense": {"units": 6, "activation": {"choice": ["relu", "tanh"]}}}, "drop_path"]}},
                {"parallel": {"branches": [
                    {"sequential": {"layers": [{"dense": {"units": {"int": [2, 5]}}}, {"layer_norm": {}}]}},
                    "flatten"
                ]}},
                {"dense": {"units": 6}}
            ]},
            {"dense": {"units": "classes"}}
        ]}"#,
    );
    let mut search = Search::new();
    search.read("model", &section, &specs::<Model>()).unwrap();
    // The depth, and an activation and a width for each of three copies.
    assert_eq!(search.space().len(), 1 + 3 * 2, "{:?}", search.space());
    for u in [0.0, 0.5, 0.99] {
        let filled = search.fill(&search.space().complete(|dimension| dimension.domain.place(u)));
        let section: Model = from_table(filled["model"].as_table().unwrap(), "model").unwrap();
        let model = Sequential::from_plugs(&section.layers, [6], Some(3)).unwrap();
        assert_eq!(model.output_shape().dims(), [3]);
        let learnt = model.predict(&model.initial_params(1), &[0.5_f64; 12]);
        assert!(learnt.len() == 6 && learnt.iter().all(|x| x.is_finite()));
        assert_eq!(model.trace(4, Mode::Training).output.shape().dims(), [4, 3]);
    }
}

#[test]
fn a_flat_list_expresses_a_graph() {
    // Two inputs of one table: numbers through a dense layer, identifiers through a table of vectors.
    let model = model(
        r#"{"layers": [
            {"select": {"start": 1, "count": 2}}, {"dense": {"units": 4}}, {"tag": "wide"},
            {"select": {"start": 0, "count": 1}}, {"embedding": {"vocabulary": 5, "units": 3}}, "flatten",
            {"concatenate": {"with": ["wide"]}}, {"tag": "all"}, {"dense": {"units": 7}}, {"multiply": {"with": ["all"]}},
            {"dense": {"units": 1}}
        ]}"#,
        &[3],
    )
    .unwrap();
    let names: Vec<String> = model.params().into_iter().map(|param| param.name).collect();
    assert_eq!(names[..4], ["1.weight", "1.bias", "4.weight", "8.weight"]);
    assert_eq!(model.output_shape().dims(), [1]);
    assert_eq!(model.whole_columns()[0].columns, [0]);
    let error =
        model.check_named_samples(&[4.0_f32, 0.5, 0.5, 2.5, 0.5, 0.5], &["id".to_owned()]).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("row 1, column 0 (`id`) of the samples holds 2.5") && error.contains("model.layers.4"),
        "{error}"
    );
}

#[test]
fn what_cannot_be_is_said_with_its_cure() {
    let error = |json: &str, sample: &[usize]| model(json, sample).unwrap_err();
    for (json, sample, parts) in [
        (
            r#"{"layers": [{"residual": {"layers": [{"dense": {"units": 4}}]}}]}"#,
            vec![6],
            vec!["[1, 6]", "[1, 4]", "project = true"],
        ),
        (r#"{"layers": [{"tag": "skip"}, {"recall": "skp"}]}"#, vec![6], vec!["skp", "did you mean `skip`?"]),
        (
            r#"{"layers": [{"dense": {"units": 4}}, "embedding"]}"#,
            vec![6],
            vec!["model.layers.1", "columns of the model's input"],
        ),
        (r#"{"layers": [{"reshape": [4, -1]}]}"#, vec![6], vec!["[1, 6]", "[rows, 4, -1]"]),
        (r#"{"layers": [{"permute": {"axes": [2, 2]}}]}"#, vec![2, 3], vec!["axes 1 to 2"]),
        (
            r#"{"layers": [{"tag": "a"}, {"dense": {"units": 4}}, {"add": {"with": ["a"]}}]}"#,
            vec![6],
            vec!["[1, 4] and [1, 6]"],
        ),
        (r#"{"layers": [{"concatenate": {"axis": 2}}]}"#, vec![6], vec!["axis 2", "-1 for the last"]),
        (r#"{"layers": [{"group_norm": 4}]}"#, vec![6], vec!["6 channels", "4 groups"]),
        (r#"{"layers": [{"select": {"start": 4, "count": 3}}]}"#, vec![6], vec!["4 to 6", "has 6"]),
    ] {
        let said = error(json, &sample);
        assert!(parts.iter().all(|part| said.contains(part)), "{json}: {said}");
    }
}

#[test]
fn a_projection_makes_channels_and_units_fit() {
    let units =
        model(r#"{"layers": [{"residual": {"layers": [{"dense": {"units": 4}}], "project": true}}]}"#, &[6])
            .unwrap();
    assert_eq!(units.output_shape().dims(), [4]);
    assert_eq!(units.params()[2].name, "0.project.weight");
    // Two channels become one at every position: the mean of the channels beside their weighted sum.
    let channels = model(
        r#"{"layers": [{"residual": {"layers": [{"permute": [2, 3, 1]}, {"dense": {"units": 1}}, {"permute": [3, 1, 2]}], "project": true}}]}"#,
        &[2, 2, 2],
    )
    .unwrap();
    assert_eq!(channels.output_shape().dims(), [1, 2, 2]);
    let projection = &channels.params()[2];
    assert_eq!((projection.name.as_str(), projection.shape.dims()), ("0.project.weight", &[1, 2, 1, 1][..]));
    let slab = [0.5, 0.5, 0.0, 1.0, 10.0, 0.0];
    let found = channels.predict::<f64>(&slab, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    assert_eq!(found, [3.0 + 51.0, 4.0 + 62.0, 5.0 + 73.0, 6.0 + 84.0]);
}

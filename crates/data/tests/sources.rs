//! The built-in tables and image folders hold what their descriptions say.

mod support;

use std::path::Path;

use support::Folder;
use tunesmith_core::Plug;
use tunesmith_data::{Idx, Prepared, RawTarget, Source, Split, Task, conform, open_source};

#[test]
fn built_in_tables_have_their_published_sizes() {
    let classes = |classes| Task::Classification { classes };
    let expected = [
        ("digits", 1797, 64, classes(10)),
        ("iris", 150, 4, classes(3)),
        ("wine", 178, 13, classes(3)),
        ("breast_cancer", 569, 30, classes(2)),
        ("diabetes", 442, 10, Task::Regression { outputs: 1 }),
    ];
    for (name, rows, width, task) in expected {
        let raw = open_source(&Plug::new(name), "source").unwrap().open(Path::new("")).unwrap();
        assert_eq!((raw.rows(), raw.features.width(), raw.task()), (rows, width, task), "{name}");
        assert!(raw.notes.is_empty(), "{name}: {:?}", raw.notes);
    }
}

#[test]
fn digits_can_be_seen_as_images() {
    let plug = Plug::new("digits").with("shape", "image");
    let raw = open_source(&plug, "source").unwrap().open(Path::new("")).unwrap();
    let parts = Split::default().divide(&raw.target, None).unwrap();
    let data = Prepared::new(&raw, &parts, &[Plug::new("max_abs")], &[]).unwrap();
    assert_eq!((data.train.sample_shape(), data.train.width()), (&[1, 8, 8][..], 64));
}

#[test]
fn every_plug_in_of_this_crate_conforms() {
    assert_eq!(tunesmith_core::conform::check_all(), Vec::<String>::new());
    assert_eq!(conform::check_all(), Vec::<String>::new());
    for plug in [
        Plug::new("impute").with("indicator", true),
        Plug::new("impute").with("numeric", "mean").with("categorical", "constant"),
        Plug::new("impute").with("numeric", "most_frequent"),
        Plug::new("impute").with("numeric", "constant").with("value", 3.5),
        Plug::new("one_hot").with("drop_first", true),
        Plug::new("ordinal").with("levels", vec!["Bergen", "Oslo"]),
        Plug::new("min_max").with("low", -1.0).with("high", 2.0),
        Plug::new("standardize").with("columns", vec!["plain", "bytes"]),
    ] {
        assert_eq!(conform::check_prepare(&plug), Vec::<String>::new(), "{plug:?}");
    }
}

/// A file in IDX form of unsigned bytes.
fn idx(sizes: &[u32], content: impl IntoIterator<Item = u8>) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(content);
    bytes
}

#[test]
fn image_folders_hold_out_their_own_test_part() {
    let folder = Folder::new();
    folder.write("train-images-idx3-ubyte", idx(&[20, 2, 3], (0..120).map(|i| i as u8)));
    folder.write("train-labels-idx1-ubyte", idx(&[20], (0..20).map(|i| 3 + i % 2)));
    folder.write("t10k-images-idx3-ubyte", idx(&[4, 2, 3], (0..24).map(|i| 200 + i as u8)));
    folder.write("t10k-labels-idx1-ubyte", idx(&[4], [3, 4, 4, 3]));
    let source = Idx { path: ".".into(), ..Idx::default() };
    let raw = source.open(folder.path()).unwrap();
    assert_eq!(
        (raw.rows(), raw.held_out.clone(), raw.task()),
        (24, Some(20..24), Task::Classification { classes: 2 })
    );
    let RawTarget::Classes { names, .. } = &raw.target else { panic!() };
    assert_eq!(names[..], ["3", "4"]);

    let parts = Split::default().divide(&raw.target, raw.held_out.clone()).unwrap();
    assert_eq!((parts.train.len(), parts.validation.len(), &parts.test[..]), (16, 4, &[20, 21, 22, 23][..]));
    let data = Prepared::new(&raw, &parts, &[], &[]).unwrap();
    assert_eq!(data.test.sample_shape(), [1, 2, 3]);
    assert_eq!(data.test.row(0), [200.0, 201.0, 202.0, 203.0, 204.0, 205.0], "pixels stay in reading order");

    let new = source.open_new(&folder.path().join("t10k-images-idx3-ubyte"), data.pipeline.fields()).unwrap();
    assert_eq!(data.pipeline.apply(&new).unwrap(), data.test.x());
}

#[test]
fn bad_image_folders_are_one_line_with_the_file() {
    let folder = Folder::new();
    let source = Idx { path: ".".into(), ..Idx::default() };
    let open = || source.open(folder.path()).unwrap_err().to_string();
    assert!(
        open().ends_with(
            "train-images-idx3-ubyte: no such file; a relative path starts at the recipe's folder"
        )
    );
    folder.write("train-images-idx3-ubyte", b"P5 2 3 255");
    assert!(open().ends_with("train-images-idx3-ubyte: not an IDX file of unsigned bytes with 3 dimensions"));
    folder.write("train-images-idx3-ubyte", idx(&[2, 2, 2], 0..7));
    assert!(
        open().ends_with("announces [2, 2, 2] and holds 7 bytes; the file is truncated or empty"),
        "{}",
        open()
    );
    folder.write("train-images-idx3-ubyte", idx(&[2, 2, 2], 0..8));
    folder.write("train-labels-idx1-ubyte", idx(&[3], 0..3));
    assert!(open().ends_with("3 labels for 2 images; the files do not belong together"), "{}", open());
}

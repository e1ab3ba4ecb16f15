//! Pages are whole, safe, self-contained and the same for the same input.

mod made_up;
mod markup;

use std::sync::LazyLock;

use proptest::prelude::*;
use tunesmith_core::{Space, Value};
use tunesmith_report::{RaceInput, RaceRow, Reproduce, RunInput, StudyInput, findings, run_page, study_page};
use tunesmith_tuner::{Direction, TrialRecord, TrialState};

static SPACE: LazyLock<Space> = LazyLock::new(made_up::space);
static TRIALS: LazyLock<Vec<TrialRecord>> = LazyLock::new(|| made_up::trials(7, 50));

fn page() -> String {
    study_page(&made_up::study(&SPACE, &TRIALS))
}

#[test]
fn a_study_page_has_its_parts_in_order() {
    let page = page();
    markup::check_coordinates(&page);
    let mut last = 0;
    for id in
        ["findings", "history", "curves", "parallel", "slices", "best", "training", "trials", "reproduce"]
    {
        let at = page.find(&format!("<section id=\"{id}\">")).unwrap_or_else(|| panic!("no part {id}"));
        assert!(at > last, "{id} stands too early");
        last = at;
        assert!(page.contains(&format!("href=\"#{id}\"")), "{id} is not in the contents");
    }
    for said in
        ["layer 1, copy 1: units", "adam: learning rate", "tunesmith tune examples/digits.toml --seed 7"]
    {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn a_run_page_has_its_parts_in_order() {
    for run in [made_up::run(), made_up::regression()] {
        let page = run_page(&run);
        markup::check_coordinates(&page);
        let places: Vec<usize> = ["training", "recipe", "reproduce"]
            .iter()
            .map(|id| page.find(&format!("<section id=\"{id}\">")).unwrap_or_else(|| panic!("no part {id}")))
            .collect();
        assert!(places.is_sorted());
    }
}

#[test]
fn every_trial_of_the_study_is_in_its_table_with_its_message() {
    let page = page();
    for trial in TRIALS.iter() {
        assert!(page.contains(&format!("<tr data-t=\"{}\"", trial.number)), "trial {}", trial.number);
    }
    assert!(TRIALS.iter().any(|trial| trial.state == TrialState::Failed));
    assert!(
        page.contains("a row of the batch holds text where a number should be: &quot;n/a&quot; (row 1204)")
    );
}

#[test]
fn every_picture_is_described_and_backed_by_numbers() {
    for page in [page(), run_page(&made_up::run()), run_page(&made_up::regression())] {
        let tags = markup::tags(&page);
        let pictures =
            tags.iter().filter(|tag| tag.name == "svg" && tag.attribute("role") == Some("img")).count();
        assert_eq!(tags.iter().filter(|tag| tag.name == "desc").count(), pictures);
        assert!(pictures > 0);
    }
    for section in page().split("<section ").skip(1).filter(|section| section.contains("role=\"img\"")) {
        assert!(section.contains("<table"), "{section:.60}");
    }
}

#[test]
fn a_page_fetches_nothing() {
    let page = page() + &run_page(&made_up::run());
    for tag in markup::tags(&page) {
        assert!(
            !["link", "img", "iframe", "object", "embed", "base", "form"].contains(&tag.name.as_str()),
            "{tag:?}"
        );
        for name in ["src", "srcset", "action", "xlink:href"] {
            assert_eq!(tag.attribute(name), None, "{tag:?}");
        }
        assert!(tag.attribute("href").is_none_or(|href| href.starts_with('#')), "{tag:?}");
    }
    assert!(page.contains("default-src 'none'"));
    for fetching in ["http://", "https://", "url(", "@import", "fetch(", "XMLHttpRequest", "import("] {
        assert!(!page.contains(fetching), "{fetching}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_and_a_small_file() {
    assert_eq!(page(), page());
    assert!(page().len() < 220_000, "{} bytes", page().len());
}

#[test]
fn the_order_of_trials_does_not_change_the_findings() {
    let mut turned = TRIALS.clone();
    turned.reverse();
    let of = |trials: &[TrialRecord]| findings::of_study(&made_up::study(&SPACE, trials));
    assert_eq!(of(&TRIALS), of(&turned));
}

/// The page without what the crate itself put there: style and script.
fn visible(page: &str) -> String {
    let mut out = page.to_owned();
    for name in ["style", "script"] {
        while let (Some(start), Some(end)) = (out.find(&format!("<{name}>")), out.find(&format!("</{name}>")))
        {
            out.replace_range(start..end + name.len() + 3, "");
        }
    }
    out
}

fn check_hostile(text: &str) {
    let (space, trials) = made_up::hostile(text);
    let mut input = StudyInput::new(text, text, Direction::Maximize, &space, &trials);
    input.step = text;
    let mut run: RunInput = made_up::run();
    for place in [&mut run.title, &mut run.metric, &mut run.recipe_toml] {
        *place = text.to_owned();
    }
    run.scores = [(text.to_owned(), [(text.to_owned(), 0.5)].into())].into();
    run.summary.head = vec![text.to_owned()];
    run.summary.rows = vec![vec![text.to_owned()]];
    run.summary.notes = vec![text.to_owned()];
    run.history.iter_mut().for_each(|row| row.values = [(format!("train_{text}"), 0.5)].into());
    let confusion = run.confusion.as_mut().expect("made up with one");
    confusion.labels = vec![text.to_owned(); 10];
    confusion.part = text.to_owned();
    run.reproduce = Reproduce {
        command: text.to_owned(),
        seed: Some(1),
        versions: vec![(text.to_owned(), text.to_owned())],
        data: Some(text.to_owned()),
        when: Some(text.to_owned()),
    };
    let alone = visible(&run_page(&run));
    input.winner = Some(run);
    let whole = visible(&study_page(&input));
    for page in [whole, alone] {
        for tag in markup::tags(&page) {
            assert!(!["b2", "script", "img", "style"].contains(&tag.name.as_str()), "{tag:?}");
            assert!(tag.attributes.iter().all(|(name, _)| !name.starts_with("on")), "{tag:?}");
        }
    }
}

#[test]
fn names_recipes_and_messages_cannot_become_markup() {
    for text in [
        "<script>alert(1)</script>",
        "</title></style></script><img src=x onerror=alert(1)>",
        "\" onmouseover=\"alert(1)",
        "' autofocus onfocus='alert(1)",
        "<b2>&amp;&lt;",
        "a`<b2>`c",
        "]]><!--",
        "\u{0}\u{1b}[31m\u{202e}evil",
        "",
        "näive 数据 🦀",
        "a.b.c..d",
    ] {
        check_hostile(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_text_at_all_becomes_markup(text in "[<>&\"'`/=a-z \\PC]{0,24}") {
        check_hostile(&text);
    }
}

#[test]
fn an_empty_study_has_a_page() {
    let space = Space::new();
    for trials in [vec![], vec![TrialRecord::new(0)]] {
        let page = study_page(&StudyInput::new("empty", "loss", Direction::Minimize, &space, &trials));
        markup::check_coordinates(&page);
        assert!(page.contains("No trial has completed yet."));
    }
    markup::check_coordinates(&run_page(&RunInput::default()));
}

#[test]
fn ten_thousand_trials_make_a_page_that_opens() {
    let trials: Vec<TrialRecord> = (0..10_000)
        .map(|number| {
            let mut trial = TRIALS[number as usize % TRIALS.len()].clone();
            trial.number = number;
            trial
        })
        .collect();
    let page = study_page(&made_up::study(&SPACE, &trials));
    markup::check_coordinates(&page);
    assert!(
        page.contains("more are in the study&#39;s storage")
            || page.contains("more are in the study's storage")
    );
    assert!(page.len() < 8_000_000, "{} bytes", page.len());
}

/// What a reader sees, apart from cells of tables.
fn sentences(page: &str) -> String {
    let mut out = visible(page);
    for name in ["td", "svg"] {
        while let Some(start) = out.find(&format!("<{name}")) {
            let end = out[start..].find(&format!("</{name}>")).expect("tags are closed");
            out.replace_range(start..start + end + name.len() + 3, "");
        }
    }
    out.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect()
}

#[test]
fn people_read_stopped_early_and_only_the_state_column_says_pruned() {
    let page = page();
    let said = sentences(&page);
    let pruned = TRIALS.iter().filter(|trial| trial.state == TrialState::Pruned).count();
    for sentence in [
        format!(" complete, {pruned} stopped early"),
        format!("{pruned} of 50 trials were stopped early"),
        format!("{pruned} stopped early, at their last values"),
    ] {
        assert!(said.contains(&sentence), "{sentence}");
    }
    // The one sentence that explains the word of the column.
    assert_eq!(said.matches("pruned").count(), 1);
    assert!(said.contains("A pruned trial was stopped early; its value is its last."));
    assert!(page.contains("<td>pruned</td>"));
    for unproven in ["worth finishing", "Keep it"] {
        assert!(!said.contains(unproven), "{unproven}");
    }
}

#[test]
fn the_heading_over_the_findings_fits_them() {
    let space = Space::new();
    let trial = |number, value| {
        let mut trial = TrialRecord::new(number);
        (trial.state, trial.value) = (TrialState::Complete, Some(value));
        trial
    };
    let trials = [trial(0, 0.5), trial(1, 0.5)];
    let mut input = StudyInput::new("s", "loss", Direction::Minimize, &space, &trials);
    input.seed_noise = Some(0.1);
    assert!(findings::of_study(&input).iter().all(|f| f.severity == findings::Severity::Info));
    let page = study_page(&input);
    assert!(page.contains("<h2>What the search tells</h2><ol class=\"findings\">"));
    assert!(!page.contains("Nothing needs"));
    assert!(self::page().contains("things to do next</h2><ol class=\"findings\">"));
}

#[test]
fn sentences_speak_of_the_best_trial_that_ran_to_the_end() {
    // A stopped trial whose last value is better than all that complete ones came to.
    let mut trials = TRIALS.clone();
    let stopped = trials.iter_mut().find(|trial| trial.state == TrialState::Pruned).expect("there are some");
    stopped.value = Some(0.9991);
    let number = stopped.number;
    let input = made_up::study(&SPACE, &trials);
    let page = study_page(&input);
    assert!(!sentences(&page).contains("0.9991"));
    let best = input.best().expect("some are complete").number;
    assert!(page.contains(&format!("Trial {best} of 50 reached the best value")));
    let drawn = markup::tags(&page);
    let strongest = drawn.iter().filter(|tag| {
        tag.attribute("class").is_some_and(|class| class.starts_with("path") && class.contains("best"))
    });
    for line in strongest {
        assert_eq!(line.attribute("data-t"), Some(best.to_string().as_str()));
        assert_ne!(line.attribute("data-t"), Some(number.to_string().as_str()));
    }
}

#[test]
fn a_time_that_nobody_measured_has_no_tile() {
    let timed = |seconds: f64| {
        let mut input = made_up::study(&SPACE, &TRIALS);
        input.seconds = seconds;
        let run = RunInput { seconds, ..made_up::run() };
        [study_page(&input), run_page(&run)].map(|page| page.contains("<dt>time</dt>"))
    };
    for seconds in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(timed(seconds), [false; 2], "{seconds}");
    }
    assert_eq!(timed(0.012), [true; 2]);
}

/// The texts of the page's blocks to copy, as a reader copies them.
fn blocks(page: &str) -> Vec<String> {
    let inside = |block: &str| -> Option<String> { Some(block.split_once("</code></pre>")?.0.to_owned()) };
    let texts = page.split("<div class=\"code\"><pre tabindex=\"0\"><code>").skip(1).filter_map(inside);
    let signs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    texts.map(|text| signs.iter().fold(text, |text, (code, sign)| text.replace(code, sign))).collect()
}

#[test]
fn commands_and_recipes_are_shown_as_given_and_wrap() {
    let run = made_up::constant();
    let page = run_page(&run);
    let blocks = blocks(&page);
    // To the last character: a space that a backslash keeps is part of the command.
    assert_eq!(blocks.last().map(String::as_str), Some(made_up::COMMAND));
    assert!(blocks.contains(&run.recipe_toml.trim_end().to_owned()));
    let style = &page[page.find("<style>").unwrap()..page.find("</style>").unwrap()];
    let pre = style.split("\npre {").nth(1).unwrap().split_once('}').unwrap().0;
    assert!(pre.contains("white-space: pre-wrap") && pre.contains("overflow-wrap: anywhere"), "{pre}");
    assert!(!style.contains("white-space: pre;"));
}

#[test]
fn a_constant_classifier_is_told_of_first() {
    let page = run_page(&made_up::constant());
    let first = page.find("<li class=\"error\" data-id=\"constant\">").expect("is told");
    assert_eq!(page.find("<li class="), Some(first));
    assert!(page.contains("no better than always answering benign"));
    assert!(page.matches(">malignant</text>").count() == 2);
}

#[test]
fn findings_read_as_text_and_as_values() {
    let found = findings::of_study(&made_up::study(&SPACE, &TRIALS));
    assert!(found.windows(2).all(|pair| pair[0].severity >= pair[1].severity));
    assert!(found.iter().any(|finding| finding.id == "pruning"));
    let text = findings::to_text(&found);
    for finding in &found {
        assert!(text.contains(&finding.sentence.replace('\u{a0}', " ")));
        let value = Value::from(finding);
        assert_eq!(value.at("id"), Some(&Value::from(finding.id)));
        assert_eq!(value.at("sentence").and_then(Value::as_str), Some(finding.sentence.as_str()));
    }
    assert!(text.is_ascii() || !text.contains('\u{a0}'));
}

#[test]
fn a_race_says_how_sure_its_winner_is() {
    let trials = TRIALS.clone();
    let mut input = made_up::study(&SPACE, &trials);
    let row = |trial, is_default, leads, mean: f64| RaceRow {
        trial,
        is_default,
        leads,
        mean,
        low: mean - 0.01,
        high: mean + 0.01,
        runs: 3,
        search_value: Some(mean + 0.005),
        p_value: 0.0004,
    };
    let race = |better_than_default: bool, leader_is_default: bool| RaceInput {
        rows: vec![row(Some(7), false, !leader_is_default, 0.97), row(Some(0), true, leader_is_default, 0.9)],
        p_value_against_default: 0.0123,
        better_than_default,
        optimism: Some(0.005),
    };
    input.chosen = Some(7);
    input.race = Some(race(true, false));
    let page = study_page(&input);
    assert!(page.contains("Trial 7 leads with"), "the leader is named");
    assert!(page.contains("beyond chance (p = 0.012)"), "how sure it is");
    assert!(page.contains("below 0.001") && page.contains("the default settings (trial 0)"));
    input.race = Some(race(false, false));
    assert!(study_page(&input).contains("not significantly better than the default settings"));
    input.race = Some(race(false, true));
    assert!(study_page(&input).contains("The default settings lead"));
}

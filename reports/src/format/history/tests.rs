//! Every format on the shared history, and that none passes on what could harm its reader.

use super::{json::JsonHistory, *};
use crate::format::html::{
    browser::visit,
    shell::{assert_closed, redacted},
};
use proptest::prelude::*;

const TEXTS: [Format; 4] = [Format::Terminal, Format::Json, Format::Markdown, Format::Html];

fn shown(format: Format, history: &History) -> String {
    let options = FormatOptions { width: Some(140), ..FormatOptions::default() };
    render_history(format, history, &options).unwrap()
}

#[test]
fn terminal() {
    insta::assert_snapshot!(shown(Format::Terminal, &fixtures::four()));
}

#[test]
fn terminal_in_colour() {
    let options = FormatOptions { width: Some(100), colour: true, ..FormatOptions::default() };
    let text = render_history(Format::Terminal, &fixtures::four(), &options).unwrap();
    insta::assert_snapshot!(text.replace('\u{1b}', "␛"));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(shown(Format::Markdown, &fixtures::four()));
}

#[test]
fn json() {
    insta::assert_snapshot!(shown(Format::Json, &fixtures::four()));
}

#[test]
fn page() {
    let page = shown(Format::Html, &fixtures::four());
    assert_closed(&page, &page::SHELL);
    insta::assert_snapshot!(redacted(&page, &page::SHELL));
}

#[test]
fn the_json_is_read_back_as_it_was() {
    let read: JsonHistory = serde_json::from_str(&shown(Format::Json, &fixtures::four())).unwrap();
    assert_eq!(read.history, fixtures::four());
}

#[test]
fn a_trend_is_no_test_suite() {
    let error = render_history(Format::Junit, &fixtures::four(), &FormatOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a history cannot be written as junit; it can as terminal, json, markdown or html"
    );
}

#[test]
fn a_long_history_is_shortened_visibly() {
    let mut history = fixtures::four();
    let version = history.versions[2].clone();
    history.versions.extend(std::iter::repeat_n(version, 40));
    for trend in &mut history.metrics {
        let point = trend.points[2].clone();
        trend.points.extend(std::iter::repeat_n(point, 40));
    }
    let trend = history.metrics[0].clone();
    history.metrics.extend(std::iter::repeat_n(trend, 300));
    let text = shown(Format::Markdown, &history);
    assert!(text.chars().count() < 65_536, "{}", text.len());
    assert!(text.contains("left out here for their length"));
    assert!(text.contains("earlier versions are in the folds only"));
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

#[test]
fn filters_and_keys_of_the_page_work() {
    let act = r#"
        const shown = () => document.querySelectorAll(".trend:not([hidden])").length;
        see(shown()); press("j"); see(document.activeElement.id);
        press("c"); see(shown()); press("c");
        pick($("family"), "register"); see(shown());
        document.querySelector('button[type="reset"]').click(); await pause(); see(shown());
        press("/"); see(document.activeElement.id); await type($("query"), "request/"); see(shown());
        see(document.querySelectorAll("img, i").length);
    "#;
    let Some(found) = visit(&shown(Format::Html, &fixtures::four()), "", act) else { return };
    assert_eq!(found.seen, ["3", "metric-grounding.request/rate", "1", "1", "3", "query", "1", "0"]);
}

fn is_harmful(character: char) -> bool {
    let control = character.is_control() && character != '\n' && character != '\t';
    control || matches!(character, '\u{202a}'..='\u{202e}' | '\u{ffff}')
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_names_say_every_format_renders_them_harmless(text in any::<String>()) {
        let mut history = fixtures::four();
        for version in &mut history.versions {
            version.side.name.clone_from(&text);
            version.side.engine.device.clone_from(&text);
        }
        for trend in &mut history.metrics {
            (trend.probe, trend.metric) = (text.clone(), text.clone());
        }
        for format in TEXTS {
            let report = shown(format, &history);
            let found = report.chars().find(|c| is_harmful(*c) && !(format == Format::Json && *c >= ' '));
            prop_assert_eq!(found, None, "in {}", format);
        }
        let page = shown(Format::Html, &history);
        assert_closed(&page, &page::SHELL);
    }
}

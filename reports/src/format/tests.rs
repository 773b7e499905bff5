//! Every format on the shared fixtures, and that no format passes on what could harm its reader.

use super::{Format, FormatOptions, fixtures, render};
use proptest::prelude::*;

fn shown(format: Format, fixture: &fixtures::Fixture) -> String {
    let options = FormatOptions { width: Some(100), ..FormatOptions::default() };
    render(format, &fixture.report(), &options).unwrap()
}

macro_rules! snapshots {
    ($($name:ident: $format:ident of $fixture:ident,)*) => {
        $(#[test]
        fn $name() {
            insta::assert_snapshot!(shown(Format::$format, &fixtures::$fixture()));
        })*
    };
}

snapshots! {
    terminal_passing: Terminal of passing,
    terminal_everything: Terminal of everything,
    terminal_dead: Terminal of dead,
    json_everything: Json of everything,
    junit_passing: Junit of passing,
    junit_everything: Junit of everything,
    junit_dead: Junit of dead,
    markdown_passing: Markdown of passing,
    markdown_everything: Markdown of everything,
    markdown_dead: Markdown of dead,
}

#[test]
fn terminal_in_colour() {
    let options = FormatOptions { width: Some(80), colour: true, ..FormatOptions::default() };
    let text = render(Format::Terminal, &fixtures::everything().report(), &options).unwrap();
    insta::assert_snapshot!(text.replace('\u{1b}', "␛"));
}

#[test]
fn the_page_around_its_style_and_script() {
    let page = shown(Format::Html, &fixtures::everything());
    insta::assert_snapshot!("html_everything", super::html::shell::redacted(&page, &super::html::SHELL));
}

#[test]
fn no_format_lets_a_control_character_or_an_override_through() {
    for format in Format::ALL {
        let text = shown(format, &fixtures::everything());
        let harmful = |c: &char| {
            (c.is_control() && *c != '\n' && *c != '\t') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{ffff}')
        };
        // JSON escapes control characters; what is left is data for programs, not for terminals.
        let found = text.chars().find(|c| harmful(c) && !(format == Format::Json && *c >= ' '));
        assert_eq!(found, None, "in {format}");
    }
}

#[test]
fn names_are_read_back() {
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
    }
    assert!("pdf".parse::<Format>().unwrap_err().contains("junit"));
}

#[test]
fn the_json_report_is_read_back() {
    let fixture = fixtures::everything();
    let report: super::json::JsonReport = serde_json::from_str(&shown(Format::Json, &fixture)).unwrap();
    assert_eq!(report.summary.verdict, fixture.summary.verdict);
    assert_eq!(report.trials.len(), fixture.record.trials.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_a_model_says_every_format_renders(text in any::<String>()) {
        let mut fixture = fixtures::everything();
        for trial in &mut fixture.record.trials {
            trial.transcript.turns.push(scorers::Turn::generated("reply", text.clone()));
        }
        fixture.digest(Default::default());
        for format in Format::ALL {
            let report = shown(format, &fixture);
            prop_assert!(!report.contains('\x1b'), "an escape sequence");
            if format == Format::Html {
                // The page's own elements and no other: what is said cannot open or close one.
                prop_assert_eq!(report.matches("<script").count(), 2);
                prop_assert_eq!(report.matches("</script").count(), 2);
            }
        }
    }
}

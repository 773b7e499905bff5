//! Every format on the shared comparisons, and that none passes on what could harm its reader.

use super::{json::JsonComparison, *};
use crate::compare::{GateVerdict, GatedResult};
use proptest::prelude::*;

const TEXTS: [Format; 5] = Format::ALL;

fn shown(format: Format, (comparison, gate): &(Comparison, Option<GateOutcome>)) -> String {
    let options = FormatOptions { width: Some(140), ..FormatOptions::default() };
    render_comparison(format, comparison, gate.as_ref(), &options).unwrap()
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
    terminal_stopped: Terminal of stopped,
    terminal_passed: Terminal of passed,
    terminal_ungated: Terminal of ungated,
    terminal_refused: Terminal of refused,
    markdown_stopped: Markdown of stopped,
    markdown_passed: Markdown of passed,
    markdown_ungated: Markdown of ungated,
    markdown_refused: Markdown of refused,
    junit_stopped: Junit of stopped,
    junit_ungated: Junit of ungated,
    junit_refused: Junit of refused,
    json_stopped: Json of stopped,
}

#[test]
fn terminal_in_colour() {
    let (comparison, gate) = fixtures::stopped();
    let options = FormatOptions { width: Some(100), colour: true, ..FormatOptions::default() };
    let text = render_comparison(Format::Terminal, &comparison, gate.as_ref(), &options).unwrap();
    insta::assert_snapshot!(text.replace('\u{1b}', "␛"));
}

#[test]
fn markdown_with_links() {
    let (comparison, gate) = fixtures::stopped();
    let link = Some("https://ci.example/runs/7/compare (1).html#top".to_owned());
    let options = FormatOptions { link, ..FormatOptions::default() };
    insta::assert_snapshot!(
        render_comparison(Format::Markdown, &comparison, gate.as_ref(), &options).unwrap()
    );
}

#[test]
fn links_lead_into_the_page() {
    let (comparison, gate) = fixtures::stopped();
    let options = FormatOptions { link: Some("compare.html".to_owned()), ..FormatOptions::default() };
    let text = render_comparison(Format::Markdown, &comparison, gate.as_ref(), &options).unwrap();
    let page =
        render_comparison_page(&comparison, gate.as_ref(), &page::fixtures::shown_transcripts(), &options)
            .unwrap();
    // The template engine writes a slash as an entity.
    let page = page.replace("&#x2f;", "/");
    let anchors: Vec<&str> = text
        .split("](compare.html#metric-")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(anchor, _)| anchor)
        .collect();
    assert_eq!(anchors.len(), 9, "every row of every metric leads there");
    for anchor in anchors {
        assert!(page.contains(&format!("id=\"metric-{anchor}\"")), "{anchor}");
    }
}

#[test]
fn the_json_is_read_back_as_it_was() {
    let fixture = fixtures::refused();
    let read: JsonComparison = serde_json::from_str(&shown(Format::Json, &fixture)).unwrap();
    // The numbers of the fixtures have no more than six digits, so that rounding leaves them alone.
    assert_eq!((read.comparison, read.gate), fixture);
}

#[test]
fn json_rounds_what_a_processor_may_round_otherwise() {
    let (mut comparison, _) = fixtures::ungated();
    comparison.settings.level = 0.1 + 0.2;
    comparison.settings.power = -0.0;
    let text = shown(Format::Json, &(comparison, None));
    assert!(text.contains("\"level\": 0.3,") && text.contains("\"power\": 0.0,"), "{text}");
}

#[test]
fn two_heads_of_one_name_keep_what_the_gate_said_of_each() {
    let (mut comparison, gate) = fixtures::stopped();
    let mut gate = gate.unwrap();
    comparison.heads.push(comparison.heads[0].clone());
    let mut second = gate.metrics.clone();
    second[0].result = GatedResult::Passed;
    gate.metrics.extend(second);
    let key = ("grounding.request", "rate");
    let found: Vec<GatedResult> =
        heads(&comparison, Some(&gate)).map(|(_, gated)| gated[&key].result).collect();
    assert_eq!(found, [GatedResult::Regressed, GatedResult::Passed]);
}

#[test]
fn a_comment_stays_below_the_size_that_is_accepted() {
    let (mut comparison, gate) = fixtures::stopped();
    let probe = comparison.heads[0].probes[0].clone();
    comparison.heads[0].probes.extend((0..500).map(|place| {
        let mut probe = probe.clone();
        probe.id = format!("probe{place}.{}", fixtures::HOSTILE.repeat(20));
        probe
    }));
    let mut gate = gate.unwrap();
    gate.verdict = GateVerdict::Undecided;
    gate.reasons = vec![fixtures::HOSTILE.repeat(50); 300];
    let link = Some(format!("https://ci.example/{}.html", "long".repeat(50)));
    let options = FormatOptions { link, ..FormatOptions::default() };
    let text = render_comparison(Format::Markdown, &comparison, Some(&gate), &options).unwrap();
    assert!(text.chars().count() < 65_536, "{}", text.len());
    assert!(text.contains("lines are left out here"));
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

#[test]
fn many_versions_are_shortened_visibly() {
    let (mut comparison, gate) = fixtures::refused();
    let head = comparison.heads[0].clone();
    comparison.heads.extend(std::iter::repeat_n(head, 300));
    let matrix = comparison.matrix.as_mut().unwrap();
    matrix.versions.extend(std::iter::repeat_n("a version with a name of some length".to_owned(), 300));
    let options = FormatOptions { link: Some("compare.html".to_owned()), ..FormatOptions::default() };
    let text = render_comparison(Format::Markdown, &comparison, gate.as_ref(), &options).unwrap();
    assert!(text.chars().count() < 65_536, "{}", text.len());
    assert!(text.contains("versions are left out here for their length"));
    assert!(text.contains("The table of all 303 versions is too wide for here"));
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

fn is_harmful(character: char) -> bool {
    let control = character.is_control() && character != '\n' && character != '\t';
    control || matches!(character, '\u{202a}'..='\u{202e}' | '\u{ffff}')
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_names_say_every_format_renders_them_harmless(text in any::<String>(), hostile in any::<bool>()) {
        let text = if hostile { fixtures::HOSTILE.to_owned() + &text } else { text };
        let (mut comparison, gate) = fixtures::refused();
        let mut gate = gate.unwrap();
        gate.reasons.push(text.clone());
        comparison.base.name.clone_from(&text);
        for versus in &mut comparison.heads {
            versus.head.name.clone_from(&text);
            versus.head.engine.device.clone_from(&text);
            for found in &mut versus.comparability.differences {
                (found.probe, found.head) = (Some(text.clone()), text.clone());
            }
            for probe in &mut versus.probes {
                probe.id.clone_from(&text);
                let metrics = std::mem::take(&mut probe.metrics);
                probe.metrics = metrics
                    .into_iter()
                    .map(|(name, mut metric)| {
                        metric.why.clone_from(&text);
                        metric.discordant.trials.iter_mut().for_each(|trial| trial.case.clone_from(&text));
                        (format!("{name}{text}"), metric)
                    })
                    .collect();
            }
        }
        let fixture = (comparison, Some(gate));
        for format in TEXTS {
            let report = shown(format, &fixture);
            let found = report.chars().find(|c| is_harmful(*c) && !(format == Format::Json && *c >= ' '));
            prop_assert_eq!(found, None, "in {}", format);
            if matches!(format, Format::Markdown | Format::Junit) {
                prop_assert!(!report.contains("<script"), "an element in {}", format);
            }
        }
        let folds = shown(Format::Markdown, &fixture);
        prop_assert_eq!(folds.matches("<details>").count(), folds.matches("</details>").count());
    }
}

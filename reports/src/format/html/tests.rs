//! That the page is closed to what a model says, and that a large run stays a usable page.

use super::{SHELL, render, shell, shell::data};
use crate::{
    digest::{Interest, Room},
    format::fixtures,
    summary::Holds,
};

fn page() -> String {
    render(&fixtures::everything().report()).unwrap()
}

#[test]
fn the_page_is_closed() {
    shell::assert_closed(&page(), &SHELL);
}

#[test]
fn hostile_text_arrives_as_text() {
    let page = page();
    let data = data(&page);
    let texts: Vec<&str> = data["trials"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|trial| trial["turns"].as_array().unwrap())
        .filter_map(|turn| turn["text"].as_str())
        .collect();
    assert!(texts.iter().any(|text| text.starts_with("</script><script>alert(1)</script>")));
    assert!(!page.contains("<img"));
    assert!(!page.contains("<i>1</i>"));
}

#[test]
fn many_expectations_are_folded_but_for_those_that_do_not_hold() {
    let mut fixture = fixtures::everything();
    let page = |fixture: &fixtures::Fixture| render(&fixture.report()).unwrap();
    assert!(!page(&fixture).contains("<summary>what held</summary>"));
    let probe = &mut fixture.summary.probes[0];
    let failed = probe.expectations.iter().filter(|one| !matches!(one.holds, Holds::Held { .. })).count();
    let held = probe.expectations.iter().find(|one| matches!(one.holds, Holds::Held { .. })).unwrap().clone();
    probe.expectations.extend(std::iter::repeat_n(held, 20));
    let page = page(&fixture);
    let (shown, folded) = page.split_once("<summary>what held</summary>").unwrap();
    assert!(failed > 0 && shown.matches(">failed</span>").count() == failed, "{failed}");
    assert_eq!(shown.matches("badge good\">held").count(), 0);
    assert_eq!(folded.matches("badge good\">held").count(), 21);
}

#[test]
fn a_capped_page_keeps_the_troubled_trials_and_says_so() {
    let mut fixture = fixtures::everything();
    fixture.digest(Room { transcripts: 3, ..Room::default() });
    let interests: Vec<Interest> =
        fixture.selection.trials.iter().map(|selected| selected.interest).collect();
    assert_eq!(interests, [Interest::Failed, Interest::Failed, Interest::Unscored]);
    assert_eq!(fixture.selection.total, fixture.record.trials.len());
    let page = render(&fixture.report()).unwrap();
    assert!(page.contains(&format!("This page holds 3 of {} transcripts", fixture.selection.total)));
    assert!(page.contains("--transcripts all"), "it says how to have all of them");
    assert_eq!(data(&page)["trials"].as_array().unwrap().len(), 3);
    fixture.digest(Room { bytes: 0, ..Room::default() });
    assert!(fixture.selection.trials.is_empty());
}

#[test]
fn the_odd_one_out_is_discordant_and_a_tie_is_not() {
    let mut fixture = fixtures::passing();
    let discordant = |fixture: &fixtures::Fixture| {
        let odd = fixture.selection.trials.iter().filter(|one| one.interest == Interest::Discordant);
        odd.map(|selected| selected.scores.sample).collect::<Vec<_>>()
    };
    assert!(discordant(&fixture).is_empty());
    // A third sample of the same case that asks as the first does: now the second is alone.
    let mut trial = fixture.record.trials[0].clone();
    trial.key.sample = 2;
    fixture.record.trials.push(trial);
    let mut scores = fixture.grades[0].clone();
    scores.sample = 2;
    fixture.grades.push(scores);
    fixture.digest(Room::default());
    assert_eq!(discordant(&fixture), [1]);
}

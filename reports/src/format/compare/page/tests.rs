//! The page of a comparison: that it is locked, closed to what a model says, and usable.

use super::{SHELL, fixtures::shown_transcripts, render};
use crate::{
    compare::{Comparison, GateOutcome},
    format::{
        FormatOptions,
        compare::{fixtures, shown_transcripts::ShownTranscripts},
        html::{
            browser::{detail, visit},
            shell::{assert_closed, data, redacted},
        },
    },
};

fn page(
    (comparison, gate): &(Comparison, Option<GateOutcome>),
    shown_transcripts: &ShownTranscripts,
    options: &FormatOptions,
) -> String {
    render(comparison, gate.as_ref(), shown_transcripts, options).unwrap()
}

fn stopped() -> String {
    page(&fixtures::stopped(), &shown_transcripts(), &FormatOptions::default())
}

#[test]
fn page_stopped() {
    insta::assert_snapshot!(redacted(&stopped(), &SHELL));
}

#[test]
fn page_refused() {
    let fixture = fixtures::refused();
    let absent = ShownTranscripts::absent("the record holds grades only", fixture.0.heads.len());
    insta::assert_snapshot!(redacted(&page(&fixture, &absent, &FormatOptions::default()), &SHELL));
}

#[test]
fn the_page_is_closed() {
    assert_closed(&stopped(), &SHELL);
}

#[test]
fn hostile_text_arrives_as_text() {
    let page = stopped();
    assert!(!page.contains("<img") && !page.contains("<script>alert"));
    let data = data(&page);
    let pairs = data["pairs"].as_array().unwrap();
    let hostile = pairs.iter().find(|pair| pair["case"].as_str().unwrap().starts_with("</td>")).unwrap();
    let said = hostile["rows"][2]["base"]["text"].as_str().unwrap();
    assert!(said.starts_with("</script><script>alert(1)</script><img"), "{said}");
    assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
}

#[test]
fn transcripts_are_aligned_and_cut_where_they_part() {
    let data = data(&stopped());
    let pair = &data["pairs"][0];
    let rows = pair["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows[0]["both"].is_object() && rows[1]["both"].is_object());
    assert_eq!(rows[2]["first"], true);
    assert_eq!(rows[2]["base"]["parts"], serde_json::json!(["To whom ", "is it, please?", ""]));
    assert_eq!(rows[2]["head"]["parts"][1], "it may concern, please: done.");
    let branches = pair["forks"][0]["branches"].as_array().unwrap();
    let parted: Vec<bool> = branches.iter().map(|branch| branch["rows"][1]["first"] == true).collect();
    assert_eq!(parted, [false, true]);
    let grades: Vec<&str> = [0, 1].map(|side| pair["grades"][side][0]["value"].as_str().unwrap()).to_vec();
    assert_eq!(grades, ["yes", "no"]);
}

#[test]
fn a_side_without_transcripts_says_so() {
    let data = data(&stopped());
    assert_eq!(
        data["pairs"][1]["absent"],
        serde_json::json!(["No transcript of the head: the record does not hold this trial."])
    );
    let fixture = fixtures::stopped();
    let page =
        page(&fixture, &ShownTranscripts::absent("it is a baseline of grades", 1), &FormatOptions::default());
    assert!(page.contains("No transcripts of base: it is a baseline of grades."));
}

#[test]
fn a_capped_page_says_so() {
    let options = FormatOptions { max_transcripts: 1, ..FormatOptions::default() };
    let page = page(&fixtures::stopped(), &shown_transcripts(), &options);
    assert!(page.contains("This page holds 1 of 2 pairs of transcripts"));
    assert_eq!(data(&page)["pairs"].as_array().unwrap().len(), 1);
}

#[test]
fn every_link_of_the_page_leads_somewhere() {
    // The template engine writes a slash as an entity.
    let page = stopped().replace("&#x2f;", "/");
    let targets = page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next());
    for target in targets.chain(page.split("\"anchor\":\"").skip(1).filter_map(|rest| rest.split('"').next()))
    {
        assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
    }
}

#[test]
fn the_page_opens_in_a_browser_and_hostile_text_stays_text() {
    let hash = "#pair/0/grounding.request/%3C%2Ftd%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E";
    let case = data(&stopped())["pairs"][1]["case"].as_str().unwrap().to_owned();
    let act = "see(location.hash); see(document.querySelectorAll('.row').length); see(document.querySelectorAll('#detail .turn').length);";
    let Some(found) = visit(&stopped(), "", act) else { return };
    assert_eq!(found.seen, ["", "2", "9"], "two rows, and the first pair is shown");
    assert!(!found.dom.contains("<img"));
    let Some(found) = visit(&stopped(), hash, "") else { return };
    assert!(detail(&found.dom).contains("not on this page"), "an address of nothing says so: {case}");
}

#[test]
fn a_link_shows_a_pair_side_by_side_with_the_place_where_it_parts() {
    let Some(found) = visit(&stopped(), "#pair/0/grounding.request/letter-1/ambiguous/0", "") else { return };
    let shown = detail(&found.dom);
    assert!(shown.contains("here they part"), "{shown}");
    assert!(shown.contains("<span>To whom </span><span class=\"differs\">is it, please?</span>"), "{shown}");
    assert_eq!(shown.matches("class=\"branch\"").count(), 2);
    assert_eq!(shown.matches("the same in both").count(), 5, "two turns, and three in the branches");
}

#[test]
fn choices_and_keys_work() {
    let act = r#"
        const rows = () => document.querySelectorAll(".row").length;
        const metrics = () => document.querySelectorAll("tr.metric:not([hidden])").length;
        see(rows() + "/" + metrics());
        press("j"); see($("detail").querySelector("h3").textContent.includes("</td><script>"));
        press("k"); see($("detail").querySelector("h3").textContent);
        press("r"); see(rows() + "/" + metrics()); press("r");
        pick(document.querySelector('select[data-choice="verdict"]'), "improved"); see(rows() + "/" + metrics());
        document.querySelector('button[type="reset"]').click(); see(rows() + "/" + metrics());
        press("g"); see(metrics()); press("g");
        press("/"); see(document.activeElement.id);
        await type($("query"), "may concern"); see(rows());
        press("Escape"); see(document.activeElement.id + rows());
        press("e"); see(document.querySelectorAll(".branch[open]").length);
    "#;
    let Some(found) = visit(&stopped(), "", act) else { return };
    assert_eq!(
        found.seen,
        ["2/8", "true", "letter-1 @ ambiguous #0", "2/1", "0/1", "2/8", "4", "query", "1", "list2", "2"]
    );
}

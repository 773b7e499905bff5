//! The published main table of the self-consistency test (arXiv:2601.06973): every star follows from its counts by one-sided Fisher's
//! exact tests against each baseline, adjusted by Holm within the baselines of one cell. Skips where the table is not at hand.

#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

use scorers::metric::{fisher, multiplicity::Multiplicity};
use serde_json::Value;
use std::path::Path;

fn counts(cell: &Value) -> (u64, u64) {
    let number = |key: &str| cell[key].as_u64().expect("a count");
    (number("successes"), number("n"))
}

#[test]
fn every_star_follows_from_the_counts() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/published/self-consistency-table.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: ../shared/data/published/self-consistency-table.json is not there");
        return;
    };
    let table: Value = serde_json::from_str(&text).expect("JSON");
    let rows = |key: &str| table[key].as_object().expect("rows").clone();
    let (baselines, mut cells, mut wrong) = (rows("baselines"), 0, Vec::new());
    for (method, row) in rows("methods") {
        for (column, cell) in row.as_array().expect("cells").iter().enumerate() {
            let (some, of) = counts(cell);
            let p: Vec<f64> = baselines
                .values()
                .map(|baseline| {
                    let (others, of_others) = counts(&baseline[column]);
                    fisher::greater(some, of, others, of_others).expect("counts within their numbers")
                })
                .collect();
            let star = Multiplicity::Holm.adjust(&p).iter().all(|p| *p < 0.05);
            if Some(star) != cell["star"].as_bool() {
                wrong.push(format!("{method}, column {column}: {p:?}"));
            }
            cells += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(cells, 56);
}

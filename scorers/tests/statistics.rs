//! Every metric of a record whose right values an independent implementation computed (numpy, scipy and statsmodels). Skips
//! where the record is not at hand.

#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

use indexmap::IndexMap;
use scorers::{
    Place, ValueKind,
    metric::{Column, Grade, MetricConfig, MetricResult, Observation, Table, estimate_all},
};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

/// What the record's scores are: a flag, a number and a label per round.
const SCORES: [(&str, &str, ValueKind); 3] =
    [("f", "tf", ValueKind::Flag), ("n", "tn", ValueKind::Number), ("l", "tl", ValueKind::Label)];

fn read(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/statistics").join(name);
    std::fs::read_to_string(path).ok()
}

fn grade(column: &mut Column, text: Option<&str>) -> Grade {
    let Some(text) = text else { return Grade::Failed };
    match column.kind {
        ValueKind::Flag => Grade::Number(f64::from(u8::from(text == "y"))),
        ValueKind::Number => text.parse().map_or(Grade::Unscored, Grade::Number),
        ValueKind::Label if text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            Grade::Label(column.labels.insert_full(text.to_owned()).0 as u32)
        }
        ValueKind::Label => Grade::Unscored,
    }
}

/// The tables of the record's probes, with their metrics.
fn probes(journal: &str) -> BTreeMap<String, (IndexMap<String, MetricConfig>, Table)> {
    let mut lines = journal.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let header = lines.next().expect("a header");
    let mut probes = BTreeMap::new();
    let mut places = BTreeMap::new();
    for probe in header["run"]["probes"].as_array().expect("probes") {
        let id = probe["id"].as_str().expect("an id").to_owned();
        let arms: Vec<String> = probe["arms"].as_object().expect("arms").keys().cloned().collect();
        let mut clusters: Vec<String> = Vec::new();
        let mut cases = BTreeMap::new();
        for (index, case) in (0_u32..).zip(probe["cases"].as_array().expect("cases")) {
            let name = case["pair"].as_str().or(case["id"].as_str()).expect("a name").to_owned();
            let cluster = clusters.iter().position(|other| *other == name).unwrap_or_else(|| {
                clusters.push(name);
                clusters.len() - 1
            });
            cases.insert(case["id"].as_str().expect("an id").to_owned(), (index, cluster as u32));
        }
        let columns = SCORES.map(|(name, _, kind)| (name.to_owned(), Column::new(kind)));
        let table = Table { arms, clusters: clusters.len() as u32, columns: columns.into_iter().collect() };
        let metrics = serde_json::from_value(probe["metrics"].clone()).expect("metrics");
        places.insert(id.clone(), cases);
        probes.insert(id, (metrics, table));
    }
    for trial in lines {
        let trial = &trial["trial"];
        let key = &trial["key"];
        let id = key["probe"].as_str().unwrap_or_default();
        let (Some((_, table)), Some(cases)) = (probes.get_mut(id), places.get(id)) else { continue };
        let (case, cluster) = cases[key["case"].as_str().expect("a case")];
        let arm = table.arms.iter().position(|arm| Some(arm.as_str()) == key["arm"].as_str());
        let arm = arm.unwrap_or(0) as u32;
        let sample = key["sample"].as_u64().expect("a sample") as u32;
        let transcript = &trial["transcript"];
        let mut lines = vec![(None, &Value::Null, &transcript["turns"])];
        for branch in transcript["branches"].as_array().into_iter().flatten() {
            lines.push((
                branch["index"].as_u64().map(|index| index as u32),
                &branch["round"],
                &branch["turns"],
            ));
        }
        for (branch, outer, turns) in lines {
            for turn in turns.as_array().into_iter().flatten() {
                let score = SCORES.iter().find(|(_, name, _)| turn["name"].as_str() == Some(name));
                let Some((score, ..)) = score else { continue };
                let round = turn["round"].as_u64().or(outer.as_u64()).map(|round| round as u32);
                let column = &mut table.columns[*score];
                let grade = grade(column, turn["body"]["generated"]["text"].as_str());
                column.observations.push(Observation {
                    cluster,
                    case,
                    arm,
                    sample,
                    place: Place { round, branch },
                    grade,
                });
            }
        }
    }
    probes
}

#[test]
fn values_and_intervals_are_right() {
    let (Some(journal), Some(expected)) = (read("metrics-journal.jsonl"), read("metrics-expected.json"))
    else {
        eprintln!("skipped: ../shared/data/statistics is not there");
        return;
    };
    let expected: Value = serde_json::from_str(&expected).expect("JSON");
    let (mut values, mut intervals, mut wrong) = (0, 0, Vec::new());
    for (id, (metrics, table)) in probes(&journal) {
        let results = estimate_all(&metrics, &table, 1);
        for (name, right) in expected[&id]["values"].as_object().expect("values") {
            // Of fewer than 8 samples there is no aptitude and no unreliability.
            if matches!(metrics[name], MetricConfig::Aptitude(_) | MetricConfig::Unreliability(_)) {
                continue;
            }
            let found = results[name].value();
            let near =
                |one: f64, other: f64, within: f64| (one - other).abs() <= within * other.abs().max(1.0);
            match (found, right.as_f64()) {
                // A half-life is searched, there by another search that stops earlier.
                (Some(found), Some(right)) if near(found, right, if name == "hl" { 1e-7 } else { 1e-9 }) => {
                    values += 1
                }
                (None, None) => {}
                pair => wrong.push(format!("{id} {name}: {pair:?}")),
            }
            // Where there is an interval on both sides, it is the same: of means, rates and what is averaged over cases.
            let ends = expected[&id]["intervals"][name].as_array();
            let ends = ends.and_then(|ends| Some((ends.first()?.as_f64()?, ends.get(1)?.as_f64()?)));
            if let (MetricResult::Estimated(found), Some((low, high))) = (&results[name], ends) {
                if near(found.low, low, 1e-5) && near(found.high, high, 1e-5) {
                    intervals += 1;
                } else {
                    wrong
                        .push(format!("{id} {name}: [{}, {}] is not [{low}, {high}]", found.low, found.high));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(values > 80 && intervals > 40, "{values} values, {intervals} intervals");
}

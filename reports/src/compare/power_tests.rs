//! The outlook of a design against what comparisons of simulated runs come to.

use super::{super::fixtures::*, *};
use serde_json::json;

#[test]
fn the_smallest_difference_is_that_of_comparisons_of_such_runs() {
    // Sixteen pairs of runs of one model: the mean half-width of their intervals is what one run promises.
    let policy: Policy =
        serde_json::from_value(json!({ "metrics": [{ "metric": "*/rate", "margin": 0.1 }] })).unwrap();
    let run = simple("run", 1, 0.6);
    let rows = power(&run, &run.header().probes, Some(&policy), &quick()).unwrap();
    let row = rows.iter().find(|row| row.metric == "rate").unwrap();
    assert_eq!((row.standing, row.clusters, row.samples), (Standing::Gated, 30, 4));
    let found = row.outlook.as_ref().unwrap();
    let options = CompareOptions { policy: Some(policy), ..quick() };
    let mut mean = 0.0;
    for seed in 0..16 {
        let sides = [simple("base", 100 + seed, 0.6), simple("head", 200 + seed, 0.6)];
        let comparison = crate::compare(&sides[0], &sides[1..], &options).unwrap();
        mean += comparison.heads[0].probes[0].metrics["rate"].numbers().unwrap().detectable.unwrap() / 16.0;
    }
    assert!((found.smallest / mean).ln().abs() < 0.25, "{} {mean}", found.smallest);
    assert!(found.needed.is_none_or(|needed| needed.clusters > 30));
}

#[test]
fn more_samples_show_smaller_differences_and_what_is_unknown_is_said() {
    let run = simple("run", 1, 0.6);
    let smallest = |samples: u32| {
        let mut probes = run.header().probes.clone();
        probes[0].samples = samples;
        let rows = power(&run, &probes, None, &quick()).unwrap();
        rows[0].outlook.as_ref().unwrap().smallest
    };
    assert!((smallest(4) / smallest(16) - 2.0).abs() < 0.1, "{} {}", smallest(4), smallest(16));
    let mut probes = run.header().probes.clone();
    probes[0].id = "grounding.other".to_owned();
    let rows = power(&run, &probes, None, &quick()).unwrap();
    assert!(rows.iter().all(|row| row.outlook == Err("run has no such probe".to_owned())), "{rows:?}");
    let few = header("few", 1, 4);
    let few = side(few.clone(), trials(&few, 1, 0.5));
    let rows = power(&few, &few.header().probes, None, &quick()).unwrap();
    assert!(rows.iter().all(|row| row.outlook.is_err()), "{rows:?}");
}

//! The test against a margin, and what designs allow.

use super::*;
use scorers::Place;
use serde_json::json;

/// A table of flags, `of` per cluster, the first so many true.
fn table(trues: &[usize], of: usize) -> Table {
    let mut column = Column::new(ValueKind::Flag);
    for (case, trues) in (0..).zip(trues) {
        for sample in 0..of {
            let grade = Grade::Number(f64::from(u8::from(sample < *trues)));
            let (cluster, arm, place) = (case, 0, Place::default());
            let sample = sample as u32;
            column.observations.push(Observation { cluster, case, arm, sample, place, grade });
        }
    }
    let columns = [("s".to_owned(), column)].into_iter().collect();
    Table { arms: vec![String::new()], clusters: trues.len() as u32, columns }
}

fn metrics() -> IndexMap<String, MetricConfig> {
    serde_json::from_value(json!({ "m": { "rate": { "of": "s" } } })).unwrap()
}

fn difference(base: &[usize], head: &[usize], of: usize) -> Prepared {
    let metrics = metrics();
    let of = |trues: &[usize]| Sources::new(&metrics, &table(trues, of)).metric("m").unwrap();
    of(head).minus(&of(base)).unwrap()
}

fn p(difference: &Prepared, margin: f64) -> f64 {
    beyond_p(difference, margin, &quantity(difference, 0.05, 100, 0), 0.05).unwrap()
}

#[test]
fn it_is_the_interval_inverted() {
    let found = difference(&[4, 4, 3, 4, 4, 2, 4, 4], &[2, 1, 2, 3, 1, 1, 2, 3], 4);
    for margin in [0.0, 0.1, 0.2, 0.3] {
        let ends = quantity(&found, 0.05, 100, 0).ends().unwrap();
        let p = inverted(&found, margin, ends, 0.05).unwrap();
        let at = |level: f64| found.interval(1.0 - level, 100, 0).unwrap().high < -margin;
        assert!(at(p * 1.001) && !at(p * 0.999), "{margin} {p}");
    }
    assert!((p(&found, 0.9) - 1.0).abs() < 1e-12, "within the margin nothing is beyond it");
    assert!(p(&found, 0.1) <= p(&found, 0.2), "a wider margin is no easier to leave");
    assert!(p(&found, 0.1) < p(&found, 0.9), "and a far wider one is harder");
    // From the interval alone nearly the same.
    let ends = quantity(&found, 0.05, 100, 0).ends().unwrap();
    let near = by_width(found.value, ends, 8, 0.1, 0.05).unwrap();
    let exact = inverted(&found, 0.1, ends, 0.05).unwrap();
    assert!((near / exact).ln().abs() < 1.0, "{near} {exact}");
}

/// One case holds half of the grades and loses nearly all, the ten others lose nothing: that is one case, however many grades it
/// has.
#[test]
fn one_large_case_is_one_case() {
    let side = |large: usize| {
        let mut found = table(&[2; 11], 2);
        let column = found.columns.get_mut("s").unwrap();
        let first = column.observations[0];
        column.observations.retain(|grade| grade.case > 0);
        for sample in 0..20 {
            let grade = Grade::Number(f64::from(u8::from(sample < large)));
            column.observations.push(Observation { sample: sample as u32, grade, ..first });
        }
        Sources::new(&metrics(), &found).metric("m").unwrap()
    };
    let found = side(4).minus(&side(18)).unwrap();
    assert!((found.value + 0.35).abs() < 1e-12);
    assert!(p(&found, 0.1) > 0.05, "{}", p(&found, 0.1));
}

#[test]
fn designs_know_what_they_can_show() {
    let metrics = metrics();
    let design = |clusters: usize, margin: f64| {
        let table = table(&vec![2; clusters], 4);
        let design = |table: &Table| {
            let (metrics, name) = (&metrics, "m");
            let design = Design { metrics, name, table, margin, validity: Validity::Fixed, level: 0.05 };
            (design.least().unwrap(), design.clusters_needed(1))
        };
        design(&table)
    };
    let (least, needed) = design(2, 0.1);
    assert!(least > 0.05 && needed.is_some_and(|needed| needed > 2 && needed < 10), "{least} {needed:?}");
    let (least, none) = design(needed.unwrap() as usize, 0.1);
    assert!(least <= 0.05 && none.is_none(), "{least} {none:?}");
    assert!(design(needed.unwrap() as usize - 1, 0.1).0 > 0.05);
    assert!(design(12, 0.1).0 < 1e-4);
    assert!((design(1, 0.1).0 - 1.0).abs() < 1e-12, "one cluster has no interval");
}

/// All flags or none make a ratio of something to nothing.
#[test]
fn what_has_no_value_at_its_extremes_has_no_least() {
    let metrics = serde_json::from_value(json!({
        "m": { "ratio": { "of": "x", "to": "y" } }, "x": { "rate": { "of": "s" } }, "y": { "rate": { "of": "s" } },
    }))
    .unwrap();
    let table = table(&[2; 8], 4);
    let (metrics, name) = (&metrics, "m");
    let design = Design { metrics, name, table: &table, margin: 0.1, validity: Validity::Fixed, level: 0.05 };
    assert_eq!((design.least(), design.clusters_needed(1)), (None, None));
}

//! What holds of every metric and every table.

use super::{
    Estimate, Grade, MetricConfig, MetricResult, Observation, Sources, Table, estimate_all, fixture::Fixture,
};
use crate::{Place, ValueKind};
use indexmap::IndexMap;
use proptest::{collection::vec, prelude::*};
use serde_json::json;

fn metrics() -> IndexMap<String, MetricConfig> {
    serde_json::from_value(json!({
        "rate": { "rate": { "of": "flag" } },
        "rate_a": { "rate": { "of": "flag@a" } },
        "rate_b": { "rate": { "of": "flag@b#1" } },
        "mean": { "mean": { "of": "number" } },
        "mean_a": { "mean": { "of": "number@a" } },
        "gap": { "contrast": { "plus": "rate_a", "minus": "rate_b" } },
        "mixed": { "contrast": { "plus": "mean", "minus": "rate" } },
        "opened": { "contrast": { "plus": "entropy", "minus": "half_life" } },
        "ratio": { "ratio": { "of": "mean_a", "to": "mean" } },
        "share_ratio": { "ratio": { "of": "rate_a", "to": "rate_b" } },
        "d_prime": { "d_prime": { "hit": "flag@a", "false_alarm": "flag@b" } },
        "criterion": { "criterion": { "hit": "flag@a", "false_alarm": "flag@b" } },
        "percentile": { "percentile": { "of": "number", "percent": 37.5 } },
        "aptitude": { "aptitude": { "of": "flag" } },
        "unreliability": { "unreliability": { "of": "number" } },
        "entropy": { "entropy": { "of": "label", "correction": "miller_madow" } },
        "effective_number": { "effective_number": { "of": "label" } },
        "open": { "effective_number": { "of": "label", "correction": "chao_wang_jost" } },
        "agreement": { "agreement": { "of": "label" } },
        "alpha": { "alpha": { "of": "label" } },
        "half_life": { "half_life": { "of": "flag" } },
    }))
    .unwrap()
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -5.0..5.0_f64,
        2 => Just(1.0),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::MAX), Just(f64::MIN_POSITIVE)],
    ]
}

/// Tables of all shapes: empty arms, single cases, missing grades, numbers beyond all bounds.
fn table() -> impl Strategy<Value = Table> {
    let grades = (any::<bool>(), number(), 0..4_u32, 0..12_u32);
    let cell = (0..6_u32, 0..2_u32, 0..3_u32, prop::option::of(0..3_u32), prop::option::of(1..5_u32), grades);
    vec(cell, 0..60).prop_map(|mut cells| {
        cells.sort_by_key(|cell| (cell.0, cell.1, cell.2, cell.3, cell.4));
        cells.dedup_by_key(|cell| (cell.0, cell.1, cell.2, cell.3, cell.4));
        let mut fixture = Fixture::arms(&["a", "b"]);
        for (case, arm, sample, branch, round, (flag, number, label, missing)) in cells {
            let kinds = [
                ("flag", ValueKind::Flag, Grade::Number(f64::from(u8::from(flag)))),
                ("number", ValueKind::Number, Grade::Number(number)),
                ("label", ValueKind::Label, Grade::Label(label)),
            ];
            for (score, kind, grade) in kinds {
                let grade = match missing {
                    0 => Grade::Failed,
                    1 => Grade::Unscored,
                    _ => grade,
                };
                let cluster = case / 2 + 3 * arm * (case % 2);
                fixture.enter(
                    score,
                    kind,
                    Observation { cluster, case, arm, sample, place: Place { round, branch }, grade },
                );
            }
        }
        fixture.0
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_interval_is_finite_wide_and_holds_its_value(table in table(), seed: u64) {
        for (name, result) in estimate_all(&metrics(), &table, seed) {
            match result {
                MetricResult::Estimated(Estimate { value, low, high, series, n, clusters, .. }) => {
                    prop_assert!(low.is_finite() && high.is_finite() && low < high, "{name}: {low} to {high}");
                    prop_assert!(low <= value && value <= high, "{name}: {value} in {low} to {high}");
                    prop_assert!(n > 0 && clusters > 0 && clusters <= u64::from(table.clusters), "{name}");
                    for point in series {
                        prop_assert!(point.low <= point.value && point.value <= point.high, "{name}: {point:?}");
                    }
                }
                MetricResult::ValueOnly(known) => {
                    prop_assert!(known.value.is_finite() && !known.reason.is_empty() && !known.reason.ends_with('.'));
                }
                MetricResult::Unavailable { reason, .. } => prop_assert!(!reason.is_empty() && !reason.ends_with('.')),
            }
        }
    }

    #[test]
    fn the_order_of_grades_does_not_matter(table in table(), seed: u64) {
        let mut turned = table.clone();
        for column in turned.columns.values_mut() {
            column.observations.reverse();
        }
        prop_assert_eq!(estimate_all(&metrics(), &table, seed), estimate_all(&metrics(), &turned, seed));
    }

    #[test]
    fn weights_of_one_give_the_value_and_leaving_out_is_a_weight_of_zero(table in table()) {
        let metrics = metrics();
        let mut sources = Sources::new(&metrics, &table);
        for name in metrics.keys() {
            let Ok(prepared) = sources.metric(name) else { continue };
            let ones = vec![1.0; table.clusters as usize];
            let near = |one: Option<f64>, other: Option<f64>| match (one, other) {
                (Some(one), Some(other)) => (one - other).abs() <= 1e-6 * (1.0 + one.abs()),
                _ => true,
            };
            prop_assert!(near(prepared.statistic.value(&ones), Some(prepared.value)), "{name}");
            for (cluster, left) in prepared.statistic.clusters().iter().zip(prepared.statistic.jackknife()) {
                let mut weights = ones.clone();
                weights[*cluster as usize] = 0.0;
                // Sums that a huge number has swallowed do not come back when it is taken out.
                if prepared.statistic.totals().iter().all(|total| total.abs() < 1e6) {
                    prop_assert!(near(prepared.statistic.value(&weights), left), "{name} without {cluster}");
                }
            }
        }
    }

    #[test]
    fn a_spec_survives_its_text(name in "(rate|mean|aptitude|entropy|alpha)", score in "[a-z]{1,8}(@[a-z]{1,3})?(#[1-9])?") {
        let text = json!({ name.as_str(): { "of": score } });
        let config: MetricConfig = serde_json::from_value(text).unwrap();
        let again: MetricConfig = serde_json::from_value(serde_json::to_value(&config).unwrap()).unwrap();
        prop_assert_eq!(&config, &again);
        prop_assert_eq!(config.inputs()[0].1.to_string(), score);
        prop_assert_eq!(config.name(), name);
    }
}

#[test]
fn every_metric_of_the_registry_has_a_schema_with_a_description() {
    let catalogue = super::catalogue();
    assert_eq!(catalogue.len(), 20);
    for (name, schema) in catalogue {
        assert!(schema.get("description").is_some_and(|text| text.is_string()), "{name}");
    }
}

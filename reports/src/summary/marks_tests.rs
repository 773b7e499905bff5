//! Marks, by hand.

use super::*;
use scorers::{Place, ValueKind, metric::Column};
use serde_json::json;

// By hand: one of 12 clusters holds half of all grades: 1 / (1/4 + 11 × (1/22)²) = 3.667.
#[test]
fn one_cluster_that_holds_half_is_worth_a_few() {
    let mut sizes = vec![4; 11];
    sizes.push(44);
    assert!((effective(&sizes).unwrap() - 11.0 / 3.0).abs() < 1e-9);
    assert_eq!(effective(&[4; 12]), None);
    assert_eq!(effective(&[]), None);
}

#[test]
fn floors_ceilings_and_chance_are_marked() {
    let share = |value| end_of(value, Some(Range::Share), None, false, Some(Better::Higher));
    assert_eq!(share(1.0).unwrap(), "at its ceiling in every case: it cannot get better");
    assert_eq!(share(0.0).unwrap(), "at its floor in every case: it cannot get worse");
    assert_eq!(share(0.5), None);
    let sensitivity = |hits, false_alarms, at_chance| {
        let rates = Some(Rates { hits, false_alarms });
        end_of(1.0, Some(Range::Real), rates, at_chance, None)
    };
    assert!(sensitivity(1.0, 0.0, false).unwrap().starts_with("at its ceiling"));
    assert!(sensitivity(0.6, 0.4, true).unwrap().starts_with("not clear of chance"));
    assert_eq!(sensitivity(0.9, 0.1, false), None);
    assert_eq!(end_of(1.0, Some(Range::Real), None, true, None), None);
}

/// Flags of so many pairs in both arms, the first so many true in each.
fn two_arms(pairs: u32, of: u32, hits: u32, false_alarms: u32) -> Table {
    let mut column = Column::new(ValueKind::Flag);
    for (case, arm, trues) in (0..pairs).flat_map(|case| [(case, 0, hits), (case, 1, false_alarms)]) {
        for sample in 0..of {
            let grade = Grade::Number(f64::from(u8::from(sample < trues)));
            let (cluster, place) = (case, Place::default());
            column.observations.push(Observation { cluster, case, arm, sample, place, grade });
        }
    }
    let columns = [("s".to_owned(), column)].into_iter().collect();
    Table { arms: vec!["a".to_owned(), "b".to_owned()], clusters: pairs, columns }
}

#[test]
fn a_rate_of_0_does_not_put_a_sensitivity_at_chance() {
    let config: MetricConfig =
        serde_json::from_value(json!({ "d_prime": { "hit": "s@a", "false_alarm": "s@b" } })).unwrap();
    assert!(!at_chance(&config, &two_arms(12, 32, 30, 0)));
    assert!(at_chance(&config, &two_arms(12, 32, 16, 16)));
}

//! Bounds of chance against what coins do, and that a larger loss is never more probable.

use super::*;
use proptest::prelude::*;
use scorers::{
    Place,
    metric::{Column, Observation, Sources},
};
use serde_json::{Value, json};

/// Flags of so many samples of each case in two arms, true as these counts say.
fn table(trues: &[[u32; 2]], samples: u32) -> Table {
    let mut column = Column::new(ValueKind::Flag);
    for (case, arms) in (0..).zip(trues) {
        for (arm, trues) in (0..).zip(arms) {
            for sample in 0..samples {
                let grade = Grade::Number(f64::from(u8::from(sample < *trues)));
                let (cluster, place) = (case, Place::default());
                column.observations.push(Observation { cluster, case, arm, sample, place, grade });
            }
        }
    }
    let columns = [("s".to_owned(), column)].into_iter().collect();
    Table { arms: vec!["a".to_owned(), "b".to_owned()], clusters: trues.len() as u32, columns }
}

fn metrics() -> IndexMap<String, MetricConfig> {
    let config: Value = json!({
        "x": { "rate": { "of": "s@a" } }, "y": { "rate": { "of": "s@b" } }, "m": { "mean": { "of": "s@a" } },
        "c": { "contrast": { "plus": "x", "minus": "y" } }, "d": { "d_prime": { "hit": "s@a", "false_alarm": "s@b" } },
        "n": { "criterion": { "hit": "s@a", "false_alarm": "s@b" } },
    });
    serde_json::from_value(config).unwrap()
}

fn of(name: &str, base: &[[u32; 2]], head: &[[u32; 2]], samples: u32) -> (Option<f64>, bool) {
    let metrics = metrics();
    let tables = [table(base, samples), table(head, samples)];
    let statistic = |table: &Table| Sources::new(&metrics, table).metric(name).unwrap();
    let [one, other] = [statistic(&tables[0]), statistic(&tables[1])];
    let sign = (other.value - one.value).signum();
    (chance(&metrics, name, (&tables[0], &tables[1]), sign), apart(&one.statistic, &other.statistic))
}

#[test]
fn a_loss_of_everything_is_no_chance() {
    // Of five pairs of flags that are true half of the time, all lie so in one of 4^5; two bounds and two sides.
    let (chance, is_apart) = of("x", &[[1, 0]; 5], &[[0, 0]; 5], 1);
    assert!((chance.unwrap() - 4.0 / 1024.0).abs() < 1e-6 && is_apart, "{chance:?}");
    for (name, cases) in [("x", 3), ("c", 5), ("d", 5), ("m", 5)] {
        let (chance, is_apart) = of(name, &vec![[4, 0]; cases], &vec![[0, 0]; cases], 4);
        assert!(chance.unwrap() < 1e-4 && is_apart, "{name} {cases}: {chance:?}");
    }
    // One case that keeps everything is not apart, and as little chance.
    let (chance, is_apart) = of("x", &[[4, 0]; 6], &[[4, 0], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0]], 4);
    assert!(chance.unwrap() < 1e-5 && !is_apart, "{chance:?}");
    assert_eq!(of("x", &[[2, 0]; 5], &[[2, 0]; 5], 4), (Some(1.0), false));
    assert!(!of("x", &[[4, 0]; 2], &[[0, 0]; 2], 4).1, "two cases decide nothing");
    assert_eq!(of("n", &[[2, 0]; 5], &[[3, 2]; 5], 4).0, None, "a criterion is no sum of rates");
}

#[test]
fn a_bound_is_no_less_than_what_coins_do() {
    // Sums of ten coins: 10 in one of 1,024, at least 8 in 11, at least 6 in 56 of 1,024.
    for (sum, ways) in [(10.0, 1.0), (8.0, 11.0), (6.0, 56.0)] {
        let bound = bound(sum, std::iter::repeat_n(1.0, 10), 1.0);
        assert!(bound >= ways / 1024.0 - 1e-9 && bound < 8.0 * ways / 1024.0, "{sum}: {bound}");
    }
}

proptest! {
    #[test]
    fn a_larger_loss_is_never_more_probable(
        grades in proptest::collection::vec((0_u32..=4, 0_u32..=4), 3..9),
        worse in any::<prop::sample::Index>(),
        metric in prop::sample::select(vec!["x", "c", "d", "m"]),
    ) {
        let base: Vec<[u32; 2]> = grades.iter().map(|(trues, _)| [*trues, 1]).collect();
        let mut head: Vec<[u32; 2]> = grades.iter().map(|(_, trues)| [*trues, 1]).collect();
        let total = |of: &[[u32; 2]]| of.iter().map(|[trues, _]| trues).sum::<u32>();
        let case = worse.index(head.len());
        prop_assume!(head[case][0] > 0 && total(&head) < total(&base));
        let before = of(metric, &base, &head, 4);
        head[case][0] -= 1;
        let after = of(metric, &base, &head, 4);
        prop_assert!(after.0.unwrap() <= before.0.unwrap() + 1e-9, "{:?} {:?}", before, after);
        prop_assert!(after.1 || !before.1);
    }
}

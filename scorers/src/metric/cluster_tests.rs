//! Weights, influences, skewness and joined statistics, by hand.

use super::{
    super::{
        fixture::assert_near,
        formula::{Join, MeanOf},
        sums::Sums,
    },
    *,
};

struct Squared;

impl Formula for Squared {
    fn value(&self, totals: &[f64]) -> Option<f64> {
        totals.first().map(|total| total * total)
    }
}

fn statistic(rows: &[(u32, f64, f64)]) -> Statistic {
    let mut sums = Sums::new(2);
    for (cluster, sum, count) in rows {
        sums.row(*cluster, 0).copy_from_slice(&[*sum, *count]);
    }
    sums.statistic(1, Arc::new(MeanOf))
}

#[test]
fn weights_count_clusters_repeatedly() {
    let single = statistic(&[(0, 3.0, 2.0), (2, 1.0, 1.0), (5, 4.0, 3.0)]);
    let doubled = statistic(&[(0, 3.0, 2.0), (1, 3.0, 2.0), (5, 4.0, 3.0)]);
    assert_near(
        &[single.value(&[2.0, 9.0, 0.0, 9.0, 9.0, 1.0]).unwrap()],
        &[doubled.point().unwrap()],
        1e-15,
    );
    assert_eq!(single.value(&[]), None);
}

#[test]
fn leaving_out_is_a_weight_of_zero() {
    let whole = statistic(&[(0, 3.0, 2.0), (1, 1.0, 1.0), (2, 4.0, 3.0)]);
    let left: Vec<f64> = whole.jackknife().into_iter().flatten().collect();
    let weighted = [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]].map(|w| whole.value(&w).unwrap());
    assert_near(&left, &weighted, 1e-15);
}

// By hand: centred, three are -1/4 and one 3/4; the mean cube is 3/32, the mean square 3/16: 2 / √3.
#[test]
fn skewness_by_hand() {
    let found = statistic(&[(0, 0.0, 1.0), (1, 0.0, 1.0), (2, 0.0, 1.0), (3, 1.0, 1.0)]).skewness();
    assert_near(&[found.unwrap()], &[2.0 / 3.0_f64.sqrt()], 1e-12);
    assert_eq!(statistic(&[(0, 1.0, 1.0), (1, 1.0, 1.0)]).skewness(), None);
}

#[test]
fn slopes_by_differences_are_near_the_true_ones() {
    let mut slope = [0.0, 0.0];
    Squared.gradient(&[3.0, 1.0], &mut slope).unwrap();
    assert_near(&slope, &[6.0, 0.0], 1e-8);
}

#[test]
fn a_joined_slope_is_that_of_its_value() {
    let (left, right) =
        (statistic(&[(0, 3.0, 2.0), (1, 1.0, 1.0)]), statistic(&[(1, 5.0, 2.0), (4, 4.0, 3.0)]));
    for join in [Join::Difference, Join::Quotient] {
        let joined = Statistic::join(&left, &right, join).unwrap();
        let pulls = joined.influences().unwrap();
        for (index, pull) in pulls.iter().enumerate() {
            let mut weights = [1.0; 5];
            let step = 1e-6;
            weights[joined.clusters()[index] as usize] += step;
            let slope = (joined.value(&weights).unwrap() - joined.point().unwrap()) / step;
            assert_near(&[*pull], &[slope], 1e-5);
        }
    }
}

#[test]
fn sides_in_different_clusters_are_drawn_apart() {
    let (left, right) =
        (statistic(&[(0, 3.0, 2.0), (1, 1.0, 1.0)]), statistic(&[(3, 5.0, 2.0), (4, 4.0, 3.0)]));
    let joined = Statistic::join(&left, &right, Join::Difference).unwrap();
    let mut strata = joined.strata();
    strata.sort();
    assert_eq!(strata, [vec![0, 1], vec![2, 3]]);
    assert_near(&[left.correlation(&right), left.correlation(&left)], &[0.0, 1.0], 1e-12);
}

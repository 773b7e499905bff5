//! A minimum of a smooth function, by its gradient: limited-memory BFGS (Nocedal 1980, doi:10.1090/S0025-5718-1980-0572855-7; Liu & Nocedal
//! 1989, doi:10.1007/BF01589116) with halved steps. No crate that is compiled in anyway has one.

use std::collections::VecDeque;

/// Steps that are remembered.
const MEMORY: usize = 12;
/// Steps at most.
const MOST: usize = 2_000;
/// Halvings of one step at most.
const HALVINGS: usize = 40;

/// Where a function has a minimum, from a start on; `function` fills the gradient and returns the value. It ends where no component of the
/// gradient is larger than `tolerance`, or where no step leads further down.
pub(super) fn minimum(
    start: Vec<f64>,
    tolerance: f64,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Vec<f64> {
    let mut at = start;
    let mut gradient = vec![0.0; at.len()];
    let mut value = function(&at, &mut gradient);
    let mut steps: VecDeque<(Vec<f64>, Vec<f64>, f64)> = VecDeque::with_capacity(MEMORY);
    let mut next_gradient = gradient.clone();
    for _ in 0..MOST {
        if gradient.iter().all(|slope| slope.abs() <= tolerance) {
            break;
        }
        let mut direction = direction(&gradient, &steps);
        let mut slope = dot(&direction, &gradient);
        if slope >= 0.0 {
            // The remembered curvature misleads: straight down.
            steps.clear();
            direction = gradient.iter().map(|slope| -slope).collect();
            slope = dot(&direction, &gradient);
        }
        let first = if steps.is_empty() { 1.0 / dot(&gradient, &gradient).sqrt().max(1.0) } else { 1.0 };
        let mut found = None;
        let mut length = first;
        for _ in 0..HALVINGS {
            let next: Vec<f64> = at.iter().zip(&direction).map(|(at, by)| at + length * by).collect();
            let below = function(&next, &mut next_gradient);
            if below.is_finite() && below <= value + 1e-4 * length * slope {
                found = Some((next, below));
                break;
            }
            length /= 2.0;
        }
        let Some((next, below)) = found else { break };
        let moved: Vec<f64> = next.iter().zip(&at).map(|(next, at)| next - at).collect();
        let turned: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(next, at)| next - at).collect();
        let curvature = dot(&moved, &turned);
        if curvature > 1e-12 * dot(&turned, &turned) {
            if steps.len() == MEMORY {
                steps.pop_front();
            }
            steps.push_back((moved, turned, curvature));
        }
        (at, value) = (next, below);
        std::mem::swap(&mut gradient, &mut next_gradient);
    }
    at
}

/// Downhill, by the two loops of the method.
fn direction(gradient: &[f64], steps: &VecDeque<(Vec<f64>, Vec<f64>, f64)>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|slope| -slope).collect();
    let mut weights = Vec::with_capacity(steps.len());
    for (moved, turned, curvature) in steps.iter().rev() {
        let weight = dot(moved, &direction) / curvature;
        add(&mut direction, -weight, turned);
        weights.push(weight);
    }
    if let Some((_, turned, curvature)) = steps.back() {
        let scale = curvature / dot(turned, turned);
        direction.iter_mut().for_each(|by| *by *= scale);
    }
    for ((moved, turned, curvature), weight) in steps.iter().zip(weights.into_iter().rev()) {
        let back = dot(turned, &direction) / curvature;
        add(&mut direction, weight - back, moved);
    }
    direction
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn add(to: &mut [f64], times: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += times * what);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_rosenbrocks_valley() {
        let valley = |at: &[f64], gradient: &mut [f64]| {
            let (x, y) = (at[0], at[1]);
            gradient[0] = -2.0 * (1.0 - x) - 400.0 * x * (y - x * x);
            gradient[1] = 200.0 * (y - x * x);
            (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)
        };
        let found = minimum(vec![-1.2, 1.0], 1e-10, valley);
        assert!((found[0] - 1.0).abs() < 1e-8 && (found[1] - 1.0).abs() < 1e-8, "{found:?}");
    }

    #[test]
    fn a_function_without_a_bottom_ends() {
        let line = |at: &[f64], gradient: &mut [f64]| {
            gradient[0] = 1.0;
            at[0]
        };
        assert!(minimum(vec![0.0], 1e-9, line)[0] < 0.0);
        let broken = |_: &[f64], gradient: &mut [f64]| {
            gradient[0] = f64::NAN;
            f64::NAN
        };
        assert_eq!(minimum(vec![3.0], 1e-9, broken), [3.0]);
    }
}

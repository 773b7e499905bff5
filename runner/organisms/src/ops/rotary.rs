//! Rotary position embedding (Su et al., arXiv:2104.09864, eq. 34) in the layout of Llama checkpoints.
//!
//! A head of `d` numbers holds `d / 2` planes; plane `i` is made of the numbers `i` and `i + d / 2` ("rotate
//! half"), not of neighbours. At position `p` it is turned by `p * theta^(-2 i / d)` radians.

/// Sines and cosines for every position and plane.
#[derive(Debug)]
pub struct Rotary {
    planes: usize,
    cosines: Vec<f32>,
    sines: Vec<f32>,
}

impl Rotary {
    /// Tables for positions `0..positions` of heads of `head_dim` (even) numbers; `theta` is the base.
    #[must_use]
    pub fn new(head_dim: usize, positions: usize, theta: f64) -> Self {
        let planes = head_dim / 2;
        let angles = (0..positions).flat_map(|position| {
            (0..planes)
                .map(move |plane| position as f64 * theta.powf(-2.0 * plane as f64 / (2 * planes) as f64))
        });
        let (cosines, sines) = angles.map(|angle| (angle.cos() as f32, angle.sin() as f32)).unzip();
        Self { planes, cosines, sines }
    }

    /// The number of positions the tables cover.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.cosines.len().checked_div(self.planes).unwrap_or(0)
    }

    /// Writes `head` turned to `position` into `target`, every number times `scale`.
    pub(super) fn rotate(&self, head: &[f32], position: usize, scale: f32, target: &mut [f32]) {
        self.turn(head, position, scale, 1.0, target);
    }

    /// The transpose of [`Self::rotate`]: carries a gradient back through it.
    pub(super) fn unrotate(&self, head: &[f32], position: usize, scale: f32, target: &mut [f32]) {
        self.turn(head, position, scale, -1.0, target);
    }

    fn turn(&self, head: &[f32], position: usize, scale: f32, direction: f32, target: &mut [f32]) {
        let table = position * self.planes..(position + 1) * self.planes;
        let (first, second) = head.split_at(self.planes);
        let (to_first, to_second) = target.split_at_mut(self.planes);
        let angles = self.cosines[table.clone()].iter().zip(&self.sines[table]);
        let ends = to_first.iter_mut().zip(to_second.iter_mut());
        for ((((a, b), (cos, sin)), x), y) in ends.zip(angles).zip(first).zip(second) {
            let sin = sin * direction;
            *a = scale * (x * cos - y * sin);
            *b = scale * (y * cos + x * sin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_pair_a_number_with_the_one_half_a_head_on() {
        // Two planes, base 100: plane 0 turns by 1 radian per position, plane 1 by 100^(-1/2) = 0.1.
        let rotary = Rotary::new(4, 8, 100.0);
        let mut turned = [0.0; 4];
        rotary.rotate(&[1.0, 1.0, 0.0, 0.0], 3, 1.0, &mut turned);
        let expected = [3.0_f32.cos(), 0.3_f32.cos(), 3.0_f32.sin(), 0.3_f32.sin()];
        for (value, expected) in turned.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{turned:?}");
        }
    }

    #[test]
    fn turning_back_restores_and_position_zero_changes_nothing() {
        let rotary = Rotary::new(6, 16, 10_000.0);
        let head = [0.3, -1.2, 0.5, 2.0, -0.7, 0.1];
        let (mut turned, mut back, mut zero) = ([0.0; 6], [0.0; 6], [0.0; 6]);
        rotary.rotate(&head, 11, 2.0, &mut turned);
        rotary.unrotate(&turned, 11, 0.5, &mut back);
        rotary.rotate(&head, 0, 1.0, &mut zero);
        for index in 0..6 {
            assert!((back[index] - head[index]).abs() < 1e-6);
            assert!((zero[index] - head[index]).abs() < 1e-6);
            assert!((turned[index] - head[index]).abs() > 1e-3);
        }
    }

    #[test]
    fn products_depend_on_the_distance_alone() {
        let rotary = Rotary::new(8, 64, 10_000.0);
        let (query, key): (Vec<f32>, Vec<f32>) =
            (0..8).map(|i| (0.1 * i as f32 - 0.3, 0.5 - 0.2 * i as f32)).unzip();
        let product = |at: usize, to: usize| {
            let (mut q, mut k) = ([0.0; 8], [0.0; 8]);
            rotary.rotate(&query, at, 1.0, &mut q);
            rotary.rotate(&key, to, 1.0, &mut k);
            q.iter().zip(k).map(|(q, k)| q * k).sum::<f32>()
        };
        assert!((product(9, 4) - product(60, 55)).abs() < 1e-5);
        assert!((product(9, 4) - product(60, 50)).abs() > 1e-3);
    }
}

//! Muon (Jordan et al. 2024, <https://kellerjordan.github.io/posts/muon/>): steps of equal size in every
//! direction of a weight matrix, at a rate that can be shared with AdamW (Liu et al., arXiv:2502.16982, eq. 4).
//!
//! It is for the matrices of the layers only; embeddings and gains are left to AdamW.

use candle_core::backprop::GradStore;
use candle_core::{Tensor, Var};

use crate::error::Result;
use crate::optimise::Workers;

/// The share of the last steps' direction that is kept.
const MOMENTUM: f64 = 0.95;
/// What an orthogonal update is multiplied by, besides the root of the longer side: its entries are then, in the
/// root mean square, this share of the rate. (Liu et al. take 0.2 for large models.)
const SCALE: f64 = 0.4;
/// Iterations towards an orthogonal matrix.
const ITERATIONS: usize = 5;
/// Coefficients of the quintic iteration.
const QUINTIC: [f64; 3] = [3.4445, -4.7750, 2.0315];

/// The matrices and their momenta.
pub(crate) struct Muon {
    matrices: Vec<(Var, Tensor)>,
    weight_decay: f64,
}

impl Muon {
    pub(crate) fn new(matrices: Vec<Var>, weight_decay: f64) -> Result<Self> {
        let at_rest = |var: Var| {
            let momentum = var.zeros_like()?;
            Ok((var, momentum))
        };
        Ok(Self { matrices: matrices.into_iter().map(at_rest).collect::<Result<_>>()?, weight_decay })
    }

    /// One step down the gradients. Matrices are independent, so how many workers there are changes nothing.
    pub(crate) fn step(&mut self, gradients: &GradStore, rate: f64, workers: &Workers) -> Result<()> {
        let decay = self.weight_decay;
        let moved = workers.run(&self.matrices, |(var, momentum)| {
            let Some(gradient) = gradients.get(var) else { return Ok(None) };
            let momentum = ((momentum * MOMENTUM)? + (gradient * (1.0 - MOMENTUM))?)?;
            // Nesterov's look ahead.
            let direction = ((&momentum * MOMENTUM)? + (gradient * (1.0 - MOMENTUM))?)?;
            let longer = var.dims().iter().copied().max().unwrap_or(1) as f64;
            let update = (orthogonal(&direction)? * (rate * SCALE * longer.sqrt()))?;
            let weights = ((var.as_tensor() * (1.0 - rate * decay))? - update)?;
            Ok(Some((weights.detach(), momentum.detach())))
        })?;
        for ((var, momentum), moved) in self.matrices.iter_mut().zip(moved) {
            if let Some((weights, next)) = moved {
                var.set(&weights)?;
                *momentum = next;
            }
        }
        Ok(())
    }
}

/// Close to the nearest matrix with orthogonal rows or columns: singular values come out between about 0.7
/// and 1.2.
fn orthogonal(matrix: &Tensor) -> Result<Tensor> {
    let tall = matrix.dim(0)? > matrix.dim(1)?;
    let mut x = if tall { matrix.t()?.contiguous()? } else { matrix.clone() };
    let norm = f64::from(x.sqr()?.sum_all()?.to_scalar::<f32>()?).sqrt();
    x = (x / (norm + 1e-12))?;
    let [a, b, c] = QUINTIC;
    for _ in 0..ITERATIONS {
        let square = x.matmul(&x.t()?)?;
        let mixed = ((&square * b)? + (square.matmul(&square)? * c)?)?;
        x = ((&x * a)? + mixed.matmul(&x)?)?;
    }
    Ok(if tall { x.t()?.contiguous()? } else { x })
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    /// A matrix whose singular values are 8, 2 and 0.5.
    fn skewed() -> Tensor {
        let values: [[f32; 4]; 3] = [[0.0, 8.0, 0.0, 0.0], [0.0, 0.0, 0.0, 2.0], [0.5, 0.0, 0.0, 0.0]];
        Tensor::new(&values, &Device::Cpu).unwrap()
    }

    #[test]
    fn singular_values_are_evened_out() {
        for matrix in [skewed(), skewed().t().unwrap().contiguous().unwrap()] {
            let even = orthogonal(&matrix).unwrap();
            assert_eq!(even.dims(), matrix.dims());
            let (even, matrix) = (even.to_vec2::<f32>().unwrap(), matrix.to_vec2::<f32>().unwrap());
            for (value, before) in even.iter().flatten().zip(matrix.iter().flatten()) {
                let expected = if *before > 0.0 { 0.5..1.3 } else { -1e-4..1e-4 };
                assert!(expected.contains(value), "{before} became {value}");
            }
        }
    }

    #[test]
    fn a_step_goes_down_and_leaves_what_has_no_gradient() {
        let workers = Workers::new().unwrap();
        let [moved, still] = [skewed(), skewed()].map(|start| Var::from_tensor(&start).unwrap());
        let mut muon = Muon::new(vec![moved.clone(), still.clone()], 0.0).unwrap();
        let gradients = moved.sqr().unwrap().sum_all().unwrap().backward().unwrap();
        muon.step(&gradients, 0.1, &workers).unwrap();
        let flat = |var: &Var| var.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let before = skewed().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(flat(&still), before);
        for (now, before) in flat(&moved).iter().zip(&before) {
            // 0.1 * 0.4 * the root of 4, give or take.
            let fall = before - now;
            assert!(if *before > 0.0 { (0.04..0.12).contains(&fall) } else { fall.abs() < 1e-4 });
        }
    }
}

//! Negative log-likelihood of one target token per row of logits, in nats.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor};

use super::values;

/// `-log softmax(logits)[target]` for each row of `logits`, `[rows, vocabulary]`; the result is `[rows]`.
///
/// # Errors
/// When there is not one target per row, or a target lies outside the vocabulary.
pub fn cross_entropy(logits: &Tensor, targets: Arc<[u32]>) -> Result<Tensor> {
    let (rows, vocabulary) = logits.dims2()?;
    if rows != targets.len() {
        candle_core::bail!("{rows} rows of logits, {} targets", targets.len())
    }
    if let Some(target) = targets.iter().find(|target| **target as usize >= vocabulary) {
        candle_core::bail!("target {target} lies outside a vocabulary of {vocabulary}")
    }
    logits.apply_op1(Forward { targets })
}

struct Forward {
    targets: Arc<[u32]>,
}

/// The logarithm of the sum of the exponentials of a row, safe against overflow.
fn log_sum_exp(row: &[f32]) -> f32 {
    let peak = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    peak + row.iter().map(|x| (x - peak).exp()).sum::<f32>().ln()
}

impl CustomOp1 for Forward {
    fn name(&self) -> &'static str {
        "cross-entropy"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, vocabulary) = layout.shape().dims2()?;
        let each = values(storage, layout)?.chunks_exact(vocabulary).zip(self.targets.iter());
        let output = each.map(|(row, target)| log_sum_exp(row) - row[*target as usize]).collect();
        Ok((CpuStorage::F32(output), rows.into()))
    }

    fn bwd(&self, logits: &Tensor, _output: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let operation = Gradient { targets: Arc::clone(&self.targets) };
        Ok(Some(logits.apply_op2_no_bwd(&gradient.contiguous()?, &operation)?))
    }
}

/// `(softmax(logits) - one_hot(target)) * dy`.
struct Gradient {
    targets: Arc<[u32]>,
}

impl CustomOp2 for Gradient {
    fn name(&self) -> &'static str {
        "cross-entropy-gradient"
    }

    fn cpu_fwd(
        &self,
        logits: &CpuStorage,
        logits_layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (_, vocabulary) = logits_layout.shape().dims2()?;
        let logits = values(logits, logits_layout)?;
        let gradient = values(gradient, gradient_layout)?;
        let mut output = Vec::with_capacity(logits.len());
        for ((row, slope), target) in logits.chunks_exact(vocabulary).zip(gradient).zip(self.targets.iter()) {
            let start = output.len();
            let log_sum = log_sum_exp(row);
            output.extend(row.iter().map(|x| (x - log_sum).exp() * slope));
            output[start + *target as usize] -= slope;
        }
        Ok((CpuStorage::F32(output), logits_layout.shape().clone()))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{D, Device, Tensor, Var};

    use super::super::check::{assert_near, random};
    use super::*;

    #[test]
    fn value_and_gradient_are_those_of_the_composition() {
        let logits = Var::from_tensor(&random(&[3, 5], 1)).unwrap();
        let slope = random(&[3], 2);
        let targets = [4_u32, 0, 2];
        let fused = cross_entropy(&logits, Arc::from(targets)).unwrap();
        let log_softmax = candle_nn::ops::log_softmax(&logits, D::Minus1).unwrap();
        let index = Tensor::new(&targets, &Device::Cpu).unwrap().unsqueeze(1).unwrap();
        let composed = log_softmax.gather(&index, 1).unwrap().squeeze(1).unwrap().neg().unwrap();
        assert_near(&fused, &composed, 1e-6);
        let fused = (fused * &slope).unwrap().sum_all().unwrap().backward().unwrap();
        let composed = (composed * &slope).unwrap().sum_all().unwrap().backward().unwrap();
        assert_near(fused.get(&logits).unwrap(), composed.get(&logits).unwrap(), 1e-6);
    }

    #[test]
    fn targets_that_do_not_fit_are_refused() {
        let logits = random(&[2, 3], 1);
        assert!(cross_entropy(&logits, Arc::from([0_u32])).is_err());
        assert!(cross_entropy(&logits, Arc::from([0_u32, 3])).is_err());
    }
}

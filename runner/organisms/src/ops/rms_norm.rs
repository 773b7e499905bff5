//! Root mean square normalisation (Zhang and Sennrich, arXiv:1910.07467, eq. 4) of each row, with a gain.

use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor};

use super::values;

/// `y = gain * x / sqrt(mean(x^2) + epsilon)` for each row of `x`, `[tokens, features]`; `gain` is `[features]`.
///
/// # Errors
/// When the shapes do not fit or a tensor is not contiguous F32 on the CPU.
pub fn rms_norm(x: &Tensor, gain: &Tensor, epsilon: f32) -> Result<Tensor> {
    x.apply_op2(gain, Forward { epsilon })
}

struct Forward {
    epsilon: f32,
}

/// One over the root mean square of a row.
fn inverse_rms(row: &[f32], epsilon: f32) -> f32 {
    let squares: f32 = row.iter().map(|x| x * x).sum();
    1.0 / (squares / row.len() as f32 + epsilon).sqrt()
}

impl CustomOp2 for Forward {
    fn name(&self) -> &'static str {
        "rms-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        gain: &CpuStorage,
        gain_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, gain) = (values(x, x_layout)?, values(gain, gain_layout)?);
        let mut output = Vec::with_capacity(x.len());
        for row in x.chunks_exact(gain.len()) {
            let scale = inverse_rms(row, self.epsilon);
            output.extend(row.iter().zip(gain).map(|(x, g)| x * scale * g));
        }
        Ok((CpuStorage::F32(output), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        gain: &Tensor,
        _output: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let gradient = gradient.contiguous()?;
        let input = x.apply_op3_no_bwd(gain, &gradient, &InputGradient { epsilon: self.epsilon })?;
        let gain = x.apply_op3_no_bwd(gain, &gradient, &GainGradient { epsilon: self.epsilon })?;
        Ok((Some(input), Some(gain)))
    }
}

/// `dx = s * (g * dy - x * s^2 * mean(g * dy * x))`, where `s` is one over the root mean square.
struct InputGradient {
    epsilon: f32,
}

impl CustomOp3 for InputGradient {
    fn name(&self) -> &'static str {
        "rms-norm-input-gradient"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        gain: &CpuStorage,
        gain_layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, gain) = (values(x, x_layout)?, values(gain, gain_layout)?);
        let gradient = values(gradient, gradient_layout)?;
        let mut output = Vec::with_capacity(x.len());
        for (row, slope) in x.chunks_exact(gain.len()).zip(gradient.chunks_exact(gain.len())) {
            let scale = inverse_rms(row, self.epsilon);
            let dot: f32 = row.iter().zip(slope).zip(gain).map(|((x, dy), g)| x * dy * g).sum();
            let pull = dot * scale * scale / row.len() as f32;
            output.extend(row.iter().zip(slope).zip(gain).map(|((x, dy), g)| scale * (g * dy - x * pull)));
        }
        Ok((CpuStorage::F32(output), x_layout.shape().clone()))
    }
}

/// `dg = sum over rows of dy * x * s`.
struct GainGradient {
    epsilon: f32,
}

impl CustomOp3 for GainGradient {
    fn name(&self) -> &'static str {
        "rms-norm-gain-gradient"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        gain: &CpuStorage,
        gain_layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, gain) = (values(x, x_layout)?, values(gain, gain_layout)?);
        let gradient = values(gradient, gradient_layout)?;
        let mut output = vec![0.0; gain.len()];
        for (row, slope) in x.chunks_exact(gain.len()).zip(gradient.chunks_exact(gain.len())) {
            let scale = inverse_rms(row, self.epsilon);
            for ((sum, x), dy) in output.iter_mut().zip(row).zip(slope) {
                *sum += dy * x * scale;
            }
        }
        Ok((CpuStorage::F32(output), gain_layout.shape().clone()))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{D, Var};

    use super::super::check::{assert_near, random};
    use super::*;

    #[test]
    fn value_and_gradients_are_those_of_the_composition() {
        let x = Var::from_tensor(&random(&[5, 8], 1)).unwrap();
        let gain = Var::from_tensor(&random(&[8], 2)).unwrap();
        let slope = random(&[5, 8], 3);
        let fused = rms_norm(&x, &gain, 1e-5).unwrap();
        let mean = (x.sqr().unwrap().mean_keepdim(D::Minus1).unwrap() + 1e-5).unwrap();
        let composed = x.broadcast_div(&mean.sqrt().unwrap()).unwrap().broadcast_mul(&gain).unwrap();
        assert_near(&fused, &composed, 1e-6);
        let fused = (fused * &slope).unwrap().sum_all().unwrap().backward().unwrap();
        let composed = (composed * &slope).unwrap().sum_all().unwrap().backward().unwrap();
        for var in [&x, &gain] {
            assert_near(fused.get(var).unwrap(), composed.get(var).unwrap(), 1e-5);
        }
    }
}

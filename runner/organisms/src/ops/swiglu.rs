//! The gated activation of the feed-forward layer (Shazeer, arXiv:2002.05202, eq. 6): `silu(gate) * up`.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor};

use super::values;

/// From `[tokens, 2 * width]`, gate first and up second, to `[tokens, width]`.
///
/// # Errors
/// When the last dimension is odd or the tensor is not contiguous F32 on the CPU.
pub fn swiglu(gate_and_up: &Tensor) -> Result<Tensor> {
    gate_and_up.apply_op1(Forward)
}

struct Forward;

/// Rows and the width of each half of a row.
fn halves(layout: &Layout) -> Result<(usize, usize)> {
    let (rows, columns) = layout.shape().dims2()?;
    if columns == 0 || columns % 2 != 0 {
        candle_core::bail!("a gated activation needs an even number of features, not {columns}")
    }
    Ok((rows, columns / 2))
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

impl CustomOp1 for Forward {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, width) = halves(layout)?;
        let mut output = Vec::with_capacity(rows * width);
        for row in values(storage, layout)?.chunks_exact(2 * width) {
            let (gate, up) = row.split_at(width);
            output.extend(gate.iter().zip(up).map(|(g, u)| g * sigmoid(*g) * u));
        }
        Ok((CpuStorage::F32(output), (rows, width).into()))
    }

    fn bwd(&self, input: &Tensor, _output: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(input.apply_op2_no_bwd(&gradient.contiguous()?, &Gradient)?))
    }
}

struct Gradient;

impl CustomOp2 for Gradient {
    fn name(&self) -> &'static str {
        "swiglu-gradient"
    }

    fn cpu_fwd(
        &self,
        input: &CpuStorage,
        input_layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, width) = halves(input_layout)?;
        let input = values(input, input_layout)?;
        let gradient = values(gradient, gradient_layout)?;
        let mut output = vec![0.0; 2 * rows * width];
        let each = input.chunks_exact(2 * width).zip(gradient.chunks_exact(width));
        for ((row, slope), target) in each.zip(output.chunks_exact_mut(2 * width)) {
            let (gate, up) = row.split_at(width);
            let (to_gate, to_up) = target.split_at_mut(width);
            let ends = to_gate.iter_mut().zip(to_up.iter_mut());
            for ((((to_gate, to_up), g), u), dy) in ends.zip(gate).zip(up).zip(slope) {
                let s = sigmoid(*g);
                *to_gate = dy * u * s * (1.0 + g * (1.0 - s));
                *to_up = dy * g * s;
            }
        }
        Ok((CpuStorage::F32(output), input_layout.shape().clone()))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Var;

    use super::super::check::{assert_near, random};
    use super::*;

    #[test]
    fn value_and_gradient_are_those_of_the_composition() {
        let input = Var::from_tensor(&random(&[4, 6], 1)).unwrap();
        let slope = random(&[4, 3], 2);
        let fused = swiglu(&input).unwrap();
        let gate = input.narrow(1, 0, 3).unwrap().silu().unwrap();
        let composed = (gate * input.narrow(1, 3, 3).unwrap()).unwrap();
        assert_near(&fused, &composed, 1e-6);
        let fused = (fused * &slope).unwrap().sum_all().unwrap().backward().unwrap();
        let composed = (composed * &slope).unwrap().sum_all().unwrap().backward().unwrap();
        assert_near(fused.get(&input).unwrap(), composed.get(&input).unwrap(), 1e-5);
    }

    #[test]
    fn an_odd_number_of_features_is_refused() {
        assert!(swiglu(&random(&[2, 3], 1)).is_err());
    }
}

//! The differentiable operations of the model that are worth fusing.
//!
//! Candle can compose each of them from smaller ones, but on a CPU every small one is a pass over memory,
//! and a training step then spends most of its time moving activations. Each file here holds one operation,
//! its gradient worked out by hand, and a test that compares both with the composition.
//!
//! All of them work on a *packed* batch: the tokens of all sequences in one row, `[tokens, features]`, and
//! the lengths of the sequences beside it. Nothing is padded, and no sequence sees another.

mod attention;
mod cross_entropy;
mod head;
mod rms_norm;
mod rotary;
mod swiglu;

pub use attention::causal_attention;
pub use cross_entropy::cross_entropy;
pub use rms_norm::rms_norm;
pub use rotary::Rotary;
pub use swiglu::swiglu;

use candle_core::{CpuStorage, Layout, Result};

/// The values of a contiguous F32 tensor, as a slice.
fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!("a fused operation needs a contiguous tensor")
    };
    match storage.as_slice::<f32>()?.get(start..end) {
        Some(values) => Ok(values),
        None => candle_core::bail!("a tensor's layout reaches beyond its storage"),
    }
}

#[cfg(test)]
mod check {
    //! Helpers of the gradient tests.
    use candle_core::{Device, Tensor};
    use rand::{Rng as _, SeedableRng as _};

    /// Values from -1 to 1, the same at every call with the same seed.
    pub(super) fn random(shape: &[usize], seed: u64) -> Tensor {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let count = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|_| random.random_range(-1.0..1.0)).collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    /// Asserts that two tensors have one shape and differ nowhere by more than `tolerance`.
    pub(super) fn assert_near(left: &Tensor, right: &Tensor, tolerance: f32) {
        assert_eq!(left.dims(), right.dims());
        let left = left.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let right = right.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (index, (a, b)) in left.iter().zip(&right).enumerate() {
            assert!((a - b).abs() <= tolerance, "at {index}: {a} against {b}");
        }
    }
}

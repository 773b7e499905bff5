//! Causal multi-head attention with rotary positions over a packed batch (Vaswani et al., arXiv:1706.03762,
//! eq. 1, with each sequence masked to itself and to what came before).
//!
//! Here the packed batch is taken apart into heads and put together again; `head` works one head through.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor};

use super::head::Head;
use super::{Rotary, values};

/// From `[tokens, 3 * heads * head_dim]` (queries, keys, values) to `[tokens, heads * head_dim]`.
///
/// `lengths` are the lengths of the packed sequences; positions count from zero in each.
///
/// # Errors
/// When the shapes do not fit, the lengths do not add up to the tokens, or a sequence is longer than the
/// rotary tables.
pub fn causal_attention(
    qkv: &Tensor,
    lengths: Arc<[usize]>,
    heads: usize,
    rotary: Arc<Rotary>,
) -> Result<Tensor> {
    let (tokens, columns) = qkv.dims2()?;
    if heads == 0 || columns % (6 * heads) != 0 {
        candle_core::bail!("{columns} features do not split into {heads} heads of even size, three times")
    }
    if lengths.iter().sum::<usize>() != tokens {
        candle_core::bail!("the sequences hold {} tokens, the batch {tokens}", lengths.iter().sum::<usize>())
    }
    if let Some(length) = lengths.iter().find(|length| **length > rotary.positions()) {
        candle_core::bail!("a sequence of {length} tokens, positions for {}", rotary.positions())
    }
    qkv.apply_op1(Forward(Plan { lengths, heads, head_dim: columns / (3 * heads), rotary }))
}

#[derive(Clone)]
struct Plan {
    lengths: Arc<[usize]>,
    heads: usize,
    head_dim: usize,
    rotary: Arc<Rotary>,
}

impl Plan {
    fn width(&self) -> usize {
        self.heads * self.head_dim
    }

    fn scale(&self) -> f32 {
        1.0 / (self.head_dim as f32).sqrt()
    }

    /// Where each head of each sequence begins: first token, length, first feature within the width.
    fn each_head(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let starts = self.lengths.iter().scan(0, |next, length| {
            let start = *next;
            *next += length;
            Some((start, *length))
        });
        starts.flat_map(move |(start, length)| {
            (0..self.heads).map(move |head| (start, length, head * self.head_dim))
        })
    }

    fn gather(&self, qkv: &[f32], start: usize, length: usize, feature: usize) -> Head {
        let (width, dim) = (self.width(), self.head_dim);
        let [mut queries, mut keys, mut values] = [(); 3].map(|()| vec![0.0; length * dim]);
        for position in 0..length {
            let token = &qkv[(start + position) * 3 * width..(start + position + 1) * 3 * width];
            let place = position * dim..(position + 1) * dim;
            let part = |third: usize| &token[third * width + feature..third * width + feature + dim];
            self.rotary.rotate(part(0), position, self.scale(), &mut queries[place.clone()]);
            self.rotary.rotate(part(1), position, 1.0, &mut keys[place.clone()]);
            values[place].copy_from_slice(part(2));
        }
        Head::new(dim, queries, keys, values)
    }
}

struct Forward(Plan);

impl CustomOp1 for Forward {
    fn name(&self) -> &'static str {
        "causal-attention"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let plan = &self.0;
        let (tokens, _) = layout.shape().dims2()?;
        let (width, dim) = (plan.width(), plan.head_dim);
        let qkv = values(storage, layout)?;
        let mut output = vec![0.0; tokens * width];
        pulp::Arch::new().dispatch(|| {
            for (start, length, feature) in plan.each_head() {
                plan.gather(qkv, start, length, feature).forward(|position, mixture| {
                    let place = (start + position) * width + feature;
                    output[place..place + dim].copy_from_slice(mixture);
                });
            }
        });
        Ok((CpuStorage::F32(output), (tokens, width).into()))
    }

    fn bwd(&self, qkv: &Tensor, _output: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(qkv.apply_op2_no_bwd(&gradient.contiguous()?, &Gradient(self.0.clone()))?))
    }
}

struct Gradient(Plan);

impl CustomOp2 for Gradient {
    fn name(&self) -> &'static str {
        "causal-attention-gradient"
    }

    fn cpu_fwd(
        &self,
        qkv: &CpuStorage,
        qkv_layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let plan = &self.0;
        let (width, dim) = (plan.width(), plan.head_dim);
        let qkv = values(qkv, qkv_layout)?;
        let gradient = values(gradient, gradient_layout)?;
        let mut output = vec![0.0; qkv.len()];
        pulp::Arch::new().dispatch(|| {
            for (start, length, feature) in plan.each_head() {
                let slopes: Vec<f32> = (start..start + length)
                    .flat_map(|token| &gradient[token * width + feature..token * width + feature + dim])
                    .copied()
                    .collect();
                let [queries, keys, values] = plan.gather(qkv, start, length, feature).backward(&slopes);
                for position in 0..length {
                    let place = position * dim..(position + 1) * dim;
                    let token = (start + position) * 3 * width + feature;
                    let [to_query, to_key, to_value] = [0, width, 2 * width].map(|third| token + third);
                    plan.rotary.unrotate(
                        &queries[place.clone()],
                        position,
                        plan.scale(),
                        &mut output[to_query..to_query + dim],
                    );
                    plan.rotary.unrotate(
                        &keys[place.clone()],
                        position,
                        1.0,
                        &mut output[to_key..to_key + dim],
                    );
                    output[to_value..to_value + dim].copy_from_slice(&values[place]);
                }
            }
        });
        Ok((CpuStorage::F32(output), qkv_layout.shape().clone()))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{D, Device, Var};

    use super::super::check::{assert_near, random};
    use super::*;

    /// The same attention composed of candle's own operations, with a mask over the whole batch.
    fn composed(qkv: &Tensor, lengths: &[usize], heads: usize, theta: f64) -> Tensor {
        let (tokens, columns) = qkv.dims2().unwrap();
        let dim = columns / 3 / heads;
        let positions: Vec<f32> = lengths.iter().flat_map(|n| (0..*n).map(|p| p as f32)).collect();
        let sequence: Vec<usize> =
            lengths.iter().enumerate().flat_map(|(index, n)| std::iter::repeat_n(index, *n)).collect();
        let rates: Vec<f32> = (0..dim / 2).map(|i| theta.powf(-2.0 * i as f64 / dim as f64) as f32).collect();
        let positions = Tensor::from_vec(positions, (tokens, 1), &Device::Cpu).unwrap();
        let angles = positions.matmul(&Tensor::from_vec(rates, (1, dim / 2), &Device::Cpu).unwrap()).unwrap();
        let (cos, sin) = (angles.cos().unwrap(), angles.sin().unwrap());
        let split = |third: usize| {
            let part = qkv.narrow(1, third * heads * dim, heads * dim).unwrap();
            part.reshape((tokens, heads, dim)).unwrap().transpose(0, 1).unwrap().contiguous().unwrap()
        };
        let turn = |x: Tensor| {
            let (a, b) = (x.narrow(2, 0, dim / 2).unwrap(), x.narrow(2, dim / 2, dim / 2).unwrap());
            let times = |x: &Tensor, y: &Tensor| x.broadcast_mul(y).unwrap();
            let first = (times(&a, &cos) - times(&b, &sin)).unwrap();
            let second = (times(&b, &cos) + times(&a, &sin)).unwrap();
            Tensor::cat(&[first, second], 2).unwrap()
        };
        let mask: Vec<f32> = (0..tokens * tokens)
            .map(|place| (place / tokens, place % tokens))
            .map(|(i, j)| if j <= i && sequence[i] == sequence[j] { 0.0 } else { f32::NEG_INFINITY })
            .collect();
        let mask = Tensor::from_vec(mask, (tokens, tokens), &Device::Cpu).unwrap();
        let scores = turn(split(0)).matmul(&turn(split(1)).t().unwrap()).unwrap();
        let scores = (scores / (dim as f64).sqrt()).unwrap().broadcast_add(&mask).unwrap();
        let mixed = candle_nn::ops::softmax(&scores, D::Minus1).unwrap().matmul(&split(2)).unwrap();
        mixed.transpose(0, 1).unwrap().reshape((tokens, heads * dim)).unwrap()
    }

    #[test]
    fn value_and_gradient_are_those_of_the_composition() {
        let lengths = [4, 1, 6];
        let qkv = Var::from_tensor(&random(&[11, 3 * 2 * 8], 1)).unwrap();
        let slope = random(&[11, 16], 2);
        let rotary = Arc::new(Rotary::new(8, 16, 100.0));
        let fused = causal_attention(&qkv, Arc::from(lengths), 2, rotary).unwrap();
        let composed = composed(&qkv, &lengths, 2, 100.0);
        assert_near(&fused, &composed, 1e-5);
        let fused = (fused * &slope).unwrap().sum_all().unwrap().backward().unwrap();
        let composed = (composed * &slope).unwrap().sum_all().unwrap().backward().unwrap();
        assert_near(fused.get(&qkv).unwrap(), composed.get(&qkv).unwrap(), 1e-5);
    }

    #[test]
    fn a_sequence_is_the_same_alone_and_in_company() {
        let both = random(&[9, 24], 5);
        let rotary = Arc::new(Rotary::new(4, 8, 100.0));
        let together = causal_attention(&both, Arc::from([4, 5]), 2, Arc::clone(&rotary)).unwrap();
        let second = both.narrow(0, 4, 5).unwrap().contiguous().unwrap();
        let alone = causal_attention(&second, Arc::from([5]), 2, rotary).unwrap();
        assert_near(&together.narrow(0, 4, 5).unwrap(), &alone, 0.0);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let rotary = Arc::new(Rotary::new(4, 3, 100.0));
        let qkv = random(&[4, 24], 1);
        for (lengths, heads) in [(vec![3], 2), (vec![4], 2), (vec![2, 2], 5), (vec![2, 2], 0)] {
            assert!(causal_attention(&qkv, Arc::from(lengths), heads, Arc::clone(&rotary)).is_err());
        }
        assert!(causal_attention(&qkv, Arc::from([2, 2]), 2, rotary).is_ok());
    }
}

//! The inner loops of attention: one head of one sequence.
//!
//! The probabilities are never stored: the gradient computes them again, row by row. The loops run along
//! contiguous memory and add elementwise, so that they vectorise to any width with one and the same result.

/// One head of one sequence, gathered into contiguous memory; queries and keys are rotated, and queries
/// already divided by the square root of the head's size.
pub(super) struct Head {
    length: usize,
    dim: usize,
    queries: Vec<f32>,
    keys: Vec<f32>,
    keys_across: Vec<f32>,
    values: Vec<f32>,
    row: Vec<f32>,
}

/// The transpose of `[rows, columns]`.
fn across(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut output = vec![0.0; values.len()];
    for (row, source) in values.chunks_exact(columns).enumerate() {
        for (column, value) in source.iter().enumerate() {
            output[column * rows + row] = *value;
        }
    }
    output
}

/// `target += factor * source`.
#[inline(always)]
fn add_scaled(target: &mut [f32], factor: f32, source: &[f32]) {
    for (target, source) in target.iter_mut().zip(source) {
        *target += factor * source;
    }
}

/// `target[j] = sum over d of vector[d] * matrix[d][j]`, for a matrix of rows of `stride`.
///
/// Four rows at a time, so that the target is read and written a quarter as often.
#[inline(always)]
fn products(target: &mut [f32], vector: &[f32], matrix: &[f32], stride: usize) {
    target.fill(0.0);
    let (fours, rest) = vector.as_chunks::<4>();
    let (blocks, tail) = matrix.split_at(fours.len() * 4 * stride);
    for ([a, b, c, d], block) in fours.iter().zip(blocks.chunks_exact(4 * stride)) {
        let (first, second) = block.split_at(2 * stride);
        let ((one, two), (three, four)) = (first.split_at(stride), second.split_at(stride));
        let rows = one.iter().zip(two).zip(three.iter().zip(four));
        for (target, ((one, two), (three, four))) in target.iter_mut().zip(rows) {
            *target += a * one + b * two + c * three + d * four;
        }
    }
    for (factor, row) in rest.iter().zip(tail.chunks_exact(stride)) {
        add_scaled(target, *factor, row);
    }
}

impl Head {
    /// A head of size `dim` from rotated queries, rotated keys and values, each `[length, dim]`.
    pub(super) fn new(dim: usize, queries: Vec<f32>, keys: Vec<f32>, values: Vec<f32>) -> Self {
        let length = values.len() / dim;
        let keys_across = across(&keys, length, dim);
        Self { length, dim, queries, keys, keys_across, values, row: vec![0.0; length] }
    }

    /// Leaves in `row` the probabilities with which `position` attends to itself and to what is before it.
    #[inline(always)]
    fn attend(&mut self, position: usize) {
        let query = &self.queries[position * self.dim..(position + 1) * self.dim];
        let row = &mut self.row[..=position];
        products(row, query, &self.keys_across, self.length);
        let peak = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for value in row.iter_mut() {
            *value = (*value - peak).exp();
            sum += *value;
        }
        let inverse = 1.0 / sum;
        for value in row {
            *value *= inverse;
        }
    }

    /// Calls `emit` with each position and its mixture of values.
    #[inline(always)]
    pub(super) fn forward(&mut self, mut emit: impl FnMut(usize, &[f32])) {
        let mut mixture = vec![0.0; self.dim];
        for position in 0..self.length {
            self.attend(position);
            products(&mut mixture, &self.row[..=position], &self.values, self.dim);
            emit(position, &mixture);
        }
    }

    /// The gradients of the rotated, scaled queries, of the rotated keys and of the values.
    #[inline(always)]
    pub(super) fn backward(&mut self, slopes: &[f32]) -> [Vec<f32>; 3] {
        let dim = self.dim;
        let [mut to_queries, mut to_keys, mut to_values] = [(); 3].map(|()| vec![0.0; self.length * dim]);
        let values_across = across(&self.values, self.length, dim);
        let mut pull = vec![0.0; self.length];
        for position in 0..self.length {
            self.attend(position);
            let place = position * dim..(position + 1) * dim;
            let (query, slope) = (&self.queries[place.clone()], &slopes[place.clone()]);
            let row = &self.row[..=position];
            let pull = &mut pull[..=position];
            products(pull, slope, &values_across, self.length);
            let mean: f32 = row.iter().zip(pull.iter()).map(|(p, d)| p * d).sum();
            for (pull, probability) in pull.iter_mut().zip(row) {
                *pull = probability * (*pull - mean);
            }
            products(&mut to_queries[place], pull, &self.keys, dim);
            let targets = to_keys.chunks_exact_mut(dim).zip(to_values.chunks_exact_mut(dim));
            for ((weight, pull), (to_key, to_value)) in row.iter().zip(pull.iter()).zip(targets) {
                add_scaled(to_key, *pull, query);
                add_scaled(to_value, *weight, slope);
            }
        }
        [to_queries, to_keys, to_values]
    }
}

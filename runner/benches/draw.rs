//! How long it takes to draw one token, for a small vocabulary and for a large one.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use reports::record::{Coupling, Sampling};
use runner::engine::coupling::{Chooser, Draw};
use std::hint::black_box;

/// Tokens of a small vocabulary, and of Qwen's.
const VOCABULARIES: [usize; 2] = [1_280, 151_936];

/// Logits about as a language model has them: most of them near each other, a few far above.
fn logits(tokens: usize) -> Vec<f32> {
    let spread =
        |token: usize| ((token as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f32 / 16_777_216.0;
    (0..tokens).map(|token| 6.0 * spread(token) + if token % 997 == 5 { 9.0 } else { 0.0 }).collect()
}

fn draw(criterion: &mut Criterion) {
    let plain = Sampling { coupling: Coupling::Gumbel, ..Sampling::plain(0.8, 1) };
    let filters = [
        ("gumbel", Draw::Gumbel, plain.clone()),
        ("gumbel_top_k_50", Draw::Gumbel, Sampling { top_k: Some(50), ..plain.clone() }),
        ("gumbel_top_p_0.9", Draw::Gumbel, Sampling { top_p: Some(0.9), ..plain.clone() }),
        ("plain", Draw::Plain, plain),
    ];
    for (name, draw, sampling) in filters {
        let mut group = criterion.benchmark_group(format!("draw/{name}"));
        for tokens in VOCABULARIES {
            let logits = logits(tokens);
            let chooser = Chooser::new(draw, &sampling, 1);
            let mut position = 0;
            group.bench_function(BenchmarkId::from_parameter(tokens), |bencher| {
                bencher.iter(|| {
                    position += 1;
                    chooser.choose(black_box(&logits), position)
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, draw);
criterion_main!(benches);

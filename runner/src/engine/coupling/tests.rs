//! Draws against the distributions that they have to have.

use super::*;
use proptest::prelude::*;
use reports::record::Coupling;
use std::collections::BTreeSet;

fn plain(temperature: f64) -> Sampling {
    Sampling { coupling: Coupling::Gumbel, ..Sampling::plain(temperature, 1) }
}

fn softmax(logits: &[f32], temperature: f64) -> Vec<f64> {
    let weights: Vec<f64> = logits.iter().map(|logit| (f64::from(*logit) / temperature).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

fn counts(draw: Draw, sampling: &Sampling, logits: &[f32], draws: u64) -> Vec<u64> {
    let mut counts = vec![0; logits.len()];
    for seed in 0..draws {
        let token = Chooser::new(draw, sampling, seed).choose(logits, seed % 7).unwrap();
        counts[token as usize] += 1;
    }
    counts
}

fn chi_square(counts: &[u64], probabilities: &[f64]) -> f64 {
    let draws = counts.iter().sum::<u64>() as f64;
    let terms = counts.iter().zip(probabilities).filter(|(_, probability)| **probability > 0.0);
    terms
        .map(|(count, probability)| (*count as f64 - draws * probability).powi(2) / (draws * probability))
        .sum()
}

const LOGITS: [f32; 8] = [0.3, -1.2, 2.0, 0.0, -0.7, 1.1, -2.5, 0.9];
/// The 0.999 quantile of chi-square with 7 degrees of freedom (scipy 1.14, `chi2.ppf(0.999, 7)`).
const LIMIT_7: f64 = 24.322;
/// The same with 3.
const LIMIT_3: f64 = 16.266;

#[test]
fn the_marginal_is_the_softmax_at_every_temperature() {
    for draw in [Draw::Gumbel, Draw::Plain] {
        for temperature in [0.3, 1.0, 2.5] {
            let counts = counts(draw, &plain(temperature), &LOGITS, 40_000);
            // At 0.3 the rarest tokens would be expected less than five times: they count as one.
            let mut expected = softmax(&LOGITS, temperature);
            let mut counts = counts;
            let rare: Vec<usize> = (0..8).filter(|token| expected[*token] * 40_000.0 < 5.0).collect();
            for token in rare {
                (counts[0], expected[0]) = (counts[0] + counts[token], expected[0] + expected[token]);
                (counts[token], expected[token]) = (0, 0.0);
            }
            let statistic = chi_square(&counts, &expected);
            assert!(statistic < LIMIT_7, "{draw:?} at {temperature}: {statistic}, {counts:?}");
        }
    }
}

#[test]
fn rare_tokens_keep_their_share() {
    // One certain token, and two thousand that together have a share of one in a hundred.
    let mut logits = vec![0.0_f32; 2_001];
    logits[1_000] = (99.0_f32 * 2_000.0).ln();
    let other = (0..10_000)
        .filter(|seed| Chooser::new(Draw::Gumbel, &plain(1.0), *seed).choose(&logits, 0) != Some(1_000))
        .count();
    // Binomial with mean 100 and standard deviation 9.9.
    assert!((65..=135).contains(&other), "{other}");
}

#[test]
fn filters_leave_what_is_worked_out_by_hand() {
    // Softmax, most probable first: 2 (0.43), 5 (0.17), 7 (0.14), 0 (0.08), 3 (0.06), 4 (0.03), 1 (0.02), 6 (0.005).
    let left = |change: fn(&mut Sampling)| {
        let mut sampling = plain(1.0);
        change(&mut sampling);
        let chooser = Chooser::new(Draw::Gumbel, &sampling, 0);
        chooser.support(&LOGITS)
    };
    assert_eq!(left(|_| ()), None);
    assert_eq!(left(|s| s.top_k = Some(3)), Some(vec![2, 5, 7]));
    assert_eq!(left(|s| s.top_k = Some(100)), Some(vec![0, 1, 2, 3, 4, 5, 6, 7]));
    assert_eq!(left(|s| s.top_p = Some(0.5)), Some(vec![2, 5]));
    assert_eq!(left(|s| s.top_p = Some(1e-9)), Some(vec![2]));
    assert_eq!(left(|s| s.min_p = Some(0.3)), Some(vec![2, 5, 7]));
    // Of the 0.60 that the first two have, half is within the first.
    assert_eq!(left(|s| (s.top_k, s.top_p) = (Some(2), Some(0.5))), Some(vec![2]));
    // A warm distribution is flat, so a nucleus holds more.
    assert_eq!(left(|s| (s.temperature, s.top_p) = (10.0, Some(0.5))), Some(vec![0, 2, 5, 7]));
    // Of equal tokens the lower number counts as more probable.
    let mut sampling = plain(1.0);
    sampling.top_k = Some(2);
    assert_eq!(Chooser::new(Draw::Gumbel, &sampling, 0).support(&[1.0; 5]), Some(vec![0, 1]));
}

#[test]
fn what_filters_leave_keeps_its_proportions() {
    let mut sampling = plain(1.0);
    sampling.top_k = Some(4);
    let left = [2, 5, 7, 0];
    let all = softmax(&LOGITS, 1.0);
    let total: f64 = left.iter().map(|token| all[*token]).sum();
    let expected: Vec<f64> =
        (0..8).map(|token| if left.contains(&token) { all[token] / total } else { 0.0 }).collect();
    for draw in [Draw::Gumbel, Draw::Plain] {
        let counts = counts(draw, &sampling, &LOGITS, 20_000);
        assert!(chi_square(&counts, &expected) < LIMIT_3, "{counts:?}");
        assert_eq!(
            counts.iter().zip(&expected).filter(|(count, share)| **count > 0 && **share == 0.0).count(),
            0
        );
    }
}

/// Two models with probabilities p and q draw the same token i with probability
/// 1 / Σ_j max(p_j / p_i, q_j / q_i): the minimum of independent exponentials with those rates.
#[test]
fn two_models_agree_as_often_as_the_coupling_says() {
    let other = LOGITS.map(|logit| logit + if logit > 0.5 { 0.4 } else { -0.1 });
    let (p, q) = (softmax(&LOGITS, 1.0), softmax(&other, 1.0));
    let agree: f64 = (0..8).map(|i| 1.0 / (0..8).map(|j| (p[j] / p[i]).max(q[j] / q[i])).sum::<f64>()).sum();
    let sampling = plain(1.0);
    let draws = 40_000;
    let found = (0..draws)
        .filter(|seed| {
            let chooser = Chooser::new(Draw::Gumbel, &sampling, *seed);
            chooser.choose(&LOGITS, 0) == chooser.choose(&other, 0)
        })
        .count() as f64
        / draws as f64;
    let deviation = (agree * (1.0 - agree) / draws as f64).sqrt();
    assert!((found - agree).abs() < 4.0 * deviation, "{found} against {agree}");
}

/// The first five outputs for the seed 1234567, from Vigna's reference implementation
/// (<https://prng.di.unimi.it/splitmix64.c>).
#[test]
fn the_bits_are_those_of_splitmix() {
    assert_eq!(
        [0, 1, 2, 3, 4].map(|token| Noise(1_234_567).of(token)),
        [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821
        ]
    );
}

#[test]
fn the_noise_never_changes() {
    // Pinned when the noise was fixed: records made earlier must stay reproducible.
    let noise = |seed, position| Noise::new(&Chooser::new(Draw::Gumbel, &plain(1.0), seed).key, position);
    assert_eq!(noise(0, 1).of(151_935), PINNED);
    let others = [noise(0, 0).of(151_935), noise(1, 1).of(151_935), noise(0, 1).of(0)];
    assert!(!others.contains(&PINNED));
}

const PINNED: u64 = 1_898_031_208_952_840_818;

#[test]
fn seed_and_position_decide_and_nothing_else() {
    let chooser = Chooser::new(Draw::Gumbel, &plain(1.0), 5);
    let reply: Vec<_> = (0..50).map(|position| chooser.choose(&LOGITS, position)).collect();
    assert_eq!(reply, (0..50).map(|position| chooser.choose(&LOGITS, position)).collect::<Vec<_>>());
    assert!(reply.iter().collect::<BTreeSet<_>>().len() > 3, "{reply:?}");
    let other = Chooser::new(Draw::Gumbel, &plain(1.0), 6);
    assert_ne!(reply, (0..50).map(|position| other.choose(&LOGITS, position)).collect::<Vec<_>>());
}

#[test]
fn greed_takes_the_first_of_the_best() {
    for temperature in [0.0, 1e-8, -1.0, f64::NAN] {
        let chooser = Chooser::new(Draw::Gumbel, &plain(temperature), 1);
        assert_eq!(chooser.choose(&[0.0, 2.0, 2.0], 0), Some(1));
    }
}

#[test]
fn what_is_no_distribution_has_no_draw() {
    let chooser = Chooser::new(Draw::Gumbel, &plain(1.0), 1);
    let none = [&[][..], &[f32::NAN, 1.0], &[f32::INFINITY, 1.0], &[f32::NEG_INFINITY; 3]];
    for logits in none {
        assert_eq!(chooser.choose(logits, 0), None, "{logits:?}");
    }
    // A token that is masked is never drawn.
    let masked = [f32::NEG_INFINITY, 1.0, f32::NEG_INFINITY];
    for draw in [Draw::Gumbel, Draw::Plain, Draw::Greedy] {
        assert_eq!(Chooser::new(draw, &plain(1.0), 1).choose(&masked, 0), Some(1));
    }
}

#[test]
fn noise_stays_below_its_bound_at_the_ends() {
    for bits in [0, 1, 2, u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) - 1, 1 << 32] {
        assert!(gumbel(bits).is_finite() && gumbel(bits) <= most(bits), "{bits}");
    }
}

proptest! {
    #[test]
    fn any_logits_and_parameters_give_a_token_that_the_filters_leave(
        logits in prop::collection::vec(prop_oneof![
            4 => -40.0_f32..40.0,
            1 => Just(f32::NEG_INFINITY),
            1 => Just(0.0),
        ], 1..700),
        temperature in prop_oneof![Just(0.0), Just(1e-6), 1e-3..10.0_f64],
        top_k in prop::option::of(1_u32..900),
        top_p in prop::option::of(1e-6..1.0_f64),
        min_p in prop::option::of(0.0..0.999_f64),
        seed: u64,
        position: u64,
    ) {
        let sampling = Sampling { top_k, top_p, min_p, ..plain(temperature) };
        for draw in [Draw::Gumbel, Draw::Plain] {
            let chooser = Chooser::new(draw, &sampling, seed);
            let chosen = chooser.choose(&logits, position);
            prop_assert_eq!(chosen, chooser.choose(&logits, position));
            match chosen {
                None => prop_assert!(logits.iter().all(|logit| *logit == f32::NEG_INFINITY)),
                Some(token) => {
                    let token = token as usize;
                    prop_assert!(logits[token] > f32::NEG_INFINITY);
                    if temperature >= GREEDY && let Some(left) = chooser.support(&logits) {
                        prop_assert!(left.contains(&token), "{} not in {:?}", token, left);
                        prop_assert!(top_k.is_none_or(|k| left.len() <= k as usize));
                    }
                }
            }
        }
    }

    #[test]
    fn noise_stays_below_its_bound(bits: u64) {
        prop_assert!(gumbel(bits) <= most(bits));
    }
}

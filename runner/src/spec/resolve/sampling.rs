//! Sampling parameters: ranges, and a turn's own over the probe's.

use crate::spec::{location::EntryPart, problems::Problems, raw::RawSampling};
use reports::record::{Coupling, Sampling};

/// What holds where a spec says nothing: the model's own distribution.
pub(super) const DEFAULT: &Sampling = &Sampling {
    temperature: 1.0,
    max_tokens: 256,
    top_p: None,
    top_k: None,
    min_p: None,
    stop: Vec::new(),
    coupling: Coupling::Gumbel,
};

/// Most strings that end a reply.
const MAX_STOPS: usize = 16;

/// The parameters at `path`, what is left out taken from `base`.
pub(super) fn resolve(raw: &RawSampling, base: &Sampling, path: &str, problems: &mut Problems) -> Sampling {
    let mut check = |key: &str, fine: bool, range: &str| {
        if !fine {
            problems.add(format!("{path}.{key}"), EntryPart::Value, format!("`{key}` goes {range}"));
        }
    };
    let within = |value: Option<f64>, fine: fn(f64) -> bool| value.is_none_or(fine);
    check("temperature", within(raw.temperature, |t| (0.0..=10.0).contains(&t)), "from 0 to 10");
    check("max_tokens", raw.max_tokens.is_none_or(|n| (1..=32_768).contains(&n)), "from 1 to 32768");
    check("top_p", within(raw.top_p, |p| p > 0.0 && p <= 1.0), "from above 0 to 1");
    check("top_k", raw.top_k.is_none_or(|k| k > 0), "from 1 upwards");
    check("min_p", within(raw.min_p, |p| (0.0..1.0).contains(&p)), "from 0 to below 1");
    let stops = raw.stop.as_deref().unwrap_or_default();
    let fine = stops.len() <= MAX_STOPS && stops.iter().all(|stop| !stop.is_empty() && stop.len() <= 200);
    check("stop", fine, "up to 16 strings of 1 to 200 bytes");
    Sampling {
        temperature: raw.temperature.unwrap_or(base.temperature),
        max_tokens: raw.max_tokens.unwrap_or(base.max_tokens),
        top_p: raw.top_p.or(base.top_p),
        top_k: raw.top_k.or(base.top_k),
        min_p: raw.min_p.or(base.min_p),
        stop: raw.stop.clone().unwrap_or_else(|| base.stop.clone()),
        coupling: raw.coupling.unwrap_or(base.coupling),
    }
}

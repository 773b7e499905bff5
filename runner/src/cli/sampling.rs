//! Sampling from the command line, in the place of what specs say: given as numbers, or as what a model's own files
//! recommend.

use super::args::SamplingArgs;
use crate::{
    engine::reference::ModelReference,
    error::Error,
    spec::{Probe, Resample},
    store,
};
use serde_json::Value as Json;
use std::path::Path;

/// What a model's publisher recommends, beside the weights.
const RECOMMENDED: &str = "generation_config.json";

/// The probes as one model is asked: sampling that the command line gives takes the place of the probe's own, and of that
/// of turns which do not say otherwise.
pub(super) fn resampled(
    arguments: &SamplingArgs,
    model: &ModelReference,
    probes: &[Probe],
) -> Result<Vec<Probe>, Error> {
    let mut probes = probes.to_vec();
    if let Some(resample) = resample(arguments, model)? {
        probes.iter_mut().for_each(|probe| probe.resample(&resample));
    }
    Ok(probes)
}

fn resample(arguments: &SamplingArgs, model: &ModelReference) -> Result<Option<Resample>, Error> {
    let SamplingArgs { temperature, top_p, top_k, min_p, max_tokens, sampling } = arguments;
    let mut found = match sampling {
        None => Resample::default(),
        Some(super::args::SamplingSource::Model) => of_model(model)?,
    };
    found.temperature = temperature.or(found.temperature);
    found.max_tokens = *max_tokens;
    for (own, given) in [(&mut found.top_p, top_p), (&mut found.min_p, min_p)] {
        if given.is_some() {
            *own = Some(*given);
        }
    }
    if top_k.is_some() {
        found.top_k = Some(*top_k);
    }
    Ok((found != Resample::default()).then_some(found))
}

/// What the model's files recommend. It is the whole of it: what they do not mention is off.
fn of_model(model: &ModelReference) -> Result<Resample, Error> {
    let folder = model.folder().ok_or_else(|| {
        Error::Usage(format!(
            "{model} has no {RECOMMENDED} on this machine, so it recommends no sampling; give it by --temperature, \
             --top-p, --top-k and --min-p"
        ))
    })?;
    let text = store::read_text(&folder.join(RECOMMENDED)).map_err(|error| {
        Error::Usage(format!(
            "{}: {error}; give the sampling by --temperature, --top-p, --top-k and --min-p",
            shown(&folder)
        ))
    })?;
    recommended(&text).map_err(|why| Error::Usage(format!("{}: {why}", shown(&folder))))
}

fn shown(folder: &Path) -> String {
    folder.join(RECOMMENDED).display().to_string()
}

fn recommended(text: &str) -> Result<Resample, String> {
    let config: Json = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    let number = |key: &str, fine: fn(f64) -> bool, range: &str| match config.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(value) => match value.as_f64().filter(|number| fine(*number)) {
            Some(number) => Ok(Some(number)),
            None => Err(format!("its `{key}` is {value}, which is not {range}")),
        },
    };
    let greedy = config.get("do_sample").and_then(Json::as_bool) == Some(false);
    let temperature = number("temperature", |t| (0.0..=10.0).contains(&t), "from 0 to 10")?;
    // In these files, as in the library that reads them, sampling is off unless it is switched on; a file that names a
    // temperature means it.
    let temperature = if greedy { Some(0.0) } else { temperature };
    let top_k =
        number("top_k", |k| (0.0..=f64::from(u32::MAX)).contains(&k) && k.fract() == 0.0, "a whole number")?;
    Ok(Resample {
        temperature: Some(temperature.unwrap_or(1.0)),
        top_p: Some(
            number("top_p", |p| p > 0.0 && p <= 1.0, "above 0 and up to 1")?.filter(|share| *share < 1.0),
        ),
        // 0 is how such a file switches it off.
        top_k: Some(top_k.map(|count| count as u32).filter(|count| *count > 0)),
        min_p: Some(
            number("min_p", |p| (0.0..1.0).contains(&p), "from 0 to below 1")?.filter(|share| *share > 0.0),
        ),
        max_tokens: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recommendation_is_read_as_a_whole() {
        let read = recommended(
            r#"{"do_sample": true, "temperature": 0.7, "top_p": 0.8, "top_k": 20, "eos_token_id": [1]}"#,
        );
        let expected = Resample {
            temperature: Some(0.7),
            top_p: Some(Some(0.8)),
            top_k: Some(Some(20)),
            min_p: Some(None),
            max_tokens: None,
        };
        assert_eq!(read, Ok(expected));
        let greedy = recommended(r#"{"do_sample": false, "top_k": 0}"#).unwrap();
        assert_eq!((greedy.temperature, greedy.top_k), (Some(0.0), Some(None)));
        assert_eq!(recommended("{}").unwrap().temperature, Some(1.0));
        for wrong in
            [r#"{"temperature": -1}"#, r#"{"top_p": 2}"#, r#"{"top_k": 1.5}"#, "[", r#"{"min_p": "x"}"#]
        {
            assert!(recommended(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_model_without_a_recommendation_says_so() {
        let model = ModelReference::parse("builtin:sft").unwrap();
        assert!(of_model(&model).unwrap_err().to_string().contains("--temperature"));
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("config.json"), "{}").unwrap();
        let model = ModelReference::parse(place.path().to_str().unwrap()).unwrap();
        assert!(of_model(&model).is_err());
        std::fs::write(place.path().join(RECOMMENDED), r#"{"temperature": 0.6}"#).unwrap();
        assert_eq!(of_model(&model).unwrap().temperature, Some(0.6));
    }
}

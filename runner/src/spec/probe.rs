//! A probe with every question settled: what the executor walks and the record freezes.
//!
//! Nothing here can be wrong any more. Defaults are filled in, data files are read, turns that do
//! not occur in an arm are gone, and every name refers to something that exists.

use indexmap::IndexMap;
use reports::record::{
    ArmRecord, CaseRecord, ProbeRecord, Sampling,
    dialogue::{Dialogue, Speak, each_spoken},
};
use scorers::{Speaker, template::Variables};

/// A probe that is ready to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// What the record keeps of it: cases, arms, dialogues, scores, metrics, expectations, source and hash.
    pub record: ProbeRecord,
    /// Whether the spec asks for coupled draws by name: then no engine runs it that cannot. Where it says nothing, draws are coupled
    /// wherever the engines can.
    pub must_couple: bool,
    /// The scripts that play speakers where no model does.
    pub scripts: IndexMap<Speaker, Script>,
}

/// A script beside a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The file, as the spec names it.
    pub path: String,
    /// What it holds.
    pub text: String,
}

impl Probe {
    /// The first part of the id: `grounding` of `grounding.repair`.
    pub fn family(&self) -> &str {
        self.record.id.split_once('.').map_or(self.record.id.as_str(), |(family, _)| family)
    }

    /// The arms that a case runs in, in the order of the spec, with the dialogue of each.
    pub fn arms_of<'a>(
        &'a self,
        case: &'a CaseRecord,
    ) -> impl Iterator<Item = (&'a str, &'a ArmRecord, &'a Dialogue)> {
        self.record.arms.iter().filter_map(move |(name, arm)| {
            let runs = case.arm.as_ref().is_none_or(|own| own == name);
            Some((name.as_str(), arm, self.record.dialogues.get(name)?)).filter(|_| runs)
        })
    }

    /// The case of that id.
    pub fn case(&self, id: &str) -> Option<&CaseRecord> {
        self.record.cases.iter().find(|case| case.id == id)
    }

    /// Puts other sampling into the place of the probe's own, and of that of live turns which do not say otherwise.
    pub fn resample(&mut self, resample: &Resample) {
        let own = self.record.sampling.clone();
        let mut change = |speak: &mut Speak| resample.apply(&mut speak.sampling, &own);
        self.record.dialogues.values_mut().for_each(|steps| each_spoken(steps, &mut change));
        resample.apply(&mut self.record.sampling, &own);
        self.record.resampled = true;
    }

    /// Leaves every draw of a token to the engine, whatever the spec says.
    pub fn uncouple(&mut self) {
        self.record.uncouple();
        self.must_couple = false;
    }

    /// The variables of a case in an arm, before anything was said; none where either is unknown.
    pub fn variables(&self, case: &str, arm: &str) -> Option<Variables> {
        Some(self.case(case)?.variables_in(Some((arm, self.record.arms.get(arm)?))))
    }
}

/// Sampling that takes the place of a probe's; what is none here stays as it is. The inner none switches something off.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resample {
    /// Softmax temperature.
    pub temperature: Option<f64>,
    /// Nucleus.
    pub top_p: Option<Option<f64>>,
    /// The most probable tokens only.
    pub top_k: Option<Option<u32>>,
    /// Tokens at least this share as probable as the best one.
    pub min_p: Option<Option<f64>>,
    /// Most tokens of a reply.
    pub max_tokens: Option<u32>,
}

impl Resample {
    /// Every parameter as this sampling has it.
    pub(super) fn to(sampling: &Sampling) -> Self {
        Self {
            temperature: Some(sampling.temperature),
            top_p: Some(sampling.top_p),
            top_k: Some(sampling.top_k),
            min_p: Some(sampling.min_p),
            max_tokens: Some(sampling.max_tokens),
        }
    }

    /// Changes what is still as the probe has it.
    pub(super) fn apply(&self, sampling: &mut Sampling, own: &Sampling) {
        fn put<T: PartialEq + Clone>(place: &mut T, own: &T, new: Option<&T>) {
            if let Some(new) = new.filter(|_| place == own) {
                *place = new.clone();
            }
        }
        put(&mut sampling.temperature, &own.temperature, self.temperature.as_ref());
        put(&mut sampling.top_p, &own.top_p, self.top_p.as_ref());
        put(&mut sampling.top_k, &own.top_k, self.top_k.as_ref());
        put(&mut sampling.min_p, &own.min_p, self.min_p.as_ref());
        put(&mut sampling.max_tokens, &own.max_tokens, self.max_tokens.as_ref());
    }
}

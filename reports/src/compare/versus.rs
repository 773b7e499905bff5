//! Comparing one base record with heads.

use super::{
    differences,
    draft::{Draft, adjust},
    error::{CompareError, PolicyProblem},
    matrix::Matrix,
    metric::draft,
    options::CompareOptions,
    result::{COMPARISON_VERSION, Comparison, Family, Standing, TrialPairs, VerdictTally, Versus},
    side::Side,
};
use crate::{digest::tables::ProbeTable, record::ProbeRecord};
use rayon::prelude::*;
use scorers::metric::multiplicity::Multiplicity;

/// Grades of probes that are compared at a time, of both sides: while a probe is compared its grades are in memory
/// twice, some hundred bytes a pair.
const TOGETHER: usize = 1_000_000;

/// Compares a base with one or more heads. Runs in the rayon pool of the caller; the result does not
/// depend on how many threads that has.
///
/// # Errors
/// When there is no head, when a head has no trial in common with the base, when a name that is to be allowed
/// does not exist, or when the policy does not fit the records. Records that do not measure the same are
/// no error: their comparison says so and holds no numbers.
pub fn compare(base: &Side, heads: &[Side], options: &CompareOptions) -> Result<Comparison, CompareError> {
    if heads.is_empty() {
        return Err(CompareError::OneRecord);
    }
    validate(std::iter::once(base).chain(heads), options)?;
    let heads = heads.iter().map(|head| versus(base, head, options)).collect::<Result<Vec<_>, _>>()?;
    let base = base.summary();
    let matrix = (heads.len() > 1).then(|| Matrix::of(&base, &heads));
    Ok(Comparison { format: COMPARISON_VERSION, settings: options.settings(), base, heads, matrix })
}

/// Checks the options, and that the policy fits the records.
pub(super) fn validate<'a>(
    sides: impl IntoIterator<Item = &'a Side>,
    options: &CompareOptions,
) -> Result<(), CompareError> {
    if !(options.level > 0.0 && options.level < 0.5) {
        return Err(CompareError::Setting(options.level, "level of a test between 0 and 0.5"));
    }
    if !(options.power > 0.5 && options.power < 1.0) {
        return Err(CompareError::Setting(options.power, "power between 0.5 and 1"));
    }
    if let Some(policy) = &options.policy {
        let mut problems = policy.validate();
        let probes: Vec<&ProbeRecord> = sides.into_iter().flat_map(|side| &side.header().probes).collect();
        problems.extend(policy.unfit(&probes));
        if !problems.is_empty() {
            return Err(CompareError::Policy(problems));
        }
    }
    Ok(())
}

/// Compares one head with the base; the options have been checked.
pub(super) fn versus(base: &Side, head: &Side, options: &CompareOptions) -> Result<Versus, CompareError> {
    let comparability = differences::between(base, head, &options.allowed()?);
    let mut versus = Versus {
        head: head.summary(),
        comparability,
        trials: TrialPairs::default(),
        tally: VerdictTally::default(),
        families: Vec::new(),
        probes: Vec::new(),
        lost: lost(base, head),
    };
    if versus.comparability.refused {
        return Ok(versus);
    }
    let mut drafts: Vec<Draft> = Vec::new();
    for probes in groups(base, head, TOGETHER) {
        drafts.par_extend(probes.par_iter().filter_map(|probe| draft(probe, base, head, options)));
    }
    versus.trials = trials(&drafts, base, head);
    if versus.trials.common == 0 {
        let (base, head) = (base.name().to_owned(), head.name().to_owned());
        return Err(CompareError::NoCommonTrial { base, head });
    }
    let multiplicity = options.settings().multiplicity;
    for standing in [Standing::Gated, Standing::Headline] {
        let (tests, unable) = adjust(&mut drafts, standing, multiplicity, options.level);
        if tests + unable > 0 {
            versus.families.push(Family { standing, tests, unable });
        }
    }
    // Without an adjustment every test has the whole level.
    let families = if multiplicity == Multiplicity::None { Vec::new() } else { versus.families.clone() };
    let tests = |standing: Standing| {
        families.iter().find(|family| family.standing == standing).map_or(1, |family| family.tests.max(1))
    };
    for draft in drafts {
        let id = draft.probe.id.clone();
        let probe = draft.finish(tests, options).map_err(|(metric, message)| {
            let rule = options.policy.as_ref().and_then(|policy| policy.rule(&id, &metric));
            let path = rule.map_or(String::new(), |(place, _)| format!("metrics[{place}].margin"));
            CompareError::Policy(vec![PolicyProblem { path, message: format!("{id}/{metric}: {message}") }])
        })?;
        for metric in probe.metrics.values() {
            versus.tally.add(metric.verdict);
        }
        versus.probes.push(probe);
    }
    Ok(versus)
}

/// Metrics of the base that the head does not have.
fn lost(base: &Side, head: &Side) -> Vec<String> {
    let has = |probe: &str, metric: &str| {
        head.header().probes.iter().any(|other| other.id == probe && other.metrics.contains_key(metric))
    };
    let probes = base.header().probes.iter();
    let names = probes.flat_map(|probe| probe.metrics.keys().map(|metric| (probe.id.as_str(), metric)));
    names
        .filter(|(probe, metric)| !has(probe, metric))
        .map(|(probe, metric)| format!("{probe}/{metric}"))
        .collect()
}

/// The probes of the base in their order, as many at a time as have so many grades: at least one.
fn groups<'a>(base: &'a Side, head: &Side, most: usize) -> Vec<&'a [ProbeRecord]> {
    let grades = |side: &Side, id: &str| side.probe(id).map_or(0, ProbeTable::grades);
    let (mut rest, mut groups) = (base.header().probes.as_slice(), Vec::new());
    while !rest.is_empty() {
        let mut sum = 0_usize;
        let fit = rest.iter().take_while(|probe| {
            sum += grades(base, &probe.id) + grades(head, &probe.id);
            sum <= most
        });
        let (group, later) = rest.split_at(fit.count().clamp(1, rest.len()));
        groups.push(group);
        rest = later;
    }
    groups
}

/// All trials of both records, those of probes that only one has included.
fn trials(drafts: &[Draft], base: &Side, head: &Side) -> TrialPairs {
    let common: u64 = drafts.iter().map(|draft| draft.probe.trials.common).sum();
    TrialPairs {
        common,
        only_base: base.trials().saturating_sub(common),
        only_head: head.trials().saturating_sub(common),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures, groups};

    #[test]
    fn every_probe_is_in_one_group_and_large_ones_are_alone() {
        let header = |samples: &[u32]| {
            let mut header = fixtures::header("model", 2, 1);
            let probe = header.probes.pop().unwrap();
            for (place, samples) in samples.iter().enumerate() {
                let id = format!("grounding.p{place}");
                header.probes.push(crate::record::ProbeRecord { id, samples: *samples, ..probe.clone() });
            }
            header
        };
        let side = |samples: &[u32]| {
            let header = header(samples);
            let trials = fixtures::trials(&header, 1, 0.5);
            fixtures::side(header, trials)
        };
        // Two pairs of two cases with three grades each: 24 grades a sample in both sides together.
        let base = side(&[1, 1, 5, 1, 2, 1]);
        let sizes = |most| groups(&base, &base, most).iter().map(|group| group.len()).collect::<Vec<_>>();
        assert_eq!(sizes(48), [2, 1, 1, 1, 1]);
        assert_eq!(sizes(72), [2, 1, 2, 1]);
        assert_eq!((sizes(0), sizes(usize::MAX)), (vec![1; 6], vec![6]));
        assert_eq!(groups(&base, &base, 72).concat(), base.header().probes);
        assert!(groups(&side(&[]), &base, 1).is_empty());
    }
}

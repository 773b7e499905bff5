//! Records that every format is tested on. Grades and estimates are written by hand, so that a
//! snapshot changes only when a format does.

use super::Report;
use crate::{
    digest::{Digest, Room, Selection},
    grade::{ScoreLine, TrialScores},
    record::{
        ArmRecord, Bound, CaseRecord, Cast, Coupling, EngineIdentity, Expectation, FORMAT_VERSION,
        GriceIdentity, Header, MINOR_VERSION, ModelIdentity, ProbeRecord, Record, Sampling, ScoreRecord,
        TrialKey, TrialRecord,
    },
    summary::{Summary, Timing},
};
use indexmap::IndexMap;
use scorers::{
    Body, Branch, FailureKind, Outcome, Role, StopReason, Transcript, Turn,
    metric::{Estimate, MetricConfig, MetricResult, Point, Range},
};
use serde_json::json;

/// A report with everything that it borrows.
pub(crate) struct Fixture {
    pub(crate) record: Record,
    /// The grades of the trials of the record, in its order.
    pub(crate) grades: Vec<TrialScores>,
    pub(crate) digest: Digest,
    pub(crate) selection: Selection,
    pub(crate) summary: Summary,
    pub(crate) timing: Timing,
}

impl Fixture {
    pub(crate) fn report(&self) -> Report<'_> {
        let Self { grades, digest, selection, summary, timing, .. } = self;
        Report { digest, summary, selection, timing: Some(timing), grades }
    }

    /// Digests the record and its grades anew, in whatever order, and selects what there is room for.
    pub(crate) fn digest(&mut self, room: Room) {
        let pairs = || self.record.trials.iter().zip(&self.grades);
        let mut digest = Digest::new(self.record.header.clone());
        pairs().for_each(|(trial, scores)| digest.add(trial, scores).expect("a trial of the header"));
        digest.finish(self.record.complete).expect("no trial twice");
        let chosen = digest.choose(room, |_| true);
        self.selection =
            chosen.of_graded(&digest, pairs().map(|(trial, scores)| (trial.clone(), scores.clone())));
        self.digest = digest;
    }

    fn of(parts: Vec<Part>) -> Self {
        let mut record = Record { header: header(), trials: Vec::new(), complete: true, protected: true };
        let (mut grades, mut estimates) = (Vec::new(), Vec::new());
        for part in parts {
            for (trial, scores) in part.trials {
                let TrialKey { probe, case, arm, sample } = trial.key.clone();
                grades.push(TrialScores { probe, case, arm, sample, scores });
                record.trials.push(trial);
            }
            record.header.probes.push(part.probe);
            estimates.push(part.metrics);
        }
        let timing = Timing {
            started: "2026-01-02T03:04:05Z".into(),
            wall_seconds: 12.5,
            generations: 24,
            generated_tokens: 500,
            prompt_tokens: 4_000,
            mean_in_flight: Some(3.5),
            full_batch_share: Some(0.625),
        };
        let none = Digest::new(header());
        let summary = Summary::from_estimates(&none, Vec::new());
        let selection = Selection::default();
        let mut fixture = Self { record, grades, digest: none, selection, summary, timing };
        fixture.digest(Room::default());
        // Estimates are written by hand, and nothing beside them is computed from the grades.
        fixture.summary = Summary::from_estimates(&fixture.digest.clone().without_tables(), estimates);
        fixture
    }
}

/// One probe with its trials, grades and estimates.
struct Part {
    probe: ProbeRecord,
    trials: Vec<(TrialRecord, Vec<ScoreLine>)>,
    metrics: IndexMap<String, MetricResult>,
}

/// Everything is as it should be.
pub(crate) fn passing() -> Fixture {
    Fixture::of(vec![grounding(Bound::AtLeast(0.5))])
}

/// One expectation fails; forks and rounds are there; replies are missing, unscored and hostile.
pub(crate) fn everything() -> Fixture {
    let mut fixture = Fixture::of(vec![grounding(Bound::AtLeast(0.95)), forks(), broken(), hostile()]);
    fixture.record.complete = false;
    fixture.summary.complete = false;
    fixture
}

/// Not one generation came about.
pub(crate) fn dead() -> Fixture {
    let mut part = broken();
    part.trials.truncate(1);
    Fixture::of(vec![part])
}

fn header() -> Header {
    Header {
        format: FORMAT_VERSION,
        grice: GriceIdentity { version: "0.1.0".into(), commit: Some("0123abc".into()) },
        minor: MINOR_VERSION,
        cast: Cast::of_model(
            ModelIdentity {
                name: "parrot".into(),
                reference: "builtin:sft".into(),
                weights: Some("aa11".into()),
                tokenizer: Some("bb22".into()),
                chat_template: None,
                ..ModelIdentity::default()
            },
            EngineIdentity {
                name: "scripted".into(),
                version: "1.0.0".into(),
                device: "cpu".into(),
                dtype: "f32".into(),
                context: Some(512),
                ..EngineIdentity::default()
            },
        ),
        seed: 7,
        shard: None,
        probes: Vec::new(),
    }
}

fn probe(id: &str, about: &str, arms: &[&str], scores: &[&str], expect: Vec<Expectation>) -> ProbeRecord {
    let arms: Vec<String> = arms.iter().map(|arm| (*arm).to_owned()).collect();
    let score = || ScoreRecord {
        scorer: json!({"grounding_act": {"turn": "reply", "act": "clarification"}}),
        arms: arms.clone(),
        cut_off: scorers::scorer::CutOff::Graded,
    };
    let rate = |name: &str| -> MetricConfig {
        serde_json::from_value(json!({"rate": {"of": name}})).expect("a rate is a metric")
    };
    ProbeRecord {
        id: id.into(),
        about: about.into(),
        construct: Some("a construct of the field".into()),
        cites: vec!["arXiv:2311.09144".into()],
        path: format!("specs/{id}.yaml"),
        source: format!("probe: {id}\nabout: {about}\n"),
        hash: "cc33".into(),
        samples: 2,
        cells: None,
        first_look: None,
        resampled: false,
        sampling: Sampling {
            temperature: 0.8,
            max_tokens: 64,
            top_p: Some(0.95),
            top_k: None,
            min_p: None,
            stop: Vec::new(),
            coupling: Coupling::None,
        },
        arms: arms.iter().map(|arm| (arm.clone(), ArmRecord::default())).collect(),
        cases: Vec::new(),
        scores: scores.iter().map(|name| ((*name).to_owned(), score())).collect(),
        metrics: scores.iter().map(|name| ((*name).to_owned(), rate(name))).collect(),
        better: Default::default(),
        dialogues: Default::default(),
        expect,
        controls: Vec::new(),
    }
}

fn case(id: &str, arm: Option<&str>) -> CaseRecord {
    CaseRecord { id: id.into(), pair: None, arm: arm.map(Into::into), variables: Default::default() }
}

fn trial(probe: &str, case: &str, arm: &str, sample: u32, turns: Vec<Turn>) -> TrialRecord {
    let key = TrialKey { probe: probe.into(), case: case.into(), arm: arm.into(), sample };
    TrialRecord { key, transcript: Transcript { turns, branches: Vec::new() } }
}

fn failed(kind: FailureKind, message: &str) -> Turn {
    let body = Body::Failed { kind, message: message.into() };
    Turn { body, ..Turn::generated("reply", "") }
}

fn estimate(value: f64, low: f64, high: f64, range: Range) -> Estimate {
    let method = "cluster bootstrap".to_owned();
    Estimate {
        value,
        low,
        high,
        method,
        n: 16,
        clusters: 2,
        unscored: 0,
        failed: 0,
        range,
        series: Vec::new(),
    }
}

fn grounding(bound: Bound) -> Part {
    let id = "grounding.request";
    let expect = vec![
        Expectation { metric: "asks".into(), bound },
        Expectation { metric: "asks".into(), bound: Bound::GreaterThan("false_alarms".into()) },
    ];
    let mut probe =
        probe(id, "Does it ask when something is missing?", &["ambiguous", "clear"], &["clarifies"], expect);
    probe.cases = vec![case("table-ambiguous", Some("ambiguous")), case("table-clear", Some("clear"))];
    let mut trials = Vec::new();
    for (name, arm, replies) in [
        ("table-ambiguous", "ambiguous", ["At what time?", "Booked for Friday."]),
        ("table-clear", "clear", ["Booked for Friday at seven.", "Booked."]),
    ] {
        for (sample, reply) in (0..).zip(replies) {
            let turns = vec![
                Turn::scripted(Role::System, "You take bookings."),
                Turn::scripted(Role::User, "Book a table for four on Friday."),
                Turn::generated("reply", reply),
            ];
            let asked = reply.contains('?');
            let outcome = Outcome::flag(asked).because(if asked { "`At what time?`" } else { "" });
            trials.push((trial(id, name, arm, sample, turns), vec![ScoreLine::plain("clarifies", outcome)]));
        }
    }
    let metrics = [
        ("asks", estimate(0.875, 0.75, 0.9531, Range::Share)),
        ("false_alarms", estimate(0.0625, 0.0, 0.125, Range::Share)),
        ("gap", estimate(0.8125, 0.6331, 0.9499, Range::ShareDifference)),
        ("d_prime", estimate(2.68443, 1.75, 3.6188, Range::Real)),
    ];
    let metrics = metrics.map(|(name, estimate)| (name.to_owned(), MetricResult::Estimated(estimate)));
    Part { probe, trials, metrics: metrics.into_iter().collect() }
}

/// Two rounds, after each a fork with three branches; one branch failed.
fn forks() -> Part {
    let id = "superposition.reveal";
    let mut probe = probe(id, "How many objects are still open?", &["open"], &["object"], Vec::new());
    probe.cases = vec![case("garden", None)];
    let mut turns = vec![Turn::scripted(Role::User, "Think of an object.")];
    let mut branches = Vec::new();
    let mut scores = Vec::new();
    for round in 1..=2 {
        let answer = Turn { round: Some(round), ..Turn::generated("answer", "No.") };
        turns.extend([Turn::scripted(Role::User, format!("Question {round}?")), answer]);
        for (index, object) in (0..).zip(["cat", "tree", "cat"]) {
            let broke = round == 2 && index == 2;
            let reply = if broke {
                failed(FailureKind::Timeout, "no answer in 5 s")
            } else {
                Turn::generated("reply", object)
            };
            let outcome =
                if broke { Outcome::Failed { kind: FailureKind::Timeout } } else { Outcome::label(object) };
            let fork = "reveal".to_owned();
            let own = vec![Turn::scripted(Role::User, "What is it?"), reply];
            branches.push(Branch {
                fork: fork.clone(),
                round: Some(round),
                index,
                after: turns.len(),
                turns: own,
            });
            let (fork, branch) = (Some(fork), Some(index));
            scores.push(ScoreLine {
                score: "object".into(),
                fork,
                branch,
                round: Some(round),
                cut: false,
                copied: false,
                outcome,
            });
        }
    }
    turns.push(Turn::scripted(Role::User, "Thank you."));
    let mut only = trial(id, "garden", "open", 0, turns);
    only.transcript.branches = branches;
    let point = |round, value, low, high| Point { round, value, low, high, n: 3 };
    let curve = Estimate {
        series: vec![point(1, 1.8899, 1.0, 2.6), point(2, 1.4, 1.0, 2.0)],
        failed: 1,
        ..estimate(1.6520, 1.1, 2.2, Range::Positive)
    };
    let metrics = IndexMap::from([("effective_number".to_owned(), MetricResult::Estimated(curve))]);
    Part { probe, trials: vec![(only, scores)], metrics }
}

/// An engine that died, a context that overflowed, a reply that was cut off and could not be graded.
fn broken() -> Part {
    let id = "register.switch";
    let expect = vec![Expectation { metric: "adapts".into(), bound: Bound::Above(0.0) }];
    let mut probe = probe(id, "Does it change its register?", &[""], &["adapts"], expect);
    probe.cases = vec![case("case-1", None)];
    let user = || Turn::scripted(Role::User, "Speak formally, please.");
    let cut = Body::Generated {
        text: "I should be".into(),
        stop: StopReason::Length,
        prompt_tokens: 30,
        completion_tokens: 64,
        weights: Vec::new(),
        whole: None,
    };
    let cut = Turn { body: cut, ..Turn::generated("reply", "") };
    let trials = vec![
        (
            trial(id, "case-1", "", 0, vec![user(), failed(FailureKind::Engine, "the engine has died")]),
            vec![ScoreLine::plain("adapts", Outcome::Failed { kind: FailureKind::Engine })],
        ),
        (
            trial(id, "case-1", "", 1, vec![user(), cut]),
            vec![ScoreLine::plain("adapts", Outcome::unscored("the text has fewer than five words"))],
        ),
    ];
    let reason = "no grade could be given".to_owned();
    let metrics =
        IndexMap::from([("adapts".to_owned(), MetricResult::Unavailable { reason, unscored: 1, failed: 1 })]);
    Part { probe, trials, metrics }
}

/// A model that attacks the terminal, the page, the table and the XML.
pub(crate) const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\
    \u{1b}[2J\u{1b}]0;owned\u{7} \u{202e}desrever\u{202c} | a `b` ``` *c* [d](http://e) ]]> &amp; @everyone \u{0}\u{ffff}\u{2028}\nnext <!-- line";

fn hostile() -> Part {
    let id = "hostile.text";
    let mut probe = probe(id, "A question about <b>markup</b> | and `ticks`?", &[""], &["leaks"], Vec::new());
    probe.cases = vec![case("case-<i>1</i>", None)];
    let turns = vec![Turn::scripted(Role::User, "Hello"), Turn::generated("reply", HOSTILE)];
    let outcome = Outcome::unscored(format!("cannot read `{HOSTILE}`"));
    let trials = vec![(trial(id, "case-<i>1</i>", "", 0, turns), vec![ScoreLine::plain("leaks", outcome)])];
    let reason = format!("no grade: {HOSTILE}");
    let metrics = IndexMap::from([(
        "<b>leaks</b>".to_owned(),
        MetricResult::Unavailable { reason, unscored: 1, failed: 0 },
    )]);
    Part { probe, trials, metrics }
}

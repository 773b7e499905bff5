//! One self-contained page of a history: what is best, and a plot and a table a metric.

use super::{
    plots,
    words::{about, estimate, named, remarks, title},
};
use crate::{
    compare::{Change, History, Trend, Verdict},
    format::{
        RenderError,
        compare::{page::anchors, words},
        html::shell::Shell,
        safe,
    },
    summary::family_of,
};
use minijinja::{Value, context};
use serde_json::json;

pub(super) const SHELL: Shell = Shell {
    template: include_str!("page.html"),
    style: concat!(
        include_str!("../../html/style.css"),
        include_str!("../../compare/page/page.css"),
        include_str!("page.css")
    ),
    script: concat!(include_str!("../../html/common.js"), include_str!("page.js")),
    sections: &[("summary", "Summary"), ("metrics", "Metrics"), ("provenance", "Provenance")],
};

pub(super) fn render(history: &History) -> Result<String, RenderError> {
    let metrics = history.metrics.iter().map(|trend| metric(history, trend));
    let name = |place: usize| safe::excerpt(&named(history, place), 80);
    let page = context! {
        title => format!("History of {} versions, best {}", history.versions.len(), name(history.best)),
        count => history.versions.len(),
        baseline => name(history.baseline),
        best => name(history.best),
        remarks => remarks(history)
            .into_iter()
            .map(|(refuses, text)| context! { class => if refuses { "bad" } else { "unsure" }, text => safe::line(&text) })
            .collect::<Vec<_>>(),
        versions => versions(history),
        metrics => metrics.collect::<Result<Vec<_>, _>>()?,
        legend => words::legend(),
        settings => words::settings(&history.settings),
    };
    SHELL.fill(page, &json!({}))
}

fn versions(history: &History) -> Vec<Value> {
    let version = |(place, version): (usize, &crate::compare::Version)| {
        let step = version.from_baseline.as_ref();
        let compared = step.map(|step| match step.comparability.refused {
            true => "not comparable".to_owned(),
            false => words::tally(&step.tally),
        });
        let model = &version.side.model;
        context! {
            number => place + 1,
            name => safe::excerpt(&version.side.name, 80),
            baseline => place == history.baseline,
            best => place == history.best,
            refused => step.is_some_and(|step| step.comparability.refused),
            compared,
            side => safe::line(&words::side(&version.side)),
            model => safe::line(&model.reference),
            weights => model.weights.as_deref().map(safe::line),
        }
    };
    history.versions.iter().enumerate().map(version).collect()
}

fn metric(history: &History, trend: &Trend) -> Result<Value, RenderError> {
    let rows = history.versions.iter().enumerate().map(|(place, version)| {
        let (value, interval) = estimate(trend, place);
        let point = trend.points.get(place);
        let step = |change: Option<&Change>| {
            context! {
                text => super::words::change(change),
                class => change.map(|change| class_of(change.verdict)),
                why => change.map(|change| safe::line(&format!("{}: {}", change.verdict.word(), change.why))),
            }
        };
        context! {
            name => safe::excerpt(&version.side.name, 80),
            best => trend.best == Some(place),
            baseline => place == history.baseline,
            value,
            interval => safe::line(&interval),
            from_baseline => step(point.and_then(|point| point.from_baseline.as_ref())),
            from_previous => step(point.and_then(|point| point.from_previous.as_ref())),
        }
    });
    let changed = trend.points.iter().any(|point| {
        let verdicts = [&point.from_baseline, &point.from_previous].into_iter().flatten();
        verdicts.into_iter().any(|change| change.verdict.differs())
    });
    Ok(context! {
        id => anchors::metric(0, &trend.probe, &trend.metric),
        title => safe::line(&title(trend)),
        family => safe::line(family_of(&trend.probe)),
        gated => trend.gated,
        changed,
        about => about(trend),
        svg => plots::of(history, trend)?.map(Value::from_safe_string),
        rows => rows.collect::<Vec<_>>(),
    })
}

fn class_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Improved | Verdict::Gained => "good",
        Verdict::Regressed | Verdict::Changed => "bad",
        Verdict::Equivalent | Verdict::NotWorse => "same",
        Verdict::Open | Verdict::Slipped | Verdict::Shifted | Verdict::Exploration => "open",
    }
}

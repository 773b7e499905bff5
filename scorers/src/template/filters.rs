//! The filters and tests of texts: minijinja's, each paid for before it works. Filters that only a
//! page of HTML needs, or that could make much of little, are not there.

use super::{
    error::Failure,
    operators::{engine, finite},
    spoken::spoken,
    work::{STEP, Work},
};
use crate::names::{nearest, suggestion};
use minijinja::{
    Value,
    value::{Kwargs, ValueKind},
};

/// The filters, sorted.
const FILTERS: &[&str] = &[
    "abs",
    "bool",
    "capitalize",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "zip",
];

/// The tests, sorted.
const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "even",
    "false",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "int",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sameas",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
    "upper",
];

/// The widest indentation.
const MAX_INDENT: usize = 64;

/// The filter that a name may be meant for.
pub(super) fn near(name: &str) -> Option<&'static str> {
    nearest(name, FILTERS.iter().copied())
}

/// Whether a filter is for what may not be there.
pub(super) fn takes_undefined(name: &str) -> bool {
    matches!(name, "default" | "d")
}

/// Whether a test is for what may not be there.
pub(super) fn tests_undefined(name: &str) -> bool {
    matches!(name, "defined" | "undefined")
}

/// `subject | name(arguments)`.
pub(super) fn apply(
    name: &str,
    subject: Value,
    arguments: Vec<Value>,
    named: Vec<(&str, Value)>,
    work: &mut Work,
) -> Result<Value, Failure> {
    if FILTERS.binary_search(&name).is_err() {
        return Err(unknown("filter", name, FILTERS));
    }
    if !matches!(name, "length" | "count" | "first" | "default" | "d") {
        prepay(name, &subject, &arguments, &named, work)?;
    }
    if let Some(at) = arguments.iter().position(|one| one.as_str() == Some("divisibleby")) {
        arguments.iter().skip(at + 1).try_for_each(divisor)?;
    }
    if name == "string" && subject.kind() == ValueKind::Bool {
        return Ok(Value::from(spoken(&subject)));
    }
    if name == "map" && named.is_empty() {
        return each(&subject, &arguments, work);
    }
    let mut all = vec![subject];
    all.extend(arguments);
    if !named.is_empty() {
        all.push(Value::from(named.into_iter().collect::<Kwargs>()));
    }
    let result = finite(engine().empty_state().apply_filter(name, &all)?)?;
    // A text that was made counts as one without marks of safety, which only pages need.
    let result = match result.as_str() {
        Some(text) if result.is_safe() => Value::from(text),
        _ => result,
    };
    Ok(work.settle(result)?)
}

/// Pays for what goes in, as often as the filter will look at it or repeat it.
fn prepay(
    name: &str,
    subject: &Value,
    arguments: &[Value],
    named: &[(&str, Value)],
    work: &mut Work,
) -> Result<(), Failure> {
    let size = work.look(subject)?;
    let mut around = 0_usize;
    for argument in arguments.iter().chain(named.iter().map(|(_, value)| value)) {
        around = around.saturating_add(work.look(argument)?);
    }
    let text = subject.as_str();
    let items = || subject.len().unwrap_or(0);
    let more = match name {
        // The joiner stands between every two; so does whatever a test or a filter compares with.
        "join" | "select" | "reject" | "selectattr" | "rejectattr" | "map" | "zip" => {
            text.map_or_else(items, |text| text.chars().count()).saturating_mul(around)
        }
        "replace" => {
            let (from, to) = (arguments.first(), arguments.get(1));
            let from = from.map(ToString::to_string).unwrap_or_default();
            let to = to.map_or(0, |to| to.to_string().len());
            text.map_or(0, |text| text.matches(&from).count()).saturating_mul(to)
        }
        "indent" => {
            let lines = text.map_or(0, |text| text.matches('\n').count() + 1);
            lines.saturating_mul(width(arguments, named, "width")?)
        }
        "tojson" => size.saturating_mul(6 * width(arguments, named, "indent")?),
        // A value for each line, word or character.
        "lines" => text.map_or(0, |text| text.matches('\n').count()).saturating_mul(STEP),
        "split" => {
            let at = arguments.first().map(ToString::to_string);
            let parts = |text: &str| at.map_or(text.len() / 2, |at| text.matches(&at).count());
            text.map_or(0, parts).saturating_mul(STEP)
        }
        "list" => text.map_or(0, str::len).saturating_mul(STEP),
        // Sorting looks at everything some twenty times.
        "sort" | "unique" | "min" | "max" | "groupby" | "dictsort" => {
            size.saturating_mul(8).saturating_add(text.map_or(0, str::len).saturating_mul(STEP))
        }
        _ => 0,
    };
    Ok(work.spend(more)?)
}

/// The width that an indentation names.
fn width(arguments: &[Value], named: &[(&str, Value)], name: &str) -> Result<usize, Failure> {
    let named = named.iter().find(|(own, _)| *own == name).map(|(_, value)| value);
    match arguments.first().or(named) {
        None => Ok(4),
        Some(value) if value.kind() == ValueKind::Bool || value.is_none() => Ok(4),
        Some(value) => value
            .as_usize()
            .filter(|width| *width <= MAX_INDENT)
            .ok_or_else(|| Failure::wrong(format!("an indentation goes from 0 to {MAX_INDENT}"))),
    }
}

/// `list | map("filter", …)`: the filter, applied to every item.
fn each(subject: &Value, arguments: &[Value], work: &mut Work) -> Result<Value, Failure> {
    let Some((name, arguments)) = arguments.split_first() else {
        return Err(Failure::wrong("`map` has the name of a filter, or `attribute=\"name\"`"));
    };
    let name = name.as_str().ok_or_else(|| Failure::wrong("`map` has the name of a filter, as a text"))?;
    if name == "map" {
        return Err(Failure::wrong("`map` cannot stand inside of `map`"));
    }
    let mut items = Vec::new();
    for item in subject.try_iter()? {
        items.push(apply(name, item, arguments.to_vec(), Vec::new(), work)?);
    }
    Ok(Value::from(items))
}

/// `subject is name(arguments)`.
pub(super) fn test(
    name: &str,
    subject: Value,
    arguments: Vec<Value>,
    work: &mut Work,
) -> Result<Value, Failure> {
    if TESTS.binary_search(&name).is_err() {
        return Err(unknown("test", name, TESTS));
    }
    if name == "divisibleby" {
        arguments.iter().try_for_each(divisor)?;
    }
    let mut all = vec![subject];
    all.extend(arguments);
    if !tests_undefined(name) {
        all.iter().try_for_each(|value| work.look(value).map(|_| ()))?;
    }
    Ok(Value::from(engine().empty_state().perform_test(name, &all)?))
}

/// Refuses what cannot divide: minijinja 2.24 panics on 0, and on the largest negative number by -1.
fn divisor(value: &Value) -> Result<(), Failure> {
    match value.as_i64() {
        Some(number) if number <= 0 => Err(Failure::wrong("a divisor is above 0")),
        _ => Ok(()),
    }
}

fn unknown(what: &str, name: &str, known: &[&str]) -> Failure {
    let help = suggestion(name, known.iter().copied());
    Failure::Wrong { message: format!("there is no {what} `{name}`"), help: Some(help) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_true() {
        assert!(FILTERS.is_sorted() && TESTS.is_sorted());
        let state = engine().empty_state();
        for name in FILTERS {
            let error = state.apply_filter(name, &[]).err().map(|error| error.kind());
            assert_ne!(error, Some(minijinja::ErrorKind::UnknownFilter), "{name}");
        }
        for name in TESTS {
            let error = state.perform_test(name, &[]).err().map(|error| error.kind());
            assert_ne!(error, Some(minijinja::ErrorKind::UnknownTest), "{name}");
        }
    }
}

//! Templates: how a text in a spec takes values from its case.
//!
//! One environment serves the dialogue and the scorers' parameters. An undefined variable is an
//! error, a template cannot loop for ever (it has fuel) and cannot read files (there is no loader).

use minijinja::{Environment, UndefinedBehavior};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// The values a template can use, by name.
pub type Variables = BTreeMap<String, Json>;

/// Instructions one template may execute: far above any honest use, reached in about 10 ms.
const FUEL: u64 = 200_000;

/// The longest text that one template may give, in bytes.
pub const MAX_RENDERED: usize = 1 << 20;

/// What is wrong with a template, or with its use.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong, in one lowercase sentence.
    pub message: String,
    /// Byte range of the place in the template's source, where it is known.
    pub range: Option<std::ops::Range<usize>>,
}

impl From<minijinja::Error> for TemplateError {
    fn from(error: minijinja::Error) -> Self {
        let detail = error.detail().map_or_else(|| error.kind().to_string(), ToOwned::to_owned);
        let message = match error.kind() {
            minijinja::ErrorKind::OutOfFuel => "the template does too much work".to_owned(),
            kind if error.detail().is_some() => format!("{kind}: {detail}"),
            _ => detail,
        };
        Self { message, range: error.range() }
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(64);
    environment.set_keep_trailing_newline(true);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment
}

/// Whether a text has anything to fill in.
pub fn is_template(source: &str) -> bool {
    source.contains("{{") || source.contains("{%") || source.contains("{#")
}

/// Fills in one text.
///
/// # Errors
/// When the template is malformed, uses an undefined variable, or does too much work.
pub fn render(source: &str, variables: &Variables) -> Result<String, TemplateError> {
    if !is_template(source) {
        return Ok(source.to_owned());
    }
    let text = environment().template_from_str(source)?.render(variables)?;
    if text.len() > MAX_RENDERED {
        let message = format!("the text is longer than {MAX_RENDERED} bytes");
        return Err(TemplateError { message, range: None });
    }
    Ok(text)
}

/// The variables that a text takes from outside, as dotted names (`turns.reply`).
///
/// # Errors
/// When the template is malformed.
pub fn variables_of(source: &str) -> Result<BTreeSet<String>, TemplateError> {
    let environment = environment();
    let template = environment.template_from_str(source)?;
    Ok(template.undeclared_variables(true).into_iter().collect())
}

/// The source of a text that is nothing but one expression, such as `{{ objects }}`.
fn lone_expression(source: &str) -> Option<&str> {
    let inner = source.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{") && !inner.contains("}}")).then_some(inner)
}

/// Fills in every text inside a value. A text that is one lone expression keeps the type of its
/// value, so a list or a table can be passed on whole.
///
/// # Errors
/// The path of the first text that could not be filled in, and why.
pub fn render_value(value: &Json, variables: &Variables) -> Result<Json, (String, TemplateError)> {
    fn walk(value: &Json, variables: &Variables, path: &str) -> Result<Json, (String, TemplateError)> {
        let located = |error: TemplateError| (path.to_owned(), error);
        match value {
            Json::String(source) => match lone_expression(source) {
                Some(inner) => evaluate(inner, variables).map_err(located),
                None => render(source, variables).map(Json::String).map_err(located),
            },
            Json::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| walk(item, variables, &format!("{path}[{index}]")))
                .collect::<Result<_, _>>()
                .map(Json::Array),
            Json::Object(fields) => fields
                .iter()
                .map(|(key, item)| {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    Ok((key.clone(), walk(item, variables, &path)?))
                })
                .collect::<Result<_, _>>()
                .map(Json::Object),
            other => Ok(other.clone()),
        }
    }
    walk(value, variables, "")
}

/// The value of one expression.
///
/// # Errors
/// When the expression is malformed or uses an undefined variable.
pub fn evaluate(expression: &str, variables: &Variables) -> Result<Json, TemplateError> {
    let environment = environment();
    let value = environment.compile_expression_owned(expression.to_owned())?.eval(variables)?;
    if value.is_undefined() {
        let message = format!("undefined value: `{}`", expression.trim());
        return Err(TemplateError { message, range: None });
    }
    serde_json::to_value(&value)
        .map_err(|error| TemplateError { message: error.to_string(), range: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        BTreeMap::from([("name".into(), Json::from("Ann")), ("list".into(), serde_json::json!([1, 2]))])
    }

    #[test]
    fn a_text_is_filled_in() {
        assert_eq!(render("Hi {{ name }}!\n", &variables()).unwrap(), "Hi Ann!\n");
    }

    #[test]
    fn an_undefined_variable_is_an_error() {
        assert!(render("{{ nmae }}", &variables()).is_err());
        assert!(evaluate("nmae", &variables()).is_err());
    }

    #[test]
    fn an_endless_template_runs_out_of_fuel() {
        let source = "{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}";
        assert_eq!(render(source, &variables()).unwrap_err().message, "the template does too much work");
    }

    #[test]
    fn a_lone_expression_keeps_its_type() {
        let value = render_value(&serde_json::json!({"a": "{{ list }}", "b": "x{{ name }}"}), &variables());
        assert_eq!(value.unwrap(), serde_json::json!({"a": [1, 2], "b": "xAnn"}));
    }
}

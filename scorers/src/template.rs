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
    let environment = environment();
    let mut text = Bounded::default();
    let template = environment.template_from_str(source)?;
    let rendered = template.render_captured_to(variables, &mut text).map(|_| ());
    if text.full {
        let message = format!("the text is longer than {MAX_RENDERED} bytes");
        return Err(TemplateError { message, range: None });
    }
    rendered?;
    Ok(String::from_utf8_lossy(&text.bytes).into_owned())
}

/// Takes up to [`MAX_RENDERED`] bytes and refuses more, so that a loop over a long text ends early.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
    full: bool,
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.full |= self.bytes.len() + bytes.len() > MAX_RENDERED;
        if self.full {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
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
    (!inner.contains("{{") && !has_end_mark(inner)).then_some(inner)
}

/// Whether an expression holds a mark that ends one in a template. The engine's reader of lone
/// expressions panics on these; a property test found it.
fn has_end_mark(expression: &str) -> bool {
    expression.contains("}}") || expression.contains("%}")
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
    if has_end_mark(expression) {
        let message =
            "`}}` and `%}` cannot stand inside an expression; put a space between braces".to_owned();
        return Err(TemplateError { message, range: None });
    }
    let environment = environment();
    let value = environment.compile_expression_owned(expression.to_owned())?.eval(variables)?;
    if value.is_undefined() {
        let message = format!("undefined value: `{}`", expression.trim());
        return Err(TemplateError { message, range: None });
    }
    serde_json::to_value(&value).map_err(|error| TemplateError { message: error.to_string(), range: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    #[test]
    fn a_long_text_is_refused_before_it_fills_the_memory() {
        let source = "{% for i in range(20000) %}{{ 'x' * 1000000 }}{% endfor %}";
        assert_eq!(
            render(source, &variables()).unwrap_err().message,
            "the text is longer than 1048576 bytes"
        );
        assert_eq!(render("{{ 'x' * 1048576 }}", &variables()).map(|text| text.len()), Ok(MAX_RENDERED));
    }

    proptest! {
        #[test]
        fn a_text_without_braces_is_itself(text in "[^{}]*") {
            prop_assert_eq!(render(&text, &variables()), Ok(text.clone()));
            prop_assert_eq!(variables_of(&text), Ok(BTreeSet::new()));
            prop_assert_eq!(render_value(&Json::from(text.clone()), &variables()), Ok(Json::from(text)));
        }

        #[test]
        fn nothing_makes_a_template_panic(pieces in proptest::collection::vec(piece(), 0..10)) {
            let source = pieces.concat();
            let rendered = render(&source, &variables());
            prop_assert!(rendered.is_err() || variables_of(&source).is_ok());
            let _ = evaluate(&source, &variables());
            let _ = render_value(&serde_json::json!([source, {"key": source}]), &variables());
        }

        #[test]
        fn the_value_of_a_variable_is_never_read_as_a_template(value in ".*") {
            let variables = BTreeMap::from([("name".to_owned(), Json::from(value.clone()))]);
            prop_assert_eq!(render("{{ name }}.", &variables), Ok(format!("{value}.")));
            prop_assert_eq!(render_value(&Json::from("{{ name }}"), &variables), Ok(Json::from(value)));
        }
    }

    /// What templates are made of, and any text.
    fn piece() -> impl Strategy<Value = String> {
        let known = [
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            " name ",
            " list ",
            "for x in list",
            "endfor",
            "if name",
            "endif",
            "|upper",
            "|join(',')",
            "'",
            "\"",
            "[0]",
            ".a",
            "(",
            ")",
            "~",
            "*",
            "9999",
            "set a = name",
            "raw",
            "endraw",
            "-",
            "range(99999)",
        ];
        prop_oneof![4 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
    }
}

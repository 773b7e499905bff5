//! Templates: how a text in a spec takes values from its case.
//!
//! The language is minijinja's, and so are the parser, the values, the filters and the tests. The tree
//! is walked here instead, because minijinja bounds the instructions of a template but not the bytes
//! that they make: thirty times `{% set a = a ~ a %}` fill any memory. Here every step and every byte
//! is paid for (`work`), an undefined variable is an error, and nothing reads a file. What texts have
//! no use for (`macro`, `include` and the like) is refused (`syntax`).

mod error;
mod evaluate;
mod filters;
mod operators;
mod spoken;
mod syntax;
mod work;

pub use error::TemplateError;
use evaluate::Evaluator;
pub use evaluate::{MAX_RENDERED, Variables};
use minijinja::machinery::ast::Stmt;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// What a text says where a value of data is inserted: the one place that turns data into text.
pub fn text_of(value: &Json) -> String {
    spoken::spoken(&minijinja::Value::from_serialize(value))
}

/// Whether a text has anything to fill in.
pub fn is_template(source: &str) -> bool {
    source.contains("{{") || source.contains("{%") || source.contains("{#")
}

/// Whether any text inside a value has anything to fill in.
pub fn inside(value: &Json) -> bool {
    match value {
        Json::String(text) => is_template(text),
        Json::Array(items) => items.iter().any(inside),
        Json::Object(fields) => fields.values().any(inside),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

/// Fills in one text.
///
/// # Errors
/// When the template is malformed, uses an undefined variable, or does too much work.
pub fn render(source: &str, variables: &Variables) -> Result<String, TemplateError> {
    if !is_template(source) {
        return Ok(source.to_owned());
    }
    let parsed = syntax::parse(source)?;
    Evaluator::new(source, variables).render(&parsed.root)
}

/// The variables that a text takes from outside, as dotted names (`turns.reply`).
///
/// # Errors
/// When the template is malformed.
pub fn variables_of(source: &str) -> Result<BTreeSet<String>, TemplateError> {
    if !is_template(source) {
        return Ok(BTreeSet::new());
    }
    Ok(syntax::parse(source)?.names)
}

/// The value of a text that is nothing but one expression, such as `{{ objects }}`; none for any
/// other text.
fn lone(source: &str, variables: &Variables) -> Option<Result<Json, TemplateError>> {
    let before = source.len() - source.trim_start().len();
    let inner = source.trim();
    if !(inner.starts_with("{{") && inner.ends_with("}}")) {
        return None;
    }
    let parsed = syntax::parse(inner).ok()?;
    let Stmt::Template(template) = &parsed.root else { return None };
    let [Stmt::EmitExpr(one)] = template.children.as_slice() else { return None };
    let value = Evaluator::new(inner, variables).defined(&one.expr);
    let place = |range: std::ops::Range<usize>| range.start + before..range.end + before;
    let located = |error: TemplateError| TemplateError { range: error.range.map(place), ..error };
    Some(value.map_err(located).and_then(|value| json(&value)))
}

fn json(value: &minijinja::Value) -> Result<Json, TemplateError> {
    serde_json::to_value(value).map_err(|error| TemplateError::of(error.to_string()))
}

/// Fills in every text inside a value. A text that is one lone expression keeps the type of its
/// value, so a list or a table can be passed on whole.
///
/// # Errors
/// The path of the first text that could not be filled in, and why.
pub fn render_value(value: &Json, variables: &Variables) -> Result<Json, (String, TemplateError)> {
    let mut errors = Vec::new();
    let rendered = render_all(value, variables, &mut errors);
    match errors.into_iter().next() {
        Some(error) => Err(error),
        None => Ok(rendered),
    }
}

/// Like [`render_value`], with every text that could not be filled in, in order. Where one could not,
/// the value has nothing.
pub fn render_all(value: &Json, variables: &Variables, errors: &mut Vec<(String, TemplateError)>) -> Json {
    fn walk(
        value: &Json,
        variables: &Variables,
        path: &str,
        errors: &mut Vec<(String, TemplateError)>,
    ) -> Json {
        match value {
            Json::String(source) => {
                let filled =
                    lone(source, variables).unwrap_or_else(|| render(source, variables).map(Json::String));
                filled.unwrap_or_else(|error| {
                    errors.push((path.to_owned(), error));
                    Json::Null
                })
            }
            Json::Array(items) => {
                let filled = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| walk(item, variables, &format!("{path}[{index}]"), errors));
                Json::Array(filled.collect())
            }
            Json::Object(fields) => {
                let filled = fields.iter().map(|(key, item)| {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    (key.clone(), walk(item, variables, &path, errors))
                });
                Json::Object(filled.collect())
            }
            other => other.clone(),
        }
    }
    walk(value, variables, "", errors)
}

/// What an expression is put into, to be read like a text.
const AROUND: (&str, &str) = ("{{ ", " }}");

/// The value of one expression.
///
/// # Errors
/// When the expression is malformed, uses an undefined variable, or does too much work.
pub fn evaluate(expression: &str, variables: &Variables) -> Result<Json, TemplateError> {
    let source = format!("{}{expression}{}", AROUND.0, AROUND.1);
    let shifted = |error: TemplateError| error.shifted(AROUND.0.len(), expression);
    let parsed = syntax::parse(&source).map_err(shifted)?;
    let one = match &parsed.root {
        Stmt::Template(template) => match template.children.as_slice() {
            [Stmt::EmitExpr(one)] => one,
            _ => return Err(TemplateError::of("expected one expression, without braces around it")),
        },
        _ => return Err(TemplateError::of("expected one expression")),
    };
    let value = Evaluator::new(&source, variables).defined(&one.expr).map_err(shifted)?;
    json(&value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

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
    fn a_sign_that_the_parser_does_not_know_is_pointed_at_whole() {
        for sign in ["\u{fffd}", "ß", "\u{1F600}"] {
            let source = format!("{{% set{sign} a = 1 %}}");
            let range = render(&source, &variables()).unwrap_err().range.unwrap();
            assert_eq!(source.get(range.clone()), Some(sign), "{range:?} of {source}");
        }
    }

    #[test]
    fn an_expression_that_does_not_end_is_pointed_at_its_end() {
        for expression in ["range(n", "'a", "a |", "[1, {"] {
            let error = evaluate(expression, &variables()).unwrap_err();
            let range = error.range.unwrap_or_default();
            assert!(expression.get(range.clone()).is_some(), "{range:?} of {expression}: {}", error.message);
        }
    }

    #[test]
    fn an_endless_template_runs_out_of_fuel() {
        let source = "{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}";
        assert_eq!(render(source, &variables()).unwrap_err().message, "the template does too much work");
    }

    /// What the walk gives is what minijinja gives.
    #[test]
    fn a_text_is_what_minijinja_makes_of_it() {
        let variables = Variables::from([
            ("name".to_owned(), Json::from("Ann")),
            ("list".to_owned(), serde_json::json!(["b", "a", "c", "a"])),
            ("numbers".to_owned(), serde_json::json!([3, 1, 2])),
            ("rows".to_owned(), serde_json::json!([{"n": "x", "k": 2}, {"n": "y", "k": 1}])),
            ("map".to_owned(), serde_json::json!({"a": 1, "b": {"c": [true, null, 2.5]}})),
        ]);
        let mut environment = minijinja::Environment::new();
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        environment.set_keep_trailing_newline(true);
        for source in [
            "Hi {{ name }}!\n",
            "{{ name ~ 1 ~ list }} {{ name + 'x' }} {{ name * 3 }} {{ 2 * 'ab' }} {{ numbers + list }}",
            "{{ 7 // 2 }} {{ -7 % 3 }} {{ 2 ** 10 }} {{ 1 / 4 }} {{ 1.5 * 2 }} {{ -(numbers[0]) }} {{ 3 - 5 }}",
            "{{ list[1:] }} {{ list[:-1] }} {{ list[::-1] }} {{ name[1:] }} {{ list[-1] }} {{ map.b.c }} {{ map['a'] }}",
            "{{ 'a' in list }} {{ 'z' not in list }} {{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }} {{ name == 'Ann' and list }} {{ 0 or name }}",
            "{% for x in list %}{{ loop.index }}/{{ loop.length }}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}",
            "{% for x in list if x != 'a' %}{{ loop.index0 }}{{ x }}{{ loop.revindex }}{% else %}none{% endfor %}",
            "{% for k, v in map | items %}{{ k }}{% endfor %}{% for x in [] %}{% else %}none{% endfor %}",
            "{% set a = 1 %}{% for x in numbers %}{% set a = x %}{{ a }}{% endfor %}{{ a }}",
            "{% with a = 2, b = a %}{{ a }}{{ b }}{% endwith %}{% if name is defined and nobody is undefined %}y{% endif %}",
            "{{ nobody | default('x') }} {{ rows | map(attribute='n') | join('-') }} {{ list | map('upper') | list }}",
            "{{ rows | sort(attribute='k') | map(attribute='n') | join }} {{ list | unique | sort | reverse | join(',') }}",
            "{{ rows | selectattr('k', 'gt', 1) | list | tojson }} {{ numbers | select('odd') | list }} {{ numbers | sum }}",
            "{{ list | first }}{{ list | last }}{{ list | length }}{{ numbers | min }}{{ numbers | max }} {{ map | dictsort }}",
            "{{ 'a b c' | split }} {{ 'a,b' | split(',') }} {{ ' x ' | trim }}. {{ 'x.' | trim('.') }} {{ 'ab' | replace('a', 'c') }}",
            "{{ 'one\ntwo' | indent(2) }} {{ 'one\ntwo' | lines }} {{ 'hello you' | title }} {{ 'HELLO' | capitalize }}",
            "{{ '3' | int + 1 }} {{ '2.5' | float }} {{ 2.567 | round(1) }} {{ -3 | abs }} {{ 5 | string }} {{ '' | bool }}",
            "{{ rows | groupby('n') | length }} {{ list | zip(numbers) | list }} {{ range(3) | list }} {{ range(5, 1, -2) | list }}",
            "{{ 'x' if numbers else 'y' }}{{ 'x' if false }} {{ [1, [2, {'a': name}]] }} {{ {'a': [1, 2]} | tojson }} {{ [none] }} {{ true }}",
            "{%- if 3 is odd and 4 is divisibleby 2 %} a {%- elif true %} b {%- else %} c {%- endif -%} {# comment #} d",
            "{% raw %}{{ not a name }}{% endraw %} {{ dict(a=1).a }} {{ 'a' 'b' }} {{ name | upper is upper }}",
        ] {
            let theirs = environment.render_str(source, &variables).map_err(|error| format!("{error:#}"));
            let ours = render(source, &variables).map_err(|error| error.message);
            // Jinja says `True` where YAML and JSON write `true`; here a text says it as data has it.
            let plain = |text: String| text.replace("True", "true").replace("False", "false");
            assert_eq!(ours.clone().map(plain), theirs.map(plain), "{source}");
            assert!(ours.is_ok());
        }
    }

    #[test]
    fn a_value_that_is_not_there_is_never_said() {
        let variables = Variables::from([("x".to_owned(), Json::Null), ("n".to_owned(), Json::from(3.5))]);
        for source in ["a {{ x }}", "{{ 'a' ~ x }}", "{{ x ~ 'a' }}", "{{ none }}"] {
            let error = render(source, &variables).unwrap_err();
            assert!(error.message.contains("has no value"), "{source}: {}", error.message);
        }
        let source = "{% if x is none %}{{ x | default('-', true) }}{% endif %}{{ n }}";
        assert_eq!(render(source, &variables).unwrap(), "-3.5");
    }

    #[test]
    fn data_becomes_text_in_one_way() {
        for (value, said) in [
            (serde_json::json!(3), "3"),
            (serde_json::json!(3.0), "3.0"),
            (serde_json::json!(0.1), "0.1"),
            (serde_json::json!(true), "true"),
            (serde_json::json!("a\"b"), "a\"b"),
        ] {
            assert_eq!(text_of(&value), said);
            let variables = Variables::from([("x".to_owned(), value)]);
            assert_eq!(render("{{ x }}", &variables).unwrap(), said);
        }
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        let wrong = |source: &str| {
            let error = render(source, &variables()).unwrap_err();
            (error.message, error.range.map(|range| source[range].to_owned()).unwrap_or_default())
        };
        let (message, place) = wrong("ä {{ name }} {{ name.first }}");
        assert_eq!((message.as_str(), place.as_str()), ("`name.first` is not defined", "name.first"));
        assert_eq!(wrong("{{ list | jion }}").1, "jion");
        assert_eq!(wrong("{% if name %}{% include 'x' %}{% endif %}").1, "include 'x'");
        assert_eq!(
            wrong("{{ name }}{{ name - 1 }}"),
            ("`-` does not go with a text and a number".into(), "name - 1".into())
        );
        assert_eq!(wrong("{{ 1 // 0 }}").1, "1 // 0");
        let error = evaluate("list + nmae", &variables()).unwrap_err();
        assert_eq!(error.range, Some(7..11));
        assert!(evaluate("a }} {{ b", &variables()).is_err());
        assert!(render(&format!("{}{{{{", "x".repeat(70_000)), &variables()).is_err());
    }

    #[test]
    fn a_lone_expression_keeps_its_type() {
        let value = render_value(&serde_json::json!({"a": "{{ list }}", "b": "x{{ name }}"}), &variables());
        assert_eq!(value.unwrap(), serde_json::json!({"a": [1, 2], "b": "xAnn"}));
    }

    #[test]
    fn a_long_text_is_refused_before_it_fills_the_memory() {
        let source = "{% for i in range(20000) %}{{ 'x' * 100000 }}{% endfor %}";
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

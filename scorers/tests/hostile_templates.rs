//! Templates that try to exhaust the machine: each has to end soon and hold little, as a text and as
//! a lone expression. The peak of memory is that of this process, so this file is a binary of its own
//! with one test.

use proptest::{prelude::*, test_runner::TestRunner};
use scorers::template::{Variables, evaluate, render, render_value, variables_of};
use serde_json::{Value as Json, json};
use std::time::{Duration, Instant};

/// The most memory that the whole process may ever hold, in KiB. Measured: 42 MiB.
const MEMORY: u64 = 128 << 10;

/// The longest that one template may take, four times over: as much as a slow machine needs without
/// optimisation.
const TIME: Duration = Duration::from_secs(3);

/// The processor time that this thread has had; where nobody knows, the time that has passed. A busy
/// machine takes longer, but not more of it.
fn clock(start: Instant) -> Duration {
    // The fields behind the name in brackets; the twelfth and thirteenth count ticks of 10 ms.
    let ticks = std::fs::read_to_string("/proc/thread-self/stat").ok().and_then(|stat| {
        let (_, fields) = stat.rsplit_once(')')?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
        ticks.sum::<Result<u64, _>>().ok()
    });
    ticks.map_or_else(|| start.elapsed(), |ticks| Duration::from_millis(ticks * 10))
}

/// The largest amount of memory that this process has held, in KiB; none where nobody knows.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn variables() -> Variables {
    let long = "word ".repeat(4_000);
    let list: Vec<Json> =
        (0..1_000).map(|number| json!({ "name": format!("n{number}"), "at": number })).collect();
    Variables::from([
        ("text".to_owned(), json!("some text\nof two lines")),
        ("long".to_owned(), json!(long)),
        ("list".to_owned(), json!(list)),
        ("map".to_owned(), json!({ "a": [1, 2, 3], "b": { "c": "d" } })),
        ("number".to_owned(), json!(3)),
    ])
}

/// Everything that can be done with a text, within the bounds.
fn attempt(source: &str, variables: &Variables) {
    let start = Instant::now();
    let before = clock(start);
    if let Ok(text) = render(source, variables) {
        assert!(text.len() <= scorers::template::MAX_RENDERED.max(source.len()));
    }
    let _ = variables_of(source);
    let _ = evaluate(source, variables);
    let _ = render_value(&json!([source, { "key": source }]), variables);
    let shown: String = source.chars().take(300).collect();
    let taken = clock(start).saturating_sub(before);
    assert!(taken < TIME, "{taken:?} for {shown}");
    if let Some(peak) = peak() {
        assert!(peak < MEMORY, "{peak} KiB after {shown}");
    }
}

/// A statement over and over, after a first one.
fn again(first: &str, statement: &str, times: usize) -> String {
    format!("{{% set a = {first} %}}{}{{{{ a }}}}", statement.repeat(times))
}

fn hostile() -> Vec<String> {
    let mut sources = vec![
        again("'x'", "{% set a = a ~ a %}", 40),
        again("'x'", "{% set a = a + a %}", 40),
        again("'xx'", "{% set a = a * 99 %}", 40),
        again("'x'", "{% set a = a | replace('x', 'xxxxxxxxxx') %}", 40),
        again("'x'", "{% set a = [a, a, a] | join(a) %}", 40),
        again("'x\\nx'", "{% set a = a | indent(64) ~ a %}", 40),
        again("'<'", "{% set a = a | tojson %}", 40),
        again("[1]", "{% set a = a + a %}", 40),
        again("[1]", "{% set a = [a, a] %}", 60),
        again("[1]", "{% set a = [a] %}", 20_000),
        again("{'a': 1}", "{% set a = {'a': a, 'b': a} %}", 60),
        again("[1]", "{% set a = a[:] %}", 20_000),
        again("[1]", "{% set a = a | reverse %}", 20_000),
        again("[1, 2]", "{% set a = a | map('string') %}", 20_000),
        again("[1, 2]", "{% set a = a | zip(a) %}", 60),
        again("'x'", "{% set a = dict(a=a, b=a) %}", 60),
        again("range(99999)", "{% set a = a | select('in', a) %}", 5),
        format!("{}{{{{ a == b }}}}", "{% set a = [a, a] %}{% set b = [b, b] %}".repeat(40)),
        "{{ [1] | batch(9999999999) }}".into(),
        "{{ [1] | slice(9999999999) }}".into(),
        "{{ 'x' | indent(9999999999) }}".into(),
        "{{ '%9999999999d' | format(1) }}".into(),
        "{{ list | tojson(indent=9999999999) }}".into(),
        "{{ list | pprint }}".into(),
        "{{ 'x' * 9999999999 }}".into(),
        "{{ 9999999999 * 'x' }}".into(),
        "{{ [1] * 1000000000 | list }}".into(),
        "{{ ([1] * 1000000000) | list | length }}".into(),
        "{{ range(1000000000) | list }}".into(),
        "{{ range(0, 1000000000, 1) | sum }}".into(),
        "{{ range(-9223372036854775807, 9223372036854775807, 9223372036854775807) | list }}".into(),
        "{{ 2 ** 99999999 }}".into(),
        "{{ 9.0 ** 99999 }}".into(),
        "{{ 1 / 0 }}{{ 1 // 0 }}{{ 1 % 0 }}".into(),
        "{{ list | map('replace', 'n', long) | join }}".into(),
        "{{ list | map('join', long) | list }}".into(),
        "{{ list | map('tojson') | join(long) }}".into(),
        "{{ list | join(long) }}".into(),
        "{{ long | list | join(long) }}".into(),
        "{{ long | replace('', long) }}".into(),
        "{{ long | replace('o', long) }}".into(),
        "{{ long | split('') | map('replace', '', long) }}".into(),
        "{{ long | list | sort | unique | list | length }}".into(),
        "{{ list | groupby('name') | groupby(0) }}".into(),
        "{% for a in list %}{% for b in list %}{% for c in list %}{{ a }}{% endfor %}{% endfor %}{% endfor %}".into(),
        "{% for a in range(99999) %}{{ long }}{% endfor %}".into(),
        "{% for a in range(99999) if a in range(99999) %}{% endfor %}".into(),
        "{% for a in list recursive %}{{ loop(list) }}{% endfor %}".into(),
        "{% set a %}{% for b in range(99999) %}{{ long }}{% endfor %}{% endset %}".into(),
        "{% filter upper %}{% for b in range(99999) %}{{ long }}{% endfor %}{% endfilter %}".into(),
        "{% macro m(x) %}{{ m(x) }}{{ m(x) }}{% endmacro %}{{ m(1) }}".into(),
        "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ long }}{% endcall %}".into(),
        "{% set n = namespace(a='x') %}{% for i in range(99) %}{% set n.a = n.a ~ n.a %}{% endfor %}".into(),
        "{% include '/etc/passwd' %}".into(),
        "{% block a %}{{ self.a() }}{% endblock %}".into(),
        "{% raw %}{{ a }}{% endraw %}".repeat(1_000),
        "{{ debug() }}".into(),
        "{{ 3 is divisibleby(0) }}".into(),
        "{{ 3 is divisibleby(-1) }}".into(),
        "{{ [3] | select('divisibleby', 0) | list }}".into(),
        "{{ [[3]] | map('select', 'divisibleby', 0) | list }}".into(),
        "{{ list[0:3:-1] }}{{ text[0:3:-1] }}{{ list[::-9223372036854775808] }}".into(),
        "{{ list[-9223372036854775808:9223372036854775807:9223372036854775807] }}".into(),
        "{{ 170141183460469231731687303715884105727 * -1 - 1 }}{{ -9223372036854775808 | abs }}".into(),
        "{{ 1e308 | int }}{{ 1.5 | round(-2147483648) }}{{ 1.5 | round(2147483647) }}".into(),
    ];
    // What makes the parser itself go deep.
    for (before, middle, after) in [
        ("{{ ", "(", " 1 }}"),
        ("{{ ", "[", " 1 }}"),
        ("{{ ", "{1:", " 1 }}"),
        ("{{ ", "not ", "1 }}"),
        ("{{ ", "-", "1 }}"),
        ("{{ 1", " + 1", " }}"),
        ("{{ 1", " ~ 1", " }}"),
        ("{{ 1", " if 1 else 1", " }}"),
        ("{{ 1", " if 1", " }}"),
        ("{{ 1", " | string", " }}"),
        ("{{ 1", " is odd", " }}"),
        ("{{ 1", " < 1", " }}"),
        ("{{ text", ".a", " }}"),
        ("{{ text", "[0]", " }}"),
        ("{{ text", "[:]", " }}"),
        ("{{ text", "()", " }}"),
        ("{% set ", "(", "a = 1 %}"),
        ("{% if 1 %}", "{% elif 1 %}", "{% endif %}"),
        ("", "{% if 1 %}", ""),
        ("", "{% for a in list %}", ""),
        ("", "{% with a = 1 %}", ""),
        ("", "{{", ""),
        ("", "{%", ""),
        ("", "{#", ""),
        ("\n", "\n", "{{ text }}"),
    ] {
        for times in [90, 300, 70_000] {
            sources.push(format!("{before}{}{after}", middle.repeat(times)));
        }
    }
    sources
}

/// An expression of the pieces that could make much of little.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("text".to_owned()),
        Just("long".to_owned()),
        Just("list".to_owned()),
        Just("map".to_owned()),
        Just("number".to_owned()),
        Just("a".to_owned()),
        Just("b".to_owned()),
        Just("'x'".to_owned()),
        Just("[]".to_owned()),
        (0_u64..200_000).prop_map(|number| number.to_string()),
    ];
    leaf.prop_recursive(5, 24, 3, |inner| {
        let filters = [
            "upper",
            "list",
            "string",
            "tojson",
            "lines",
            "split",
            "sort",
            "unique",
            "reverse",
            "length",
            "first",
            "last",
            "items",
            "dictsort",
            "trim",
            "title",
            "join",
            "map('list')",
            "map('tojson')",
            "map(attribute='name')",
            "sum",
            "min",
            "max",
            "batch(99)",
            "split('')",
            "default('x')",
            "indent(9)",
        ];
        let filter = proptest::sample::select(filters.to_vec());
        let sign =
            proptest::sample::select(vec!["~", "+", "*", "-", "in", "==", "<", "and", "or", "**", "//", "%"]);
        let with =
            proptest::sample::select(vec!["join", "replace", "select", "map", "zip", "default", "indent"]);
        prop_oneof![
            (inner.clone(), sign, inner.clone()).prop_map(|(a, sign, b)| format!("({a} {sign} {b})")),
            (inner.clone(), filter).prop_map(|(a, filter)| format!("({a} | {filter})")),
            (inner.clone(), with, inner.clone(), inner.clone())
                .prop_map(|(a, name, b, c)| format!("({a} | {name}({b}, {c}))")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{{a}: {b}}}")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("{a}[{b}:{c}]")),
            (inner.clone(), -9_i64..9, -9_i64..9, -3_i64..4)
                .prop_map(|(a, from, to, step)| format!("{a}[{from}:{to}:{step}]")),
            (inner.clone(), -1_i64..3).prop_map(|(a, by)| format!("({a} is divisibleby({by}))")),
            (inner.clone(), -1_i64..3)
                .prop_map(|(a, by)| format!("({a} | select('divisibleby', {by}) | list)")),
            inner.clone().prop_map(|a| format!("range({a})")),
            inner.prop_map(|a| format!("({a} if number else b)")),
        ]
    })
}

/// A template of such expressions, loops and names.
fn template() -> impl Strategy<Value = String> {
    let set = (proptest::sample::select(vec!["a", "b"]), expression())
        .prop_map(|(name, value)| format!("{{% set {name} = {value} %}}"));
    let emit = expression().prop_map(|value| format!("{{{{ {value} }}}}"));
    let step = prop_oneof![3 => set, 1 => emit, 1 => Just(" and ".to_owned())].boxed();
    let steps = proptest::collection::vec(step, 1..6).prop_map(|steps| steps.concat()).boxed();
    let looped = (expression(), steps.clone(), 1_usize..12).prop_map(|(over, body, times)| {
        format!("{{% for b in {over} %}}{}{{% endfor %}}", body.repeat(times))
    });
    let repeated = (steps.clone(), 1_usize..30).prop_map(|(body, times)| body.repeat(times));
    proptest::collection::vec(prop_oneof![steps, looped, repeated], 1..4)
        .prop_map(|parts| format!("{{% set a = 'x' %}}{{% set b = [1] %}}{}", parts.concat()))
}

#[test]
fn no_template_exhausts_the_machine() {
    let variables = variables();
    for source in hostile() {
        attempt(&source, &variables);
    }
    let mut runner = TestRunner::new(ProptestConfig::with_cases(400));
    let outcome = runner.run(&template(), |source| {
        attempt(&source, &variables);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

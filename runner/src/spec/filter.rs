//! `--filter EXPR`: which trials to run.
//!
//! ```text
//! family=grounding & arm!=clear
//! probe=grounding.* | (case~table & !arm=open)
//! ```
//! `=` compares with a pattern in which `*` stands for any text and `?` for any character, `~` looks for a part of the name;
//! `!=` and `!~` are their opposites. `!` binds tighter than `&`, `&` tighter than `|`.

use super::diagnostic::Diagnostic;
use reports::text::glob;
use scorers::names::suggestion;
use std::{fmt, ops::Range};

/// The longest expression, in bytes.
const MAX_LENGTH: usize = 10_000;

/// Parentheses and negations inside each other.
const MAX_DEPTH: usize = 64;

/// What can be compared.
const FIELDS: [&str; 4] = ["family", "probe", "case", "arm"];

/// Which trials to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The name has to look like this.
    Is(Field, Pattern),
    /// The opposite.
    Not(Box<Filter>),
    /// All of them.
    And(Vec<Filter>),
    /// At least one of them.
    Or(Vec<Filter>),
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The probe's name up to the first dot.
    Family,
    /// The probe's name.
    Probe,
    /// The case's id.
    Case,
    /// The arm's name; empty where a probe has no arms.
    Arm,
}

/// What a name is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// `*` stands for any text, `?` for any character.
    Glob(String),
    /// It occurs somewhere.
    Part(String),
}

/// An expression that is none, with the place underlined when shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError(Box<Diagnostic>);

impl fmt::Display for FilterError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.render(false);
        formatter.write_str(text.strip_prefix("error: ").unwrap_or(&text))
    }
}

impl std::error::Error for FilterError {}

/// The names that a filter looks at.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The probe's name up to the first dot.
    pub family: &'a str,
    /// The probe's name.
    pub probe: &'a str,
    /// The case's id.
    pub case: &'a str,
    /// The arm's name.
    pub arm: &'a str,
}

impl Filter {
    /// Reads an expression.
    ///
    /// # Errors
    /// The first place where it is none.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        if text.len() > MAX_LENGTH {
            return Err(parser.error(0..1, format!("the filter is longer than {MAX_LENGTH} bytes")));
        }
        let filter = parser.any()?;
        match parser.peek() {
            None => Ok(filter),
            Some(_) => Err(parser.error(parser.at..text.len(), "expected `&`, `|` or the end")),
        }
    }

    /// The parts of it that are joined by `|`; none where there is no `|` around everything.
    pub fn alternatives(&self) -> Vec<&Self> {
        match self {
            Self::Or(any) => any
                .iter()
                .flat_map(|one| match one {
                    Self::Or(_) => one.alternatives(),
                    other => vec![other],
                })
                .collect(),
            Self::Is(..) | Self::Not(_) | Self::And(_) => Vec::new(),
        }
    }

    /// Whether a trial is selected.
    pub fn matches(&self, names: Names<'_>) -> bool {
        match self {
            Self::Is(field, pattern) => {
                let name = match field {
                    Field::Family => names.family,
                    Field::Probe => names.probe,
                    Field::Case => names.case,
                    Field::Arm => names.arm,
                };
                match pattern {
                    Pattern::Glob(glob) => glob::matches(glob, name),
                    Pattern::Part(part) => name.contains(part.as_str()),
                }
            }
            Self::Not(inner) => !inner.matches(names),
            Self::And(all) => all.iter().all(|one| one.matches(names)),
            Self::Or(any) => any.iter().any(|one| one.matches(names)),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = |field: &Field| match field {
            Field::Family => "family",
            Field::Probe => "probe",
            Field::Case => "case",
            Field::Arm => "arm",
        };
        let compared = |not: &str, pattern: &Pattern| match pattern {
            Pattern::Glob(text) => format!("{not}={text}"),
            Pattern::Part(text) => format!("{not}~{text}"),
        };
        let inner = |one: &Self| match one {
            Self::Or(_) | Self::And(_) => format!("({one})"),
            Self::Is(..) | Self::Not(_) => one.to_string(),
        };
        let joined = |all: &[Self], sign: &str| all.iter().map(inner).collect::<Vec<_>>().join(sign);
        match self {
            Self::Is(name, pattern) => write!(formatter, "{}{}", field(name), compared("", pattern)),
            Self::Not(one) => match &**one {
                Self::Is(name, pattern) => write!(formatter, "{}{}", field(name), compared("!", pattern)),
                other => write!(formatter, "!{}", inner(other)),
            },
            Self::And(all) => formatter.write_str(&joined(all, " & ")),
            Self::Or(any) => formatter.write_str(&joined(any, " | ")),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn error(&self, range: Range<usize>, message: impl Into<String>) -> FilterError {
        FilterError(Box::new(Diagnostic::at("--filter", self.text, range, message)))
    }

    /// The next character that is no white space.
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn any(&mut self) -> Result<Filter, FilterError> {
        let mut list = vec![self.all()?];
        while self.eat('|') {
            list.push(self.all()?);
        }
        Ok(if list.len() == 1 { list.remove(0) } else { Filter::Or(list) })
    }

    fn all(&mut self) -> Result<Filter, FilterError> {
        let mut list = vec![self.one()?];
        while self.eat('&') {
            list.push(self.one()?);
        }
        Ok(if list.len() == 1 { list.remove(0) } else { Filter::And(list) })
    }

    fn one(&mut self) -> Result<Filter, FilterError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(self.at..self.at + 1, "the filter is nested too deeply"));
        }
        let filter = if self.eat('!') {
            Filter::Not(Box::new(self.one()?))
        } else if self.eat('(') {
            let start = self.at - 1;
            let inner = self.any()?;
            if !self.eat(')') {
                return Err(self.error(start..start + 1, "this parenthesis is not closed"));
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self) -> Result<Filter, FilterError> {
        let (name, range) = self.word();
        let field = match name {
            "family" => Field::Family,
            "probe" => Field::Probe,
            "case" => Field::Case,
            "arm" => Field::Arm,
            "" => return Err(self.error(range, "expected a comparison, such as `family=grounding`")),
            other => {
                let hint = suggestion(other, FIELDS);
                let FilterError(error) = self.error(range, format!("unknown name `{other}`"));
                return Err(FilterError(Box::new(error.with_help(hint))));
            }
        };
        let opposite = self.eat('!');
        let exact = self.eat('=');
        if !exact && !self.eat('~') {
            let message = format!("expected `=`, `!=`, `~` or `!~` after `{name}`");
            return Err(self.error(self.at..self.at + 1, message));
        }
        let (text, range) = self.word();
        if text.is_empty() && !exact {
            return Err(self.error(range, "expected a part of a name"));
        }
        let pattern = if exact { Pattern::Glob(text.to_owned()) } else { Pattern::Part(text.to_owned()) };
        let filter = Filter::Is(field, pattern);
        Ok(if opposite { Filter::Not(Box::new(filter)) } else { filter })
    }

    /// Everything up to white space or a sign of the language.
    fn word(&mut self) -> (&'a str, Range<usize>) {
        self.peek();
        let text = self.text;
        let rest = &text[self.at..];
        let sign = |one: char| one.is_whitespace() || "&|!()=~".contains(one);
        let length = rest.find(sign).unwrap_or(rest.len());
        let range = self.at..self.at + length;
        self.at = range.end;
        (&text[range.clone()], range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAMES: Names<'_> =
        Names { family: "grounding", probe: "grounding.repair", case: "table-clear", arm: "clear" };

    fn matches(text: &str) -> bool {
        Filter::parse(text).unwrap().matches(NAMES)
    }

    #[test]
    fn comparisons() {
        for text in [
            "family=grounding",
            "probe=grounding.*",
            "probe=*.repair",
            "probe=g*.r*r",
            "case~able",
            "arm!=open",
            "arm!~open",
            "  case = table-clear ",
        ] {
            assert!(matches(text), "{text}");
        }
        for text in ["family=ground", "probe=*.rep", "case!~able", "arm=", "probe=g*x*r"] {
            assert!(!matches(text), "{text}");
        }
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert!(matches("arm=clear | arm=open & family=none"));
        assert!(!matches("(arm=clear | arm=open) & family=none"));
        assert!(matches("!arm=open & !(family=none | case=x)"));
    }

    #[test]
    fn errors_underline_the_place() {
        insta::assert_snapshot!(Filter::parse("family=a & porbe=b").unwrap_err(), @r"
        unknown name `porbe`
         --> --filter:1:12
          |
        1 | family=a & porbe=b
          |            ^^^^^
          |
          = help: did you mean `probe`?
        ");
        for text in ["", "family", "family=a &", "(family=a", "family=a)", "probe~", "=a", "family=a b"] {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
        assert!(Filter::parse(&"!".repeat(100_000)).is_err());
        assert!(Filter::parse(&"(".repeat(9_000)).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[a-z=!~&|()* .é\\s]{0,60}") {
            if let Ok(filter) = Filter::parse(&text) {
                filter.matches(NAMES);
            }
        }

        #[test]
        fn a_pattern_is_its_regular_expression(pattern in "[ab*?]{0,8}", name in "[abé]{0,8}") {
            let expression = format!("^{}$", pattern.replace('*', ".*").replace('?', "."));
            let expression = regex::Regex::new(&expression).unwrap();
            prop_assert_eq!(glob::matches(&pattern, &name), expression.is_match(&name));
        }
    }
}

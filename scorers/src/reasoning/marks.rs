//! Marks that stand around reasoning, as chat templates and servers write them.
//!
//! The names are those of the templates of DeepSeek-R1, Qwen 3, EXAONE, Seed-OSS, Magistral, Kimi, Command A, Sky-T1,
//! OpenThinker, Apertus and Gemma, and of prompts that ask for reasoning in tags.

use super::reply::Reply;
use regex::Regex;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

static MARK: LazyLock<Regex> = LazyLock::new(|| {
    let tag = r"<\s*(?P<tag_ends>/?)\s*(?P<tag>(?:[a-z]{1,16}[:_])?(?:think|thinking|thought|thoughts|reason|reasoning|reflection|scratchpad|monologue))\s*>";
    let bracket =
        r"\[(?P<bracket_ends>/?)(?P<bracket>think|thinking|reasoning)\]|◁(?P<arrow_ends>/?)(?P<arrow>think)▷";
    let token = r"<\|(?P<begin>begin_of_thought|start_thinking|inner_prefix|think|thinking)\|>|<\|(?P<end>end_of_thought|end_thinking|inner_suffix|/think|/thinking)\|>";
    let gemma = r"(?P<channel><\|channel>[ \t]*(?:thought|analysis)?)|(?P<channel_ends><channel\|>)";
    Regex::new(&format!("(?i){tag}|{bracket}|{token}|{gemma}")).expect("a constant pattern")
});

/// What some formats put around the answer.
static WRAPPING: LazyLock<Regex> = LazyLock::new(|| {
    let tag = r"<(?:answer|response|final|final_answer|output|solution)>";
    let token = r"<\|(?:begin_of_solution|start_response)\|>";
    Regex::new(&format!("(?i)^{tag}|^{token}")).expect("a constant pattern")
});
static WRAPPING_END: LazyLock<Regex> = LazyLock::new(|| {
    let tag = r"</(?:answer|response|final|final_answer|output|solution)>";
    let token = r"<\|(?:end_of_solution|end_response)\|>";
    Regex::new(&format!(r"(?i)(?:{tag}|{token})\s*$")).expect("a constant pattern")
});

/// A fence of code, from one line of backticks to the next.
static FENCE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?ms)^[ ]{0,3}```.*?^[ ]{0,3}```[ ]*$").expect("a constant pattern"));

struct Mark {
    place: Range<usize>,
    /// What the mark that closes it has in common with it.
    family: String,
    opens: bool,
    /// Talked about rather than used.
    mentioned: bool,
    begins_line: bool,
}

/// Takes a reply with marks apart; none for one without reasoning.
pub(super) fn split(text: &str) -> Option<Reply<'_>> {
    let marks = marks(text);
    let closes = closings(&marks);
    let mut reasoning: Vec<&str> = Vec::new();
    let (mut at, mut next) = (0, 0);
    // From the front: blocks, and the ends of blocks that the chat template began.
    while let Some(mark) = marks.get(next) {
        let leads = text[at..mark.place.start].trim().is_empty();
        if mark.opens && leads {
            let Some(close) = closes[next] else {
                reasoning.push(&text[mark.place.end..]);
                return Some(Reply::reasoned(reasoning, Cow::Borrowed(""), false));
            };
            reasoning.push(&text[mark.place.end..marks[close].place.start]);
            (at, next) = (marks[close].place.end, close + 1);
        } else if let Some(close) = left_open(&marks, next) {
            reasoning.push(&text[at..marks[close].place.start]);
            (at, next) = (marks[close].place.end, close + 1);
        } else {
            break;
        }
    }
    // Further down: whole blocks that begin a line.
    let mut kept = String::new();
    while let Some(mark) = marks.get(next) {
        next += 1;
        if !(mark.opens && mark.begins_line && !mark.mentioned) {
            continue;
        }
        match closes[next - 1] {
            Some(close) => {
                kept.push_str(&text[at..mark.place.start]);
                reasoning.push(&text[mark.place.end..marks[close].place.start]);
                (at, next) = (marks[close].place.end, close + 1);
            }
            None if text[mark.place.end..].starts_with(['\n', '\r']) => {
                reasoning.push(&text[mark.place.end..]);
                return Some(Reply::reasoned(reasoning, Cow::Borrowed(""), false));
            }
            None => {}
        }
    }
    if reasoning.is_empty() {
        return None;
    }
    let answer = match kept.as_str() {
        "" => Cow::Borrowed(unwrapped(&text[at..])),
        before => Cow::Owned(format!("{before}{}", &text[at..])),
    };
    Some(Reply::reasoned(reasoning, answer, true))
}

/// Every mark of a text, in order.
fn marks(text: &str) -> Vec<Mark> {
    let mut fences = FENCE.find_iter(text).map(|fence| fence.range()).peekable();
    let mut line = 0;
    let mut seen = 0;
    MARK.captures_iter(text)
        .filter_map(|found| {
            let place = found.get(0)?.range();
            while fences.peek().is_some_and(|fence| fence.end <= place.start) {
                fences.next();
            }
            let fenced = fences.peek().is_some_and(|fence| fence.start <= place.start);
            if let Some(newline) = text[seen..place.start].rfind('\n') {
                line = seen + newline + 1;
            }
            seen = place.start;
            let (family, opens) = family(&found)?;
            let begins_line = text[line..place.start].trim().is_empty();
            let mentioned = fenced || quoted(text, &place);
            Some(Mark { place, family, opens, mentioned, begins_line })
        })
        .collect()
}

fn family(found: &regex::Captures<'_>) -> Option<(String, bool)> {
    for (name, ends) in [("tag", "tag_ends"), ("bracket", "bracket_ends"), ("arrow", "arrow_ends")] {
        if let Some(family) = found.name(name) {
            let opens = found.name(ends).is_none_or(|ends| ends.is_empty());
            return Some((format!("{name} {}", family.as_str().to_lowercase()), opens));
        }
    }
    if let Some(token) = found.name("begin").or_else(|| found.name("end")) {
        let token = token.as_str().to_lowercase();
        let family =
            ["thought", "thinking", "inner", "think"].into_iter().find(|part| token.contains(part))?;
        return Some((format!("token {family}"), found.name("begin").is_some()));
    }
    Some(("channel".to_owned(), found.name("channel").is_some()))
}

/// Whether quotes or backticks stand right around a mark.
fn quoted(text: &str, place: &Range<usize>) -> bool {
    const PAIRS: [(char, char); 8] =
        [('`', '`'), ('"', '"'), ('\'', '\''), ('“', '”'), ('‘', '’'), ('«', '»'), ('「', '」'), ('(', ')')];
    let (before, after) = (text[..place.start].chars().next_back(), text[place.end..].chars().next());
    PAIRS.iter().any(|(open, close)| before == Some(*open) && after == Some(*close))
}

/// For every opening mark, the mark that closes it: the next of its family that is no mention, else the next.
fn closings(marks: &[Mark]) -> Vec<Option<usize>> {
    let mut used: HashMap<&str, usize> = HashMap::new();
    let mut mentioned: HashMap<&str, usize> = HashMap::new();
    let mut closings = vec![None; marks.len()];
    for (index, mark) in marks.iter().enumerate().rev() {
        let family = mark.family.as_str();
        match (mark.opens, mark.mentioned) {
            (true, _) => closings[index] = used.get(family).or_else(|| mentioned.get(family)).copied(),
            (false, false) => drop(used.insert(family, index)),
            (false, true) => drop(mentioned.insert(family, index)),
        }
    }
    closings
}

/// The first closing mark from here on that ends what no mark of the reply began. After an opening mark in the middle of
/// a line, which opens nothing, only one that begins a line does.
fn left_open(marks: &[Mark], from: usize) -> Option<usize> {
    let mut named = false;
    for (index, mark) in marks.iter().enumerate().skip(from).filter(|(_, mark)| !mark.mentioned) {
        if !mark.opens && (!named || mark.begins_line) {
            return Some(index);
        }
        if mark.opens && mark.begins_line {
            return None;
        }
        named = true;
    }
    None
}

/// An answer without what its format puts around it.
fn unwrapped(answer: &str) -> &str {
    let answer = answer.trim();
    let Some(opening) = WRAPPING.find(answer) else { return answer };
    let inner = &answer[opening.end()..];
    WRAPPING_END.find(inner).map_or(inner, |end| &inner[..end.start()])
}

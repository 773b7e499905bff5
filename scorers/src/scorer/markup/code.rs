//! Code in Markdown: its marks go, and what stands in it is kept from being taken for markup.
//! CommonMark 0.31.2, sections 4.5 (fences) and 6.1 (spans).

use super::signs::kept;
use std::collections::HashMap;

/// The text without the marks of code, with everything that would be markup inside of it kept.
pub(super) fn protect(text: &str) -> String {
    if !text.contains(['`', '~']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut prose = String::new();
    let mut fence: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        let mark = fence_mark(line);
        match (fence, mark) {
            (None, Some(mark)) => {
                spans(&std::mem::take(&mut prose), &mut out);
                fence = Some(mark);
            }
            (None, None) => prose.push_str(line),
            (Some(open), Some(mark)) if mark.starts_with(open) && line.trim() == mark => {
                out.push('\n');
                fence = None;
            }
            (Some(_), _) => out.extend(line.chars().map(kept)),
        }
    }
    spans(&prose, &mut out);
    out
}

/// The run of backticks or tildes that begins or ends a fence.
fn fence_mark(line: &str) -> Option<&str> {
    let indented = line.trim_start_matches(' ');
    if line.len() - indented.len() > 3 {
        return None;
    }
    let sign = indented.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
    let length = indented.len() - indented.trim_start_matches(sign).len();
    let rest = indented[length..].trim();
    // Backticks after backticks are a span in one line.
    (length >= 3 && !(sign == '`' && rest.contains('`'))).then(|| &indented[..length])
}

/// Spans of code: from a run of backticks to the next run as long.
fn spans(text: &str, out: &mut String) {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (place, _) in text.match_indices('`') {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == place => *length += 1,
            _ => runs.push((place, 1)),
        }
    }
    // The next run of the same length, for every run.
    let mut nearest: HashMap<usize, usize> = HashMap::new();
    let mut partner = vec![None; runs.len()];
    for (index, (_, length)) in runs.iter().enumerate().rev() {
        partner[index] = nearest.insert(*length, index);
    }
    let (mut at, mut next) = (0, 0);
    while let Some((start, length)) = runs.get(next).copied() {
        out.push_str(&text[at..start]);
        match partner[next].map(|other| (other, runs[other])) {
            Some((other, (end, _))) => {
                let inside = &text[start + length..end];
                out.extend(inside.chars().map(kept));
                (at, next) = (end + length, other + 1);
            }
            None => {
                out.extend(text[start..start + length].chars().map(kept));
                (at, next) = (start + length, next + 1);
            }
        }
    }
    out.push_str(&text[at..]);
}

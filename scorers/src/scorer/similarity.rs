//! How alike two lists of words are. All measures range from 0 to 1.

use std::collections::{BTreeMap, BTreeSet};

/// Jaccard's coefficient of the two vocabularies: shared words over all words (Jaccard 1912,
/// doi:10.1111/j.1469-8137.1912.tb05611.x). None when neither text has a word.
pub(super) fn jaccard(a: &[&str], b: &[&str]) -> Option<f64> {
    let (a, b) = (vocabulary(a), vocabulary(b));
    share(a.intersection(&b).count(), a.union(&b).count())
}

/// The containment of `a` in `b`: the share of the vocabulary of `a` that `b` has too (Broder 1997,
/// doi:10.1109/SEQUEN.1997.666900). None when `a` has no word.
pub(super) fn containment(a: &[&str], b: &[&str]) -> Option<f64> {
    let (a, b) = (vocabulary(a), vocabulary(b));
    share(a.intersection(&b).count(), a.len())
}

/// ROUGE-L with β = 1: the harmonic mean of the shares that the longest common subsequence has in
/// either text (Lin 2004, aclanthology W04-1013, equations 2 to 4), which is `2·LCS / (|a| + |b|)`.
/// None when neither text has a word.
pub(super) fn rouge_l(a: &[&str], b: &[&str]) -> Option<f64> {
    share(2 * longest_common_subsequence(a, b), a.len() + b.len())
}

/// Sentence BLEU of a candidate against one reference (Papineni et al. 2002,
/// doi:10.3115/1073083.1073135): the geometric mean of the clipped n-gram precisions for n from 1 to
/// 4 (to the candidate's length where that is shorter), times the brevity penalty. One is added to
/// both counts for n above 1 (Lin and Och 2004, aclanthology C04-1072, "smoothed BLEU"), as single
/// turns seldom share four words in a row. None when either text has no word.
pub(super) fn bleu(candidate: &[&str], reference: &[&str]) -> Option<f64> {
    const LONGEST: usize = 4;
    if candidate.is_empty() || reference.is_empty() {
        return None;
    }
    let order = LONGEST.min(candidate.len());
    let mut product = 1.0;
    for length in 1..=order {
        let (matches, total) = clipped_matches(candidate, reference, length);
        let more = if length > 1 { 1.0 } else { 0.0 };
        product *= (matches as f64 + more) / (total as f64 + more);
    }
    let precision: f64 = product.powf(1.0 / order as f64);
    let (ours, theirs) = (candidate.len() as f64, reference.len() as f64);
    let brevity = if ours < theirs { (1.0 - theirs / ours).exp() } else { 1.0 };
    Some(precision * brevity)
}

/// Sentence BLEU (Papineni et al. 2002) of the characters of a candidate against those of one reference, n from 1 to 4, unsmoothed: what
/// NLTK's `sentence_bleu` gives where it is handed strings, and what arXiv:2502.00640 reports for documents. 0 where some length has no match;
/// none when either text is empty or shorter than four characters.
pub(super) fn bleu_of_characters(candidate: &str, reference: &str) -> Option<f64> {
    const LONGEST: usize = 4;
    let (ours, theirs): (Vec<char>, Vec<char>) = (candidate.chars().collect(), reference.chars().collect());
    if ours.len() < LONGEST || theirs.is_empty() {
        return None;
    }
    let mut product = 1.0;
    for length in 1..=LONGEST {
        let (matches, total) = clipped_matches(&ours, &theirs, length);
        product *= matches as f64 / total as f64;
    }
    let (mine, other) = (ours.len() as f64, theirs.len() as f64);
    let brevity = if mine < other { (1.0 - other / mine).exp() } else { 1.0 };
    Some(product.powf(1.0 / LONGEST as f64) * brevity)
}

fn vocabulary<'a>(words: &[&'a str]) -> BTreeSet<&'a str> {
    words.iter().copied().collect()
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// N-grams of the candidate that the reference has too, each at most as often as there, and all
/// n-grams of the candidate.
fn clipped_matches<T: Ord>(candidate: &[T], reference: &[T], length: usize) -> (usize, usize) {
    let (ours, theirs) = (counts(candidate, length), counts(reference, length));
    let matches = ours.iter().map(|(ngram, count)| *count.min(theirs.get(ngram).unwrap_or(&0))).sum();
    (matches, ours.values().sum())
}

fn counts<T: Ord>(words: &[T], length: usize) -> BTreeMap<&[T], usize> {
    let mut counts = BTreeMap::new();
    for ngram in words.windows(length) {
        *counts.entry(ngram).or_insert(0) += 1;
    }
    counts
}

/// Time is the product of the lengths, memory the length of the second.
pub(super) fn longest_common_subsequence(a: &[&str], b: &[&str]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for left in a {
        let mut diagonal = 0;
        for (index, right) in b.iter().enumerate() {
            let above = row[index + 1];
            row[index + 1] = if left == right { diagonal + 1 } else { above.max(row[index]) };
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: Option<f64>, expected: f64) {
        assert!(value.is_some_and(|value| (value - expected).abs() < 1e-12), "{value:?} is not {expected}");
    }

    fn split(text: &str) -> Vec<&str> {
        text.split(' ').collect()
    }

    #[test]
    fn vocabularies() {
        // {the, cat, sat} and {the, cat, ran, off}: two shared of five.
        let (a, b) = (split("the cat sat the cat"), split("the cat ran off"));
        near(jaccard(&a, &b), 2.0 / 5.0);
        near(containment(&a, &b), 2.0 / 3.0);
        near(containment(&b, &a), 2.0 / 4.0);
        assert_eq!(jaccard(&[], &[]), None);
        near(jaccard(&a, &[]), 0.0);
        assert_eq!(containment(&[], &b), None);
    }

    #[test]
    fn lins_example() {
        // Lin 2004, section 3.1: S1 is the reference; S2 shares "police the gunman", S3 "the gunman".
        let s1 = split("police killed the gunman");
        near(rouge_l(&split("police kill the gunman"), &s1), 3.0 / 4.0);
        near(rouge_l(&split("the gunman kill police"), &s1), 2.0 / 4.0);
        assert_eq!(rouge_l(&[], &[]), None);
    }

    #[test]
    fn papinenis_clipping() {
        // Papineni et al. 2002, example 2: "the" counts twice of seven.
        let (candidate, reference) = (split("the the the the the the the"), split("the cat is on the mat"));
        assert_eq!(clipped_matches(&candidate, &reference, 1), (2, 7));
    }

    #[test]
    fn bleu_of_characters_by_hand() {
        // "abcde" in "abcdf": 4/5 of single characters, 3/4, 2/3 and 1/2 of those in a row; equal lengths.
        near(bleu_of_characters("abcde", "abcdf"), (0.8_f64 * 0.75 * 2.0 / 3.0 * 0.5).powf(0.25));
        near(bleu_of_characters("abcd", "abcdefgh"), (-1.0_f64).exp());
        near(bleu_of_characters("abcd", "wxyz"), 0.0);
        assert_eq!(bleu_of_characters("abc", "abc"), None);
    }

    #[test]
    fn bleu_by_hand() {
        // Precisions 4/5, (2+1)/(4+1), (1+1)/(3+1), (0+1)/(2+1); candidate 5 words, reference 6.
        let (candidate, reference) = (split("the cat sat on mats"), split("the cat lay sat on mats"));
        assert_eq!(clipped_matches(&candidate, &reference, 1), (5, 5));
        let expected =
            (1.0_f64 * (3.0 + 1.0) / 5.0 * (1.0 + 1.0) / 4.0 * 1.0 / 3.0).powf(0.25) * (-0.2_f64).exp();
        near(bleu(&candidate, &reference), expected);
        near(bleu(&reference, &reference), 1.0);
        near(bleu(&split("the cat"), &split("the cat")), 1.0);
        near(bleu(&split("dog"), &split("cat")), 0.0);
        assert_eq!(bleu(&[], &reference), None);
    }
}

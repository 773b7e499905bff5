//! Which letters are labels and which are words.

use crate::scorer::Wordings;
use serde_json::json;

/// The labels that a text names, of lettered options.
fn named(labels: &[&str], text: &str) -> String {
    let matcher = Wordings::of(labels.iter().copied()).matcher("").unwrap();
    matcher.mentions(text).unwrap().join("")
}

#[test]
fn an_article_is_no_option() {
    for text in [
        "That is a hard one.",
        "A dog has four legs.",
        "I am not sure, a map would help.",
        "A few of them are a bit odd.",
        "THIS IS A DIFFICULT ONE.",
        "Such a title: A Tale of Two Cities.",
        "At 10 a.m. on a Friday.",
        "An A-level in R&D, n/a",
        "À la carte, a me mi piace.",
    ] {
        assert_eq!(named(&["A", "B", "C", "D"], text), "", "{text}");
    }
}

#[test]
fn a_letter_is_an_option_where_it_labels() {
    for text in [
        "A",
        "a",
        "a.",
        "(a)",
        "A) a dog",
        "A: a dog",
        "A. a dog",
        "\"A\"",
        "**A**",
        "_a_",
        "\\boxed{A}",
        "The answer is A.",
        "The answer is A",
        "the answer is a.",
        "Answer: A",
        "Answer: a",
        "I pick A because of a hint.",
        "A is right.",
        "I think A is the one.",
        "Option A, a classic.",
        "So it must be\nA\nas a rule.",
        "答案是A。",
        "정답은 A입니다.",
        "It is option a.",
    ] {
        assert_eq!(named(&["A", "B", "C", "D"], text), "A", "{text}");
    }
}

#[test]
fn other_letters_need_less() {
    for (text, labels) in [
        ("The answer is C, a bird.", "C"),
        ("b", "B"),
        ("I would take b here", "B"),
        ("I'd say D", "D"),
        ("don't, I'm, it's, we'd", ""),
        ("C++ and C#, B-flat :D", ""),
        ("B or C", "BC"),
        ("B's the one", "B"),
    ] {
        assert_eq!(named(&["A", "B", "C", "D", "M", "S", "T"], text), labels, "{text}");
    }
}

#[test]
fn a_pronoun_is_no_option() {
    let labels = ["I", "II", "III", "IV", "V"];
    for (text, found) in [
        ("I cannot say without a map.", ""),
        ("As far as I know, I, for one, am lost.", ""),
        ("i think so", ""),
        ("The option I prefer is II.", "II"),
        ("The answer is I.", "I"),
        ("(I)", "I"),
        ("I", "I"),
        ("I) and III)", "IIII"),
        ("Option I is wrong, I think it is IV.", "IIV"),
        ("Ⅲ", "III"),
    ] {
        assert_eq!(named(&labels, text), found, "{text}");
    }
}

#[test]
fn abbreviations_are_told_from_words() {
    let labels = ["US", "UK", "IT"];
    assert_eq!(named(&labels, "It tells us: the UK."), "UK");
    assert_eq!(named(&labels, "The US"), "US");
    assert_eq!(named(&labels, "us"), "US");
}

#[test]
fn letters_of_other_alphabets() {
    let labels = ["А", "Б", "В"];
    assert_eq!(named(&labels, "В Москве холодно, а в Сочи нет."), "");
    assert_eq!(named(&labels, "Ответ: В."), "В");
    let matcher = serde_json::from_value::<Wordings>(json!(["가", "나"])).unwrap().matcher("").unwrap();
    assert_eq!(matcher.mentions("정답은 가입니다.").unwrap(), ["가"]);
}

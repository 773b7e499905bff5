//! English function words in nine categories, and content words.
//!
//! The categories are those that language style matching compares (Ireland and Pennebaker 2010, doi:10.1037/a0020386). The lists
//! are Grice's own, short, and of closed classes; a word has the category of its commonest use, and only one.

use super::markup::visible;
use super::text::{plain, words};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A category of function words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// "I", "you", "her": who.
    PersonalPronouns,
    /// "it", "that", "something": what.
    ImpersonalPronouns,
    /// "a", "an", "the".
    Articles,
    /// "and", "but", "because".
    Conjunctions,
    /// "in", "with", "about".
    Prepositions,
    /// "is", "have", "would".
    AuxiliaryVerbs,
    /// "very", "just", "often": common adverbs.
    Adverbs,
    /// "no", "not", "never", and contractions with "n't".
    Negations,
    /// "some", "many", "all".
    Quantifiers,
}

/// How many categories there are.
pub(super) const CATEGORIES: usize = 9;

const LISTS: [(Category, &str); CATEGORIES] = [
    (
        Category::PersonalPronouns,
        "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers \
         herself they them their theirs themselves i'm i've i'd i'll we're we've we'd we'll you're you've you'd you'll \
         he's he'd he'll she's she'd she'll they're they've they'd they'll let's",
    ),
    (
        Category::ImpersonalPronouns,
        "it its itself it's it'd it'll this that these those that's that'll who whom whose which what who's what's something \
         anything everything someone somebody anyone anybody everyone everybody thing things other others another",
    ),
    (Category::Articles, "a an the"),
    (
        Category::Conjunctions,
        "and but or so because if although though while when whereas whether unless until since than then as nor yet plus \
         however therefore otherwise",
    ),
    (
        Category::Prepositions,
        "about above across after against along among around at before behind below beneath beside besides between beyond by \
         despite down during except for from in inside into like near of off on onto out outside over past per through \
         throughout to toward towards under up upon via with within without",
    ),
    (
        Category::AuxiliaryVerbs,
        "am is are was were be been being have has had having do does did doing can could may might must shall should will \
         would ought there's here's",
    ),
    (
        Category::Adverbs,
        "very really just also too quite rather again already always almost often sometimes usually perhaps maybe even ever \
         here there now soon still well only simply actually certainly probably how where why away back once later together",
    ),
    (
        Category::Negations,
        "no not never none nothing nobody nowhere neither cannot can't won't don't doesn't didn't isn't aren't wasn't weren't \
         haven't hasn't hadn't couldn't shouldn't wouldn't mustn't needn't ain't",
    ),
    (
        Category::Quantifiers,
        "all any both each every few fewer less least lot lots many more most much several some enough half whole bit plenty \
         little",
    ),
];

static CATEGORY: LazyLock<HashMap<&'static str, usize>> = LazyLock::new(|| {
    let all = LISTS.iter().enumerate();
    all.flat_map(|(index, (_, list))| list.split_whitespace().map(move |word| (word, index))).collect()
});

/// How many words of each category a text has, and how many words in all.
pub(super) fn counts(text: &str) -> ([u32; CATEGORIES], u32) {
    let folded = plain(&visible(text));
    let (mut counts, mut all) = ([0; CATEGORIES], 0);
    for word in words(&folded) {
        all += 1;
        if let Some(count) = CATEGORY.get(word).and_then(|index| counts.get_mut(*index)) {
            *count += 1;
        }
    }
    (counts, all)
}

/// The first word of a category in a text.
pub(super) fn first(text: &str, category: Category) -> Option<String> {
    let index = LISTS.iter().position(|(of, _)| *of == category)?;
    let folded = plain(&visible(text));
    words(&folded).into_iter().find(|word| CATEGORY.get(word) == Some(&index)).map(str::to_owned)
}

/// The content words of a text, in order: all but function words, in small letters, without a final "'s" and, from four letters on,
/// without the "s" of a plural ("ss", "us" and "is" stay). That is no lemma: "ran" is not "run".
pub(super) fn content(text: &str) -> Vec<String> {
    let folded = plain(&visible(text));
    let content = words(&folded).into_iter().filter(|word| !CATEGORY.contains_key(word));
    content.map(|word| form(word).to_owned()).collect()
}

fn form(word: &str) -> &str {
    let word = word.strip_suffix("'s").unwrap_or(word);
    let kept = ["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    match word.strip_suffix('s') {
        Some(stem) if !kept && stem.chars().count() >= 3 => stem,
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_one_category() {
        let all: Vec<&str> = LISTS.iter().flat_map(|(_, list)| list.split_whitespace()).collect();
        let twice: Vec<&&str> =
            all.iter().filter(|word| all.iter().filter(|other| other == word).count() > 1).collect();
        assert_eq!(twice, Vec::<&&str>::new());
    }

    #[test]
    fn words_are_counted_by_category() {
        let (found, all) = counts("I don’t think **the** cat is very happy, and you know it.");
        // I, you; it; the; and; none; is; very; don't; none.
        assert_eq!((found, all), ([2, 1, 1, 1, 0, 1, 1, 1, 0], 12));
        assert_eq!(first("The cat sat.", Category::Articles).as_deref(), Some("the"));
        assert_eq!(first("Cats sat.", Category::Articles), None);
    }

    #[test]
    fn content_words_have_a_simple_form() {
        assert_eq!(content("The dancers' hats, and the dancer's bus."), ["dancer", "hat", "dancer", "bus"]);
        assert_eq!(content("It is his glass."), ["glass"]);
    }
}

//! Trouble told to be solved: "I can't find my order", "the printer does not print".
//!
//! Whoever reports that something does not work recruits help without asking for it (Kendrick and Drew
//! 2016, doi:10.1080/08351813.2016.1126436), so that the report opens a request. A trouble of the
//! teller's own life, of feelings and of people, is told to be heard; its hearer is not asked to mend it
//! (Jefferson and Lee 1981 on troubles-telling and the service encounter,
//! doi:10.1016/0378-2166(81)90026-6). The two are told apart by their matter: what does not do what it
//! should is put with negation, with words of persistence or of a defect; a turn that speaks of people or
//! feelings besides is of the second kind. The bare state of a thing ("there is mould in the bathroom"), told
//! without praise to one who serves, is relevant only as a trouble, too.

use super::text::pattern;
use regex::Regex;
use std::sync::LazyLock;

/// Whether a turn reports a trouble for the hearer to help with.
pub(super) fn to_be_solved(turn: &[String]) -> bool {
    let any = |what: &Regex| turn.iter().any(|sentence| what.is_match(sentence));
    (any(&DEFECT) || (any(&STATE) && !any(&PRAISE))) && !any(&PERSONAL)
}

/// A thing is in some state now.
static STATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:(?:hi|hello|hey)\b[,.!\ ]*)*(?:there(?:'s|\ is|\ are)\b | (?:my|our|your|the|this)\ (?:[\w-]+\ ){1,4}?(?:(?:is|are|has|have|does|do|\w+n't)\b|[\w-]+s\ (?:an?|the|my|me|to|on|off|out|up|when|no|in|at|only|like)\b))",
    )
});

/// What is told because it is good.
static PRAISE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"!|\b(?:new|finally|great|lov\w+|good|nice|fine|beautiful\w*|best|better|fun|enjoy\w*|favou?rite|well|amazing|awesome|excit\w+|proud|shining|sunny)\b",
    )
});

/// Something is not as it should be.
static DEFECT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:not|never|no|nothing|none|cannot|\w+n't|(?:ca|wo|do|does|did|is|are|was|were|has|have|could|would)nt
          | keeps?|kept|still|twice|double|extra|again|too|only|every\ time|wrong|unable|un\w+able|(?:over|mis|dis|mal)\w{3,}(?:ed|ing|s)
          | errors?|problems?|issues?|trouble|difficult\w*|faults?|faulty|bugs?|glitch\w*|noises?|virus|defects?|defective
          | leak\w*|crack\w*|break\w*|broke\w*|crash\w*|freez\w+|froze\w*|fail\w*|hack\w*|stolen|stole|lost|lose|losing|missing|missed|forgot\w*|stuck|jammed|clogged|blocked|locked|blank|slow\w*|down|dead|late|delayed|damaged?|torn|burnt|spilled|dropped|fell|expired|cancell?ed|but\ (?:it|the|now|then)|declined|rejected|denied|refused|stop(?:s|ped)?|flicker\w*|smells?|stain\w*|hurts?|pains?|painful|\w*aches?|itch\w*|scratch\w*|rash|fever|swollen|bleed\w*)\b",
    )
});

/// People, feelings and the teller's own life.
static PERSONAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:he|she|him|her|his|hers|myself|everyone|everybody|anyone|nobody|each\ other|people
          | wife|husband|spouse|partner|fianc\w+|boy\ ?friend|girl\ ?friend|\w*friends?|\w*mates?|mom|mum|mother|dad|father|parents?|sister|brother|siblings?|daughter|sons?|kids?|family|grand\w+|aunt|uncle|cousins?|niece|nephew|ex|boss|manager|colleagues?|co-?workers?|teacher|professor|neighbou?rs?
          | life|lives|job|jobs|career|relationship|marriage|divorced?|school|college|classes|classroom|exams?|degree|covid|pandemic|died|death
          | i\ (?:\w+\ )?(?:feel\w*|felt|think\ about|love\w*|hate\w*|miss|failed)|i(?:'m|m|\ am)\ (?:\w+\ )*?(?:so|too|very|really|kind\ of|a\ (?:bit|little))\ \w+|i(?:'m|m|\ am)\ not\ (?:good|ok|okay|well|fine|sure|doing)|what\ to\ do|the\ point|opportunit\w*|therap\w+|idea|feel\w*|emotion\w*|mood|mental\w*|sad\w*|depress\w*|anxi\w+|lonely|loneliness|alone|upset\w*|stress\w*|worr\w+|scared|afraid|hopeless\w*|worthless|overwhelm\w*|cry\w*|happy|glad|cope|coping|sleep\w*|tired|bored|motivat\w+|confiden\w+|grie\w+|self)\b",
    )
});

#[cfg(test)]
mod tests {
    use super::super::tests::assert_act;
    use super::*;
    use crate::scorer::text::sentences;

    #[test]
    fn troubles_to_be_solved_are_of_things() {
        assert_act(
            |_, turn| to_be_solved(&sentences(turn)),
            &[
                ("", "I can't find my order."),
                ("", "Hello. The printer does not print."),
                ("", "I bought a lamp. It never arrived."),
                ("", "my wifi keeps dropping"),
                ("", "Your app crashes when I open it."),
                ("", "I was charged twice."),
                ("", "I lost my passport in Rome."),
                ("", "There is mould in the bathroom."),
                ("", "My ears are ringing."),
                ("", "The file won't open."),
                ("", "I forgot the password."),
            ],
            &[
                ("", "I feel so alone."),
                ("", "My wife left me and I can't go on."),
                ("", "I lost my job last week."),
                ("", "I can't stop crying."),
                ("", "He never listens to me."),
                ("", "I am so tired."),
                ("", "We moved house."),
                ("", "My new phone is great."),
                ("", "I went to Spain."),
                ("", ""),
            ],
        );
    }
}

//! What one clause says, by its wording: words, phrases, and echoes of the question's auxiliary.

use regex::Regex;
use std::sync::LazyLock;

/// What a clause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clause {
    /// "Yes" or "no" itself, with what may stand beside it.
    Word(bool),
    /// Agreement: "of course", "right".
    Assent,
    /// Another wording that answers.
    Phrase(bool),
    /// The auxiliary of the question again: "it does", "they are not".
    Echo(bool),
    /// Both, or neither.
    Unclear,
    /// Something else.
    Other,
}

const YES: &str = r"(?:ye+s+|yea+h*|yep+|yup+|aye|uh-huh|mm-?hm+|mhm+|affirmative)";
const NO: &str = r"(?:no+|nope+|nah+|nay|uh-uh|nuh-uh|negative)";

/// Words of agreement that a clause may consist of.
const ASSENT: &str = r"(?:(?:that\ is\ |that's\ |you(?:'re|\ are)\ |this\ is\ |it(?:'s|\ is)\ )?(?:very\ |most\ |quite\ |absolutely\ |exactly\ |entirely\ |completely\ |perfectly\ )?(?:right|true|correct)
    |(?:most\ )?(?:certainly|definitely|assuredly)|sure(?:\ thing|\ enough)?|surely|absolutely|indeed|of\ course|exactly|precisely|naturally|obviously|clearly|undoubtedly|totally
    |(?:that's|that\ is|it's|it\ is)\ (?:so|the\ case)|for\ sure|very\ much\ so|by\ all\ means|you\ bet|you\ got\ it)";

/// Adverbs beside which a denial denies.
const ADVERB: &str = r"(?:really|certainly|definitely|absolutely|surely|sure|most\ certainly|indeed|actually|simply|just|clearly|obviously|of\ course|also|still)";
const PRONOUN: &str = r"(?:it|i|they|we|he|she|you|this|that|these|those|there)";
const AUXILIARY: &str =
    r"(?:is|are|am|was|were|do|does|did|has|have|had|can|could|will|would|must|may|might|should|shall)";
const DENIED: &str = r"(?:(?:is|are|was|were|do|does|did|has|have|had|could|would|must|might|should|need)n't|can't|won't|shan't|ain't|cannot)";

/// A constant pattern in verbose syntax, with the names of lists in braces.
fn pattern(source: &str) -> Regex {
    let filled =
        [("{yes}", YES), ("{no}", NO), ("{assent}", ASSENT), ("{adverb}", ADVERB), ("{pronoun}", PRONOUN)]
            .into_iter()
            .chain([("{auxiliary}", AUXILIARY), ("{denied}", DENIED)])
            .fold(source.to_owned(), |source, (name, list)| source.replace(name, list));
    Regex::new(&format!("(?x){filled}")).expect("a constant pattern")
}

macro_rules! patterns {
    ($($(#[$about:meta])* $name:ident = $source:expr;)*) => {
        $($(#[$about])* static $name: LazyLock<Regex> = LazyLock::new(|| pattern($source));)*
    };
}

patterns! {
    /// "Yes", and what may follow it in its clause.
    YES_WORD = r"^(?:{yes}|y$|(?:hell|heck|god)\ {yes})(?:\ (?P<rest>.*))?$";
    NO_WORD = r"^(?:{no}|n$|(?:hell|heck|god|good\ god|lord)\ no)(?:\ (?P<rest>.*))?$";
    /// After "no" without a comma, what makes it an answer and not the beginning of "no animal".
    NOT_A_DETERMINER = r"^(?:{pronoun}(?:'s|'re|'m)?|thanks?|sir|ma'am|sorry|not|because|since|way|chance|never|definitely|certainly|absolutely|actually|unfortunately|longer|from\ me|at\ all|indeed|of\ course|please|again|{no}|{denied})(?:\ |$)";
    /// "No doubt": the denial of a doubt.
    NO_DOUBT = r"^(?:no\ (?:doubt|question)(?:\ (?:about|of)\ (?:it|that|this))?|without\ (?:a|any)\ (?:doubt|question)|(?:beyond|there\ is\ no|there's\ no)\ (?:a\ |any\ )?(?:doubt|question)(?:\ about\ (?:it|that))?|i\ have\ no\ doubt(?:\ about\ (?:it|that))?|i\ (?:don't|do\ not)\ doubt\ (?:it|that|so))$";
    /// A clause of agreement, or agreement before something else.
    ASSENTS = r"^{assent}(?:\ {assent})*(?:\ (?P<rest>.*))?$";
    NEGATIVE_PHRASE = r"^(?:{adverb}\ )?(?:
          not(?:\ (?:really|at\ all|exactly|quite|usually|always|often|likely|so|yet|ever|even\ close|even\ a\ little|anymore|any\ more|any\ longer|in\ the\ least|in\ the\ slightest|by\ any\ means|by\ a\ long\ shot|a\ chance|a\ bit|that\ i\ know(?:\ of)?|that\ i(?:'m|\ am)\ aware\ of|to\ my\ knowledge|true|right|correct|accurate|the\ case|today|for\ me))?
        | never(?:\ ever)? | hardly(?:\ ever)? | barely | scarcely | rarely | by\ no\ means | in\ no\ way | under\ no\ circumstances | on\ no\ account | no\ way | no\ chance | fat\ chance | far\ from\ it | out\ of\ the\ question | there(?:'s|\ is)\ no\ (?:way|chance)
        | (?:very\ |most\ |highly\ |extremely\ )?unlikely
        | (?:(?:quite|exactly|just|rather|on|to|precisely)\ )?the\ (?:exact\ |very\ )?(?:opposite|contrary|reverse)
        | (?:it'?s\ |it\ is\ |that'?s\ |that\ is\ )?(?:{adverb}\ |quite\ |entirely\ |completely\ |totally\ |simply\ )?(?:false|incorrect|wrong|untrue|inaccurate)
        | (?:(?:i\ (?:think|guess|suppose|believe|fear)|i'm\ afraid|i\ am\ afraid|afraid|probably|presumably|apparently|evidently|most\ likely|likely|(?:very\ |most\ )?(?:certainly|definitely)|absolutely|obviously|clearly|surely|naturally|of\ course|sure|indeed|better|why)\ not)(?:\ at\ all)?
        | (?:i\ )?(?:really\ )?(?:don't|do\ not)\ (?:really\ )?(?:think|believe|suppose|reckon|imagine)\ so
        | i\ (?:really\ |very\ much\ |highly\ )?doubt\ (?:it|that|so)
        | (?:that|this|it)(?:'s|\ is|\ was)\ not\ (?:true|right|correct|accurate|the\ case|so) | (?:that|this|it)\ isn't\ (?:true|right|correct|accurate|the\ case|so)
    )$";
    /// "It is not the case that …", which a further denial would turn.
    NOT_THE_CASE = r"^(?:it|that)(?:'s|\ is|\ isn't)\ (?:not\ |just\ not\ |simply\ not\ )?(?P<kind>the\ case|true|correct|false|wrong|untrue|incorrect)\ (?:that|to\ say)\ (?P<rest>.*)$";
    /// "I don't think they do."
    NOT_BELIEVED = r"^i\ (?:don't|do\ not)\ (?:think|believe|suppose)\ (?:that\ )?(?P<rest>.*)$";
    POSITIVE_PHRASE = r"^(?:
          i\ (?:do\ )?(?:think|believe|guess|suppose|reckon|imagine|would\ think|would\ say)\ so | i'd\ (?:think|say)\ so | (?:i'm\ |i\ am\ )?afraid\ so
        | (?:it\ )?(?:seems|appears|looks)\ (?:so|like\ it|that\ way) | apparently\ so | so\ it\ (?:is|does|seems)
        | sure\ (?:is|does|do|are|can|did|was|will|has|have)
    )$";
    ECHO = r"^{pronoun}(?:\ {adverb})?(?:\ (?P<plain>{auxiliary})|(?P<short>'s|'re|'m|'ve))?(?P<not>\ not|\ {denied})?(?:\ (?:{adverb}|so|too))*$";
    /// A clause that begins with a denied auxiliary, whatever follows.
    DENIES = r"^(?:{pronoun}(?:\ {adverb})?(?:(?:\ {auxiliary}|'s|'re|'m|'ve)(?:\ {adverb})?\ (?:not|never)|\ {denied})|{no}|not|never|no\ way|no\ chance)(?:\ |$)";
    /// Words by which a denial is turned back.
    TURNED = r"(?:^|\ )(?:not|no|never|nothing|nobody|none|without|false|wrong|incorrect|untrue|impossible|unlikely|deny|denied|doubt|{denied}|\p{L}+n't|(?:un|im|in)(?:true|possible|correct|likely|certain|able))(?:\ |$)";
}

/// What a clause says; `clause` is in plain form without marks at its ends.
pub(super) fn classify(clause: &str) -> Clause {
    if NO_DOUBT.is_match(clause) {
        return Clause::Phrase(true);
    }
    if let Some(found) = YES_WORD.captures(clause) {
        return after_yes(found.name("rest").map_or("", |rest| rest.as_str()));
    }
    if NEGATIVE_PHRASE.is_match(clause) {
        return Clause::Phrase(false);
    }
    if let Some(found) = NO_WORD.captures(clause) {
        return after_no(found.name("rest").map_or("", |rest| rest.as_str()));
    }
    if POSITIVE_PHRASE.is_match(clause) {
        return Clause::Phrase(true);
    }
    if let Some(found) = NOT_THE_CASE.captures(clause) {
        let denied = clause.contains(" not ") || clause.contains("isn't");
        let holds = ["the case", "true", "correct"].contains(&&found["kind"]);
        return match (denied == holds, TURNED.is_match(&found["rest"])) {
            (true, false) => Clause::Phrase(false),
            _ => Clause::Unclear,
        };
    }
    if let Some(found) = NOT_BELIEVED.captures(clause) {
        return match echo(&found["rest"]) {
            Some(true) => Clause::Phrase(false),
            _ => Clause::Unclear,
        };
    }
    if let Some(found) = ASSENTS.captures(clause) {
        return after_assent(found.name("rest").map_or("", |rest| rest.as_str()));
    }
    echo(clause).map_or(Clause::Other, Clause::Echo)
}

/// Whether a clause is nothing but its answer.
pub(super) fn whole(clause: &str) -> bool {
    match classify(clause) {
        Clause::Word(_) => {
            let rest = YES_WORD.captures(clause).or_else(|| NO_WORD.captures(clause));
            let rest = rest.and_then(|found| found.name("rest").map(|rest| rest.as_str().to_owned()));
            rest.is_none_or(|rest| rest.split(' ').count() <= 2)
        }
        Clause::Phrase(_) | Clause::Assent | Clause::Echo(_) => true,
        Clause::Unclear | Clause::Other => false,
    }
}

/// Whether a clause begins with a denial.
pub(super) fn denies(clause: &str) -> bool {
    DENIES.is_match(clause)
}

/// Whether a clause denies more than once, which no rule here can untangle.
pub(super) fn doubly(clause: &str) -> bool {
    DENIES.find(clause).is_some_and(|denial| TURNED.is_match(&clause[denial.end().saturating_sub(1)..]))
}

/// What makes half of an answer of it: "yes and no", "no if".
fn halves(rest: &str) -> bool {
    ["and", "or", "but", "if", "unless"].contains(&rest.split(' ').next().unwrap_or_default())
}

fn after_yes(rest: &str) -> Clause {
    match classify_rest(rest) {
        Some(false) => Clause::Unclear,
        _ if halves(rest) => Clause::Unclear,
        _ if denies(rest) => Clause::Unclear,
        _ => Clause::Word(true),
    }
}

fn after_no(rest: &str) -> Clause {
    match classify_rest(rest) {
        Some(true) => Clause::Unclear,
        _ if halves(rest) => Clause::Unclear,
        _ if rest.is_empty() || NOT_A_DETERMINER.is_match(rest) => Clause::Word(false),
        _ => Clause::Other,
    }
}

/// Agreement, then something else: "of course it isn't", "absolutely no way", "true stories".
fn after_assent(rest: &str) -> Clause {
    if rest.is_empty() {
        return Clause::Assent;
    }
    if denies(rest) || NEGATIVE_PHRASE.is_match(rest) {
        let refuses = rest.starts_with("i ") || rest.starts_with("we ");
        // "Definitely no dogs" may go on in any way.
        let open = rest.starts_with("no ") && !NOT_A_DETERMINER.is_match(&rest[3..]);
        let turned = doubly(rest);
        return if refuses || open || turned { Clause::Unclear } else { Clause::Phrase(false) };
    }
    match classify_rest(rest) {
        Some(yes) => Clause::Phrase(yes),
        None => Clause::Other,
    }
}

/// The polarity of what follows a word in its clause, where it has one of its own.
fn classify_rest(rest: &str) -> Option<bool> {
    if rest.is_empty() {
        return None;
    }
    match classify(rest) {
        Clause::Word(yes) | Clause::Phrase(yes) | Clause::Echo(yes) => Some(yes),
        Clause::Assent => Some(true),
        Clause::Unclear | Clause::Other => None,
    }
}

/// The polarity of an echo: "it does", "they really aren't", "it's not"; none for anything else.
fn echo(clause: &str) -> Option<bool> {
    let found = ECHO.captures(clause)?;
    let denied = found.name("not").map(|not| not.as_str());
    match (found.name("plain").is_some(), found.name("short").is_some(), denied) {
        (true, _, None) => Some(true),
        (true, _, Some(" not")) | (_, true, Some(" not")) => Some(false),
        (false, false, Some(denied)) if denied != " not" => Some(false),
        _ => None,
    }
}

//! What one sentence answers, read clause by clause.

use super::clause::{self, Clause};
use regex::Regex;
use std::sync::LazyLock;

/// What a sentence comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// It answers.
    Answer {
        /// Which way.
        yes: bool,
        /// By "yes" or "no" itself.
        plain: bool,
    },
    /// It takes neither side: hedged, conditional, refused, or both.
    Unclear,
    /// It asks.
    Question,
    /// It only leads up to what follows.
    Opening,
    /// It says something else.
    Statement,
}

/// A constant pattern in verbose syntax.
fn pattern(source: &str) -> Regex {
    Regex::new(&format!("(?x){source}")).expect("a constant pattern")
}

/// Words that lead up to an answer.
static OPENING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:[^\p{L}\p{N}]*(?:
              well | hm+ | oh | ah+ | um+ | uh+ | er+ | so | okay | ok | alright | look | listen | wait | sorry | and | but | actually | honestly
            | frankly | unfortunately | sadly | luckily | fortunately | thankfully | technically | basically | generally
            | to\ be\ (?:honest|fair|precise|clear) | in\ (?:short|fact|a\ word|general) | simply\ put | on\ second\ thoughts? | scratch\ that
            | let\ me\ (?:see|think)(?:\ about\ (?:it|that))? | (?:that\ is\ a\ |that's\ a\ |what\ a\ )?(?:good|great|interesting|excellent|fair)\ question
            | (?:(?:my|the|your|a)\ )?(?:short\ |final\ |correct\ |right\ |simple\ |quick\ |honest\ |best\ )*answer(?:\ to\ (?:your|the|that)\ question)?(?:\ (?:is|would\ be|must\ be|has\ to\ be)|'s)?(?:\ an?)?
            | (?:i\ would|i'd|i\ will|i'll|i\ have\ to|i\ must|i'm\ going\ to|i\ am\ going\ to|i\ want\ to|i\ can)\ say(?:\ that)?
            | (?:it|that)(?:'s|\ is|\ would\ be|'d\ be|\ has\ to\ be)\ an?
            | an?\ (?:resounding|definite|clear|firm|hard|big|solid|simple|definitive|strong|qualified)
        )\b)*[^\p{L}\p{N}]*",
    )
});

/// What leads up to a plain "yes" or "no", and to nothing else here: "I think so" is a wording of its own.
static LEAD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(?:i|we)(?:\ would|'d)?\ (?:have\ to\ )?(?:think|believe|say|guess|vote|answer|go\ with|lean\ towards)|my\ (?:guess|vote|verdict|opinion|view)\ is|let's\ say|it(?:'s|\ is)|that(?:'s|\ is)|an?|hard|big|clear|firm|definite)
          (?:\ that)?(?:\ (?:the\ answer|it)(?:\ is|'s))?(?:\ an?)?(?:\ (?:hard|big|clear|firm|definite|resounding|very|strong|solid))*\ ",
    )
});

/// What takes neither side, at the beginning of a sentence.
static HEDGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:
              (?:yes|yeah|yep|no|nope)\ (?:and|or|but|if|unless|only\ if)\b | neither | both\b | either
            | maybe | perhaps | possibly | potentially | sometimes | kind\ of | sort\ of | more\ or\ less | could\ be | might\ be | may\ be
            | (?:it|that|this)\ (?:really\ |all\ )?(?:depends|varies|could\ be|might\ be|may\ be) | depends | depending
            | if\b | unless | whether | when\b | as\ long\ as | provided
            | (?:i'm\ |i\ am\ |we're\ )?(?:not|un)\ ?(?:really\ |entirely\ |quite\ |so\ |too\ )?(?:sure|certain|clear) | unclear | unknown | hard\ to | difficult\ to | impossible\ to
            | (?:i|we|you|one|nobody|no\ one|none|who)\ (?:really\ |just\ |simply\ |honestly\ )?(?:don't|do\ not|can't|cannot|can\ not|could\ not|couldn't|won't|will\ not|would\ not|wouldn't|am\ not\ able\ to|am\ unable\ to|knows?|can)\ (?:know|say|tell|remember|answer|be\ sure|determine|decide|confirm|help|comment|reveal|share|discuss|disclose|provide|\b)
            | no\ (?:idea|clue|comment|problem|worries|one|matter|wonder|offen[sc]e|rush|pressure|need|kidding)\b | nobody
            | beats\ me | who\ knows | god\ knows | never\ (?:mind|say|fear|again) | not\ (?:necessarily|only|always\ sure|unless|without|impossible|wrong|false|incorrect|untrue|unlike)
            | fifty | 50
        )(?:\b|$)",
    )
});

/// A wording that opens like dismay and answers nothing.
static DISMAY: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\W*oh,?\ (?:no|dear)\W*!\W*$"));

/// A clause that makes an answer depend on something.
static CONDITION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^(?:(?:but|though|although)\ )?(?:only\ (?:if|when)|unless|it\ depends|depending)\b")
});

/// A clause that refuses.
static REFUSAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(?:but|because|as|since)\ )?(?:i|we)(?:\ (?:can't|cannot|can\ not|won't|will\ not|couldn't|am\ not\ able\ to|am\ unable\ to|am\ not\ allowed\ to)|'m\ (?:not\ able|unable|not\ allowed)\ to)\ (?:really\ )?(?:tell|say|answer|reveal|share|disclose|discuss|help|comment|confirm|know|provide|be\ sure)\b",
    )
});

/// What joins a clause to the one before it.
static JOINT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(?:but|so|and|then|however|thus|therefore|hence|or|well|actually|rather|also|wait|still|otherwise|if\ not)\ )+",
    )
});

/// Where clauses part.
static PARTS: LazyLock<Regex> = LazyLock::new(|| pattern(r#"[,;:.!?…—–()"«»“”\[\]]+|\ -+\ "#));

/// Reads one sentence in plain form.
pub(super) fn read(sentence: &str) -> Reading {
    if DISMAY.is_match(sentence) {
        return Reading::Unclear;
    }
    // "Uh-huh" begins like an opening.
    let opening =
        OPENING.find(sentence).filter(|_| !matches!(parts(sentence).first(), Some(first) if is_word(first)));
    let answer = opening.map_or(sentence, |opening| &sentence[opening.end()..]);
    let led = LEAD.find(answer).map(|lead| &answer[lead.end()..]);
    let leads =
        |answer: &&str| parts(answer).first().is_some_and(|first| is_word(first) && clause::whole(first));
    let answer = led.filter(leads).unwrap_or(answer);
    let clauses = parts(answer);
    let Some((first, later)) = clauses.split_first() else {
        let asks = sentence.trim_end_matches(['"', '\'', ')', ']', '*', '_']).ends_with('?');
        return if asks { Reading::Question } else { Reading::Opening };
    };
    // A hyphen makes another word of it: "yes-men".
    let asks = sentence.trim_end_matches(['"', '\'', ')', ']', '*', '_', ' ']).ends_with('?');
    let class = clause::classify(first);
    if asks && (later.is_empty() || !matches!(class, Clause::Word(_))) {
        return Reading::Question;
    }
    if HEDGE.is_match(answer)
        && !matches!(class, Clause::Phrase(_) | Clause::Word(_) if later.is_empty() && clause::whole(first))
    {
        return leads_to(&clauses).unwrap_or(Reading::Unclear);
    }
    if later.iter().any(|clause| CONDITION.is_match(clause) || REFUSAL.is_match(clause))
        || REFUSAL.is_match(first)
    {
        return Reading::Unclear;
    }
    match class {
        Clause::Unclear => Reading::Unclear,
        Clause::Other => among(later),
        Clause::Word(yes) => settled(yes, true, Side::Word, later),
        Clause::Assent => settled(true, false, Side::Assent, later),
        Clause::Phrase(yes) | Clause::Echo(yes) => settled(yes, false, Side::Word, later),
    }
}

/// The clauses of a sentence, without marks at their ends.
fn parts(sentence: &str) -> Vec<&str> {
    fn trimmed(part: &str) -> &str {
        beginning(part.trim_matches(|sign: char| !sign.is_alphanumeric()))
    }
    PARTS.split(sentence).map(trimmed).filter(|clause| !clause.is_empty()).collect()
}

fn is_word(clause: &str) -> bool {
    matches!(clause::classify(clause), Clause::Word(_))
}

/// As much of a clause as decides: the rules look into what follows a word, so their depth grows with the words.
fn beginning(clause: &str) -> &str {
    const WORDS: usize = 32;
    clause.match_indices(' ').nth(WORDS).map_or(clause, |(end, _)| &clause[..end])
}

/// "Not only that: yes." leads to its answer although it begins like a hedge.
fn leads_to(clauses: &[&str]) -> Option<Reading> {
    let not_only = clauses.first().is_some_and(|first| first.starts_with("not only"));
    not_only.then(|| among(&clauses[1..]))
}

/// How an answer was given.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    /// By a word or phrase that means it alone.
    Word,
    /// By agreement, which a denial after it agrees with: "Right, it isn't."
    Assent,
}

/// An answer, given the clauses after it.
fn settled(yes: bool, plain: bool, side: Side, later: &[&str]) -> Reading {
    let mut yes = yes;
    for (index, clause) in later.iter().enumerate() {
        let joint = JOINT.find(clause).map_or("", |joint| joint.as_str());
        let rest = &clause[joint.len()..];
        let against = match clause::classify(rest) {
            Clause::Word(other) | Clause::Echo(other) => other != yes,
            // "No, that's right" and "Yes, not really".
            Clause::Phrase(other) => other != yes && clause::whole(rest),
            Clause::Unclear if !joint.is_empty() => true,
            _ => yes && (clause::denies(rest) && (index == 0 || joint.contains("but")) || not_all(rest)),
        };
        if !against {
            continue;
        }
        if side == Side::Assent
            && index == 0
            && joint.is_empty()
            && clause::denies(rest)
            && !clause::doubly(rest)
        {
            yes = false;
            continue;
        }
        return Reading::Unclear;
    }
    Reading::Answer { yes, plain }
}

/// "Sure, but not often."
fn not_all(clause: &str) -> bool {
    clause.starts_with("not ")
        || clause.starts_with("hardly")
        || clause.starts_with("never")
        || clause.starts_with("rarely")
}

/// The answer in clauses that follow one that is none: "Stop me if I err, but no."
fn among(later: &[&str]) -> Reading {
    let mut answer = None;
    for clause in later {
        let joint = JOINT.find(clause).map_or(0, |joint| joint.end());
        match clause::classify(&clause[joint..]) {
            Clause::Word(yes) if clause::whole(&clause[joint..]) => {
                if answer.is_some_and(|before| before != yes) {
                    return Reading::Unclear;
                }
                answer = Some(yes);
            }
            Clause::Unclear => return Reading::Unclear,
            _ if HEDGE.is_match(&clause[joint..]) => return Reading::Unclear,
            _ => {}
        }
    }
    answer.map_or(Reading::Statement, |yes| Reading::Answer { yes, plain: true })
}

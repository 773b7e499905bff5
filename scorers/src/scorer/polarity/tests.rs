//! Answers of all sorts, and the polarity that a reader gives them.

use super::*;
use proptest::prelude::*;

fn assert_polarity(expected: Option<bool>, answers: &[&str]) {
    let wrong: Vec<_> = answers.iter().filter(|answer| polarity(answer).ok() != expected).collect();
    assert!(wrong.is_empty(), "not {expected:?}: {wrong:#?}");
}

#[test]
fn plain_answers() {
    assert_polarity(
        Some(true),
        &[
            "Yes.",
            "yes, it does",
            "Yeah!",
            "Well, yes.",
            "Of course.",
            "Sure",
            "That's right.",
            "It is.",
            "I think so",
            "Correct, it is a dog.",
            "  YES",
            "**Yes**",
            "_Yes_, they can",
            "“Yes.”",
            "「Yes」",
            "Answer: Yes",
            "The answer is yes.",
            "\\boxed{\\text{Yes}}",
            "<b>Yes</b>",
            "Yesss!",
            "y",
            "Yep, sure.",
            "Yes ✅",
            "Yes, I'm sure.",
            "> Yes.",
            "## Yes",
            "- Yes",
            "uh-huh",
        ],
    );
    assert_polarity(
        Some(false),
        &[
            "No.",
            "no, it doesn't",
            "Nope",
            "Hmm, no.",
            "Of course not.",
            "Not really.",
            "It is not.",
            "It isn’t",
            "I don't think so.",
            "That is incorrect.",
            "It cannot.",
            "__No__",
            "`no`",
            "Answer: **No**",
            "The answer is no.",
            "Nah, not for me",
            "Noooo!",
            "n",
            "No it is not.",
            "No thanks.",
            "No, why?",
        ],
    );
}

#[test]
fn a_denial_may_begin_like_an_assent() {
    assert_polarity(
        Some(false),
        &[
            "Absolutely no chance.",
            "Certainly no.",
            "Indeed they do not.",
            "Of course they aren't.",
            "Obviously not.",
            "Quite the opposite.",
            "Exactly the contrary",
            "Definitely never.",
            "Stop me if I err, but no.",
            "Right, it is not.",
            "Absolutely false.",
            "Sure it isn't.",
            "Clearly it can't.",
            "True, it does not fly.",
            "Hell no!",
            "As far as I know, no.",
        ],
    );
}

#[test]
fn an_assent_may_begin_like_a_denial() {
    assert_polarity(
        Some(true),
        &[
            "No doubt.",
            "No doubt about that!",
            "No question about it.",
            "Not only that: yes.",
            "Without a doubt.",
        ],
    );
}

#[test]
fn denials_of_all_sorts() {
    assert_polarity(
        Some(false),
        &[
            "Not at all.",
            "Hardly.",
            "By no means.",
            "Under no circumstances.",
            "Far from it.",
            "Not a chance",
            "No way!",
            "On the contrary.",
            "Never.",
            "It is not the case that whales are fish.",
            "That isn't true.",
            "I doubt it.",
            "I'm afraid not.",
            "I guess not",
            "Probably not.",
            "No longer.",
            "Not anymore.",
            "I don't think they do.",
            "It's a no from me",
            "I'd say no.",
            "Unfortunately, no.",
            "Sorry, but no.",
            "I think the answer is no.",
            "That's a hard no.",
            "Not to my knowledge.",
            "Highly unlikely.",
            "I'd go with no.",
            "It really isn't.",
            "They certainly do not.",
            "It's not.",
            "False.",
            "Wrong!",
            "Not true.",
        ],
    );
    assert_polarity(
        Some(true),
        &[
            "It certainly does.",
            "They do indeed.",
            "You bet.",
            "I believe so.",
            "Yes, no doubt.",
            "A resounding yes!",
            "Technically, yes.",
            "Absolutely true.",
            "Of course it is.",
            "Sure does.",
            "True.",
            "Is it? Yes.",
            "Good question. Yes.",
            "I don't doubt it.",
            "My guess is yes.",
            "Heck yes!",
            "That is absolutely correct.",
            "I have no doubt.",
            "To be honest, yes",
            "Afraid so.",
        ],
    );
}

#[test]
fn what_is_neither() {
    assert_polarity(
        None,
        &[
            "",
            "Yes and no.",
            "Maybe.",
            "I don't know.",
            "No idea!",
            "A dog.",
            "It is a dog.",
            "Nobody knows",
            "Notes follow",
            "yesterday",
            "Yes. No, wait.",
            "Right now it is hard to tell.",
            "True love is rare.",
            "Never mind.",
            "Exactly one of them does.",
            "Correct me if I err.",
            "Sure, but not often.",
            "Yeah, no.",
            "No, yes.",
            "Yes, it isn't.",
            "No, it is.",
            "Yes? ",
            "No?",
            "Is it not?",
            "Right?",
            "No. 5 is alive.",
            "No one can say.",
            "No animal is faster.",
            "No, I cannot answer that.",
            "I can't answer that with yes or no.",
            "As a language model, I have no pets.",
            "If it barks, yes.",
            "Yes if it barks, no otherwise.",
            "It is not the case that it isn't.",
            "Not necessarily.",
            "Definitely a myth.",
            "Absolutely impossible to say",
            "Of course I cannot tell you.",
            "Oh no!",
            "Yes-men are common.",
            "A no-brainer.",
            "No sé.",
            "Sí.",
            "是的",
            "👍",
            "Not wrong.",
            "No problem.",
            "Certainly not impossible.",
            "It depends: yes for cats, no for dogs.",
            "Yes, but also no.",
            "\0\u{1}",
            "Say yes, no, or maybe.",
            "No comment.",
            "Possibly.",
            "Of course it isn't wrong.",
        ],
    );
}

proptest! {
    /// Whatever follows a plain answer after its full stop, short of another yes or no, changes nothing.
    #[test]
    fn a_plain_answer_stays(yes: bool, rest in "(It (has|had) [a-z]{4,8}\\. ){0,3}") {
        let answer = if yes { "Yes" } else { "No" };
        prop_assert_eq!(polarity(&format!("{answer}. {rest}")), Ok(yes));
    }

    /// A denied echo is never a yes, whatever assent stands before it.
    #[test]
    fn an_assent_before_a_denial_is_no_yes(
        assent in proptest::sample::select(vec!["Yes", "Sure", "Of course", "Indeed", "Right", "True", "Absolutely", "Exactly", "Certainly", "Yeah"]),
        comma in ",?",
        denial in proptest::sample::select(vec!["it is not", "it isn't", "they do not", "no", "not", "no way", "never", "they can't fly", "not at all"]),
    ) {
        prop_assert_ne!(polarity(&format!("{assent}{comma} {denial}.")), Ok(true));
    }

    #[test]
    fn a_wrapped_answer_is_the_answer(yes: bool, wrap in proptest::sample::select(vec![
        ("**", "**"), ("_", "_"), ("__", "__"), ("`", "`"), ("\"", "\""), ("(", ")"), ("<b>", "</b>"), ("$", "$"), ("\\text{", "}"), ("「", "」"), ("# ", ""), ("> ", ""),
    ])) {
        let answer = if yes { "Yes" } else { "No" };
        prop_assert_eq!(polarity(&format!("{}{answer}{}", wrap.0, wrap.1)), Ok(yes));
    }
}

#[test]
fn a_text_without_a_space_takes_no_long_time() {
    for piece in ["no,", "yes", "no", ",", "well,", "a"] {
        let _ = polarity(&piece.repeat(20_000));
    }
}

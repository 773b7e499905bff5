//! Questions to the user: instead of carrying out a request (clarification), or after (follow-up).
//!
//! Shaikh et al. (arXiv:2311.09144, section 3): a clarification seeks to clear up what was said or
//! meant, a follow-up asks for more. What tells them apart is not the wording but what the turn does
//! with the request that stands open. A clarification request keeps it open: the answer is needed to
//! go on (Purver 2004; Ginzburg 2012, doi:10.1093/acprof:oso/9780199697922.001.0001; Benotti and
//! Blackburn 2021, arXiv:2109.08949, who locate it on Clark's ladder of action). A question after the
//! request was carried out, or when nothing is open, goes on to something else.
//!
//! | the question | a request is open | a result was taken | nothing is open |
//! |---|---|---|---|
//! | anything else? | follow-up | follow-up | follow-up |
//! | a check of what was understood or meant | clarification | clarification | clarification |
//! | a value, a choice | clarification | clarification | follow-up |
//! | the same, after the only request was carried out | follow-up | | |
//! | an offer, an assumption, in a reply that only asks | clarification | follow-up | follow-up |
//! | the same, in a reply that reports a result | follow-up | follow-up | follow-up |
//! | whether a result that the reply puts forward suits | neither | neither | follow-up |
//! | whether something was tried, and nothing else | clarification | neither | neither |
//!
//! A reply that says that what was requested failed has not carried it out, nor has one that reads the
//! request back.

use super::ask::{self, Ask};
use super::report::{self, Rest};
use super::standing::{self, Standing};
use super::{context::Context, form};

/// What a question is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scorer) enum Purpose {
    /// To go on with what was requested.
    Clarification,
    /// To go further.
    FollowUp,
}

/// The first sentence that asks for this purpose.
pub(in crate::scorer) fn find<'a>(
    sentences: &'a [String],
    context: &Context,
    purpose: Purpose,
) -> Option<&'a str> {
    let standing = standing::of(context);
    let rest = report::rest(sentences, context);
    let serves = |sentence: &&str| {
        ask::of(sentence).and_then(|ask| purpose_of(sentence, ask, standing, rest, context)) == Some(purpose)
    };
    let reads_back = purpose == Purpose::Clarification && standing == Standing::Open && !rest.reports;
    let read_back = |sentence: &&str| reads_back && report::restates(sentence, context);
    let each = || sentences.iter().map(String::as_str);
    // "Indian? Italian? Something else?" is one list of options.
    let lists = |place: usize| {
        place > 0
            && sentences[place].split(' ').count() <= 3
            && ask::of(&sentences[place - 1]) == Some(Ask::Value)
    };
    let ends_list = |place: usize| lists(place) && ask::of(&sentences[place]) == Some(Ask::More);
    let found = (0..sentences.len()).find(|&place| !ends_list(place) && serves(&sentences[place].as_str()));
    found.map(|place| sentences[place].as_str()).or_else(|| each().find(read_back))
}

fn purpose_of(
    sentence: &str,
    ask: Ask,
    standing: Standing,
    rest: Rest,
    context: &Context,
) -> Option<Purpose> {
    use Purpose::{Clarification, FollowUp};
    // The request that the user came with is all there is to carry out.
    let opens = context.opens();
    let carried_out = opens && rest.reports;
    let in_hand = matches!(standing, Standing::Open | Standing::Accepted);
    Some(match (ask, standing) {
        (Ask::More, _) => FollowUp,
        (Ask::Check, _) => Clarification,
        (Ask::Assumption, _) if in_hand && report::detailed(sentence) => Clarification,
        (Ask::Assumption, _) if !form::marked(sentence) && (!in_hand || rest.reports) => return None,
        (Ask::Approval, _) if in_hand && (rest.presents || carried_out) => return None,
        (Ask::Approval, Standing::Open) => Clarification,
        (Ask::Offer, Standing::Open) if rest.presents && !ask::speaker_acts(sentence) => return None,
        (Ask::Proposal, Standing::Open) if opens && ask::puts_forward(sentence) => return None,
        (Ask::Proposal, _) if in_hand && (rest.presents || (rest.reports && !rest.done)) => return None,
        (Ask::Tried, Standing::Open) if !rest.reports && ((opens && rest.alone) || ask::so_far(sentence)) => {
            Clarification
        }
        (Ask::Tried, _) => return None,
        (Ask::Value, Standing::Nothing) if ask::volitional(sentence) && context.user_told() => Clarification,
        (_, Standing::Nothing | Standing::Closed) => FollowUp,
        (Ask::Value, _) if carried_out && !ask::volitional(sentence) && !ask::needed(sentence) => FollowUp,
        (Ask::Value, _) => Clarification,
        (_, Standing::Open) if !rest.reports => Clarification,
        _ => FollowUp,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_act;
    use super::*;
    use crate::scorer::text::sentences;

    fn performs(purpose: Purpose) -> impl Fn(&Context, &str) -> bool {
        move |context, reply| find(&sentences(reply), context, purpose).is_some()
    }

    const BOOK: &str = "Book a table for four on Friday.";

    #[test]
    fn clarifications() {
        assert_act(
            performs(Purpose::Clarification),
            &[
                (BOOK, "What time would you like?"),
                (BOOK, "At what time, please?"),
                (BOOK, "sure! what time do you want it"),
                (BOOK, "Inside or outside?"),
                (BOOK, "Would you like a table inside or outside?"),
                (BOOK, "This Friday, the 12th?"),
                (BOOK, "Could you tell me the time?"),
                (BOOK, "I need to know the time."),
                (BOOK, "Please tell me which restaurant you prefer."),
                (BOOK, "Please specify the time."),
                (BOOK, "I still need a time to book it."),
                (BOOK, "You have not said at what time."),
                (BOOK, "Thank you. Booked for Friday, at seven, right?"),
                ("A large one, please.", "For how many people?"),
                ("It's about the thing.", "Sorry, what do you mean by the thing?"),
                ("I lost it.", "Do you mean your job?"),
                ("Can I have a taxi?", "On which day, at what time?"),
                ("Send them to Bath.", "How many?"),
                (BOOK, "Let me know what time suits you."),
                (BOOK, "Do you have a time in mind?"),
                ("I can't find my order.", "do you have the order number"),
                ("Hi! The printer does not print.", "Which model is it?"),
                ("How do I get rid of ants?", "have you tried any ant baits"),
                ("I want a saxophone.", "alto, tenor or soprano"),
                (BOOK, "There is a form for Fridays. I'd need a few details for it."),
                ("Find me a gift.", "any particular age"),
                ("What else did he do?", "Do you mean anything else in that year?"),
                (BOOK, "Yes, I can! What time?"),
                (BOOK, "I see, a table for four on Friday. At what time?"),
                (BOOK, "Understood, for four on Friday. Your name, please?"),
                ("Can I have a haircut on Friday at four?", "Right, a haircut on Friday at four. For whom?"),
                ("I'd like to complain.", "I'm sorry to hear that. What is it about?"),
            ],
            &[
                (BOOK, "Booked: a table for four on Friday at seven."),
                (BOOK, "Booked. Is there anything else?"),
                (BOOK, "Booked, a table for four on Friday. Do you need a taxi as well?"),
                (BOOK, "Done! Would you like me to send a reminder?"),
                (BOOK, "I have booked it. Let me know if you need anything else."),
                (BOOK, "What a lovely idea! It is booked."),
                (BOOK, "When you arrive, ask for Ann."),
                ("Hello!", "Hello! How are you?"),
                ("Thank you.", "You are welcome. Is that all?"),
                ("I feel alone.", "How long have you felt like that?"),
                (BOOK, "Hello, how are you today? It is booked."),
                (BOOK, "You could ask the waiter, \"Is it fresh?\""),
                (BOOK, "It is a nice place, isn't it?"),
                ("How tall is it?", "Ninety metres. Have you ever been there?"),
                ("Tell me about Rome.", "Rome is a city in Italy. Does that help?"),
                ("Name my cat.", "How about Whiskers?"),
                ("Is it good to lie?", "When has lying ever helped anyone?"),
                ("I can't sleep.", "Have you tried to drink less coffee?"),
                ("I love hiking.", "Where do you usually go?"),
                (BOOK, ""),
            ],
        );
    }

    #[test]
    fn follow_ups() {
        assert_act(
            performs(Purpose::FollowUp),
            &[
                (BOOK, "Booked. Is there anything else?"),
                (BOOK, "Booked! Anything else I can do for you?"),
                (BOOK, "Done. Would you like me to send a reminder?"),
                (BOOK, "Done. Shall I order a taxi too?"),
                (BOOK, "Please let me know if you need further assistance."),
                (BOOK, "Booked. Do you want some flowers on the table?"),
                ("Hi", "How can I help you today?"),
                ("I feel alone.", "How long have you felt like that?"),
                ("I lost my job last week.", "What happened?"),
                ("My wife left me.", "Tell me more about that."),
                ("We moved house.", "do you like it there"),
                ("We moved house.", "is there a garden"),
                ("Thank you.", "You are welcome. Is that all?"),
                ("Thanks!", "Sure! How was the food?"),
                ("I am so tired.", "I wonder whether you sleep enough."),
                ("From now on, call me Nina.", "Nina, where do you come from?"),
                ("How tall is it?", "Ninety metres. Have you ever been there?"),
                ("Name my cat.", "Whiskers. Is it a tabby?"),
                ("I can't get over my divorce.", "When was it?"),
            ],
            &[
                (BOOK, "At what time?"),
                (BOOK, "I need to know the time."),
                (BOOK, "Booked: a table for four on Friday at seven."),
                ("Hello!", "Hello! How are you?"),
                ("I am tired.", "I see. That sounds hard."),
                ("I am tired.", "Who knows?"),
                ("I am tired.", "It is hard, isn't it?"),
                ("I am tired.", "What matters is that you rest."),
                ("I am tired.", "Have you tried to sleep more?"),
                ("I am tired.", "Why don't you rest?"),
                ("I am tired.", "She asked me, \"what now?\""),
                ("", ""),
            ],
        );
    }
}

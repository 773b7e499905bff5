//! Seeded choices, and the rule that keeps the cases of the specs out of the training data.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Which combinations of values a generator may write.
///
/// Values are numbered by their place in their list. A combination whose numbers add up to a
/// multiple of [`SHARE`] is reserved: no training dialogue has it, and only such combinations are
/// cases of the shipped specs. So the words are known to the model and what is asked of it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pool {
    /// What is not reserved.
    Training,
    /// What is reserved.
    Reserved,
}

/// One combination in this many is reserved.
const SHARE: usize = 5;

/// Whether a combination of values, given by their numbers, is kept out of training.
pub(super) fn is_reserved(numbers: &[usize]) -> bool {
    numbers.iter().sum::<usize>() % SHARE == 0
}

/// A seeded source of choices for one pool.
pub(super) struct Draw {
    random: ChaCha8Rng,
    pool: Pool,
}

impl Draw {
    pub(super) fn new(seed: u64, pool: Pool) -> Self {
        // The pools share no stream, so that held-out dialogues are not the training ones with
        // other values.
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(match pool {
            Pool::Training => 0,
            Pool::Reserved => 1,
        });
        Self { random, pool }
    }

    /// Whether the pool may have this combination.
    pub(super) fn allows(&self, numbers: &[usize]) -> bool {
        is_reserved(numbers) == (self.pool == Pool::Reserved)
    }

    /// A number below `end`, which is positive.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.random.random_range(0..end)
    }

    /// True with this probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.random.random_bool(probability)
    }

    /// One of the items; there is at least one.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// The number of one item, other than `than`; there are at least two.
    pub(super) fn other<T>(&mut self, items: &[T], than: usize) -> usize {
        let number = self.below(items.len() - 1);
        if number < than { number } else { number + 1 }
    }

    /// Puts the items into a random order.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        items.shuffle(&mut self.random);
    }

    /// `count` different numbers below `end`, in random order.
    pub(super) fn several(&mut self, end: usize, count: usize) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..end).collect();
        self.shuffle(&mut numbers);
        numbers.truncate(count);
        numbers
    }

    /// A word of a list that the pool may have, where single words are reserved.
    pub(super) fn word<'a>(&mut self, words: &[&'a str]) -> &'a str {
        loop {
            let number = self.below(words.len());
            if self.allows(&[number]) {
                return words[number];
            }
        }
    }
}

/// The text with its first letter made a capital.
pub(super) fn capital(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// "a, b and c".
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_combination_in_five_is_reserved() {
        let reserved = (0..7).flat_map(|a| (0..10).map(move |b| [a, b])).filter(|n| is_reserved(n));
        assert_eq!(reserved.count(), 14);
    }

    #[test]
    fn another_item_is_never_the_same() {
        let mut draw = Draw::new(1, Pool::Training);
        for _ in 0..200 {
            assert_ne!(draw.other(&[0, 1, 2], 1), 1);
        }
    }

    #[test]
    fn texts_are_put_together() {
        assert_eq!(capital("on Friday"), "On Friday");
        assert_eq!(listed(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }
}

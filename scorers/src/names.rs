//! What helps whoever wrote a name that does not exist.

/// The candidate that a misspelt name most likely means, if any is near enough.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR_ENOUGH: f64 = 0.75;
    // Comparing takes the product of the lengths; nobody misspells a name into a page.
    let name: String = name.chars().take(64).flat_map(char::to_lowercase).collect();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&name, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= NEAR_ENOUGH)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// A hint for a name that does not exist: the nearest one, or all there are.
pub fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => all_of(&known),
    }
}

/// What there is instead of a name that does not exist.
pub fn all_of(known: &[&str]) -> String {
    if known.is_empty() { "there is none".to_owned() } else { format!("there is {}", listed(known)) }
}

/// Names for a message, the first few of them.
pub fn listed(names: &[&str]) -> String {
    const MOST: usize = 40;
    let mut text = names.iter().take(MOST).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        text.push_str(&format!(" and {} more", names.len() - MOST));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested() {
        let names = ["includes", "exact", "pattern"];
        assert_eq!(nearest("include", names), Some("includes"));
        assert_eq!(nearest("Exakt", names), Some("exact"));
        assert_eq!(nearest("judge", names), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), names), None);
    }

    #[test]
    fn where_nothing_is_near_all_are_named() {
        assert_eq!(suggestion("exat", ["exact", "pattern"]), "did you mean `exact`?");
        assert_eq!(suggestion("judge", ["exact", "pattern"]), "there is `exact`, `pattern`");
        assert_eq!(suggestion("judge", []), "there is none");
    }
}

//! The variables that the texts of a case see in an arm.

use super::{ArmRecord, CaseRecord};
use scorers::template::{self, TemplateError, Variables};
use serde_json::Value as Json;

/// Variables that every case brings along without writing them: its names.
pub const NAMES: [&str; 3] = ["id", "pair", "arm"];

/// A text under `set` that cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfilled {
    /// The variable.
    pub variable: String,
    /// Where in its value; empty for the whole.
    pub path: String,
    /// Why not.
    pub error: TemplateError,
}

impl CaseRecord {
    /// The variables in one arm, given with its name: those of the arm win, and its templates are filled in. What
    /// cannot be filled in is not there.
    pub fn variables_in(&self, arm: Option<(&str, &ArmRecord)>) -> Variables {
        self.fill_in(arm).0
    }

    /// As [`CaseRecord::variables_in`], with what cannot be filled in.
    ///
    /// The names of the case come first (`id`, and `pair` and `arm` where there are any), so that a variable of the same
    /// name hides them; then the case, then the arm's plain values and the constants, then its templates in the order
    /// of the spec. A template sees everything before it, and under its own name what the case has there; so none can
    /// go round in circles.
    pub fn fill_in(&self, arm: Option<(&str, &ArmRecord)>) -> (Variables, Vec<Unfilled>) {
        let mut variables = Variables::from([("id".to_owned(), Json::from(self.id.as_str()))]);
        let names = [("pair", self.pair.as_deref()), ("arm", arm.map(|(name, _)| name))];
        for (name, value) in names {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                variables.insert(name.to_owned(), Json::from(value));
            }
        }
        variables.extend(self.variables.clone());
        let mut unfilled = Vec::new();
        let Some((_, arm)) = arm else { return (variables, unfilled) };
        let plain = arm.set.iter().filter(|(name, _)| !arm.templates.contains(name));
        variables.extend(plain.map(|(name, value)| (name.clone(), value.clone())));
        for name in &arm.templates {
            let Some(value) = arm.set.get(name) else { continue };
            let mut errors = Vec::new();
            let filled = template::render_all(value, &variables, &mut errors);
            match errors.is_empty() {
                true => variables.insert(name.clone(), filled),
                false => variables.remove(name),
            };
            let of = |(path, error)| Unfilled { variable: name.clone(), path, error };
            unfilled.extend(errors.into_iter().map(of));
        }
        (variables, unfilled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn case() -> CaseRecord {
        let variables =
            Variables::from([("ask".to_owned(), json!("A table.")), ("n".to_owned(), json!([1, 2]))]);
        CaseRecord { id: "one".into(), pair: Some("table".into()), arm: None, variables }
    }

    fn arm(set: &[(&str, Json)], templates: &[&str]) -> ArmRecord {
        ArmRecord {
            about: None,
            set: set.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            templates: templates.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn templates_see_the_case_and_what_comes_before_them() {
        let arm = arm(
            &[
                ("ask", json!("{{ ask }} {{ polite }}")),
                ("polite", json!("Please, {{ who }}.")),
                ("who", json!("sir")),
                ("few", json!("{{ n[:1] }}")),
                ("lines", json!(["{{ ask }}", { "id": "{{ id }}/{{ pair }}/{{ arm }}" }])),
            ],
            &["polite", "ask", "few", "lines"],
        );
        let (variables, unfilled) = case().fill_in(Some(("kind", &arm)));
        assert_eq!(unfilled, []);
        assert_eq!(variables["ask"], "A table. Please, sir.");
        assert_eq!(variables["few"], json!([1]));
        assert_eq!(variables["lines"], json!(["A table. Please, sir.", { "id": "one/table/kind" }]));
    }

    #[test]
    fn what_cannot_be_filled_in_is_said_and_is_not_there() {
        let arm = arm(&[("a", json!("{{ b }}")), ("b", json!("{{ a }}"))], &["a", "b"]);
        let (variables, unfilled) = case().fill_in(Some(("x", &arm)));
        assert_eq!(unfilled.iter().map(|one| one.variable.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(!variables.contains_key("a") && !variables.contains_key("b"));
    }

    #[test]
    fn records_from_before_say_their_texts_as_they_stand_and_own_variables_hide_names() {
        let mut case = case();
        let old = arm(&[("ask", json!("{{ n }}"))], &[]);
        assert_eq!(case.variables_in(Some(("", &old)))["ask"], "{{ n }}");
        assert!(!case.variables_in(Some(("", &old))).contains_key("arm"), "an arm without a name has none");
        case.variables.insert("id".to_owned(), json!(7));
        assert_eq!(case.variables_in(None)["id"], json!(7));
        assert_eq!(case.variables_in(Some(("x", &arm(&[("arm", json!("y"))], &[]))))["arm"], json!("y"));
    }
}

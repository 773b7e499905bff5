//! Dialogues in JSON: the list of ESConv (Liu et al. 2021, arXiv:2106.01144), and lines of a plain form.

use super::dialogue::{Broken, Dialogue, Found};
use serde_json::Value as Json;

/// A file like ESConv.json: a list of `{ dialog: [{ speaker, content, … }], … }`. Dialogues have no names there and are counted.
///
/// # Errors
/// When it is no JSON list: nothing of it can be told apart then.
pub fn esconv(text: &str) -> Result<Found, Broken> {
    let mut found = Found::default();
    for (number, (line, element)) in (1..).zip(elements(text)?) {
        let value = serde_json::from_str::<Json>(element).map_err(|error| format!("it is not JSON: {error}"));
        let turns = value.and_then(|value| turns(&value, "dialog", &["speaker"], &["content"]));
        found.add(line, turns.map(|turns| Dialogue { id: format!("{number}"), turns }));
    }
    Ok(found)
}

/// The maps of a JSON list, each with the line where it begins: parsed one by one, so that a broken one breaks no other.
fn elements(text: &str) -> Result<Vec<(usize, &str)>, Broken> {
    let (mut depth, mut line, mut quoted, mut escaped) = (0_usize, 1, false, false);
    let (mut start, mut found) = (None, Vec::new());
    let no_list = |line| Broken::new(line, "it is not a JSON list of dialogues, or it is cut off");
    for (at, sign) in text.bytes().enumerate() {
        match sign {
            b'\n' => line += 1,
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => {
                if depth == 0 && sign == b'{' {
                    return Err(no_list(line));
                }
                if depth == 1 && start.is_none() {
                    start = Some((at, line));
                }
                depth += 1;
            }
            b']' | b'}' => {
                depth = depth.checked_sub(1).ok_or_else(|| no_list(line))?;
                if let Some((from, line)) = start.filter(|_| depth == 1) {
                    found.extend(text.get(from..=at).map(|element| (line, element)));
                    start = None;
                }
            }
            _ => {}
        }
    }
    if depth == 0 && text.trim_start().starts_with('[') { Ok(found) } else { Err(no_list(line)) }
}

/// JSON lines of `{ id, turns: [{ role | speaker, text | content }] }`; `dialogue` and `dialog` are understood in place of `turns`.
pub fn plain(text: &str) -> Found {
    let mut found = Found::default();
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    for (number, line) in lines {
        let dialogue = serde_json::from_str::<Json>(line)
            .map_err(|error| format!("it is not JSON: {error}"))
            .and_then(|value| of_line(&value));
        found.add(number, dialogue);
    }
    found
}

fn of_line(value: &Json) -> Result<Dialogue, String> {
    let id = match value.get("id") {
        Some(Json::String(id)) => id.clone(),
        Some(Json::Number(id)) => id.to_string(),
        Some(_) => return Err("its `id` is neither a text nor a number".to_owned()),
        None => return Err("it has no `id`".to_owned()),
    };
    let key = ["turns", "dialogue", "dialog"].into_iter().find(|key| value.get(key).is_some());
    let key = key.ok_or("it has no list of `turns`")?;
    Ok(Dialogue { id, turns: turns(value, key, &["role", "speaker"], &["text", "content"])? })
}

fn turns(value: &Json, key: &str, roles: &[&str], texts: &[&str]) -> Result<Vec<(String, String)>, String> {
    let list = value.get(key).and_then(Json::as_array).ok_or_else(|| format!("it has no list `{key}`"))?;
    let read = |(number, turn): (usize, &Json)| {
        let field = |names: &[&str]| {
            let found = names.iter().find_map(|name| turn.get(name).and_then(Json::as_str));
            let found = found.map(str::trim).filter(|text| !text.is_empty());
            found.map(str::to_owned).ok_or_else(|| format!("turn {number} has no `{}`", names.join("` or `")))
        };
        Ok((field(roles)?, field(texts)?))
    };
    (1..).zip(list).map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialogues_of_esconv_are_read() {
        let text = r#"[
          {"emotion_type": "anxiety", "dialog": [
            {"speaker": "seeker", "annotation": {}, "content": "Hello\n"},
            {"speaker": "supporter", "annotation": {"strategy": "Question"}, "content": "What happened?"}]},
          {"dialog": [
            {"speaker": "seeker", "annotation": {}}]},
          {"survey": 1}
        ]"#;
        let found = esconv(text).unwrap();
        let turn = |role: &str, text: &str| (role.to_owned(), text.to_owned());
        let turns = vec![turn("seeker", "Hello"), turn("supporter", "What happened?")];
        assert_eq!(found.dialogues, [Dialogue { id: "1".to_owned(), turns }]);
        let broken: Vec<(usize, &str)> = found.broken.iter().map(|b| (b.line, b.reason.as_str())).collect();
        assert_eq!(broken, [(5, "turn 1 has no `content`"), (7, "it has no list `dialog`")]);
        assert_eq!(esconv("[\n{\n").unwrap_err().line, 3);
        assert!(esconv("{}").is_err() && esconv("").is_err() && esconv("]").is_err());
        let inside = r#"[{"dialog": [{"speaker": "a", "content": "\" ]} [ {"}]}, {"dialog": 1}]"#;
        let found = esconv(inside).unwrap();
        assert_eq!((found.dialogues.len(), found.broken.len()), (1, 1), "{found:?}");
    }

    #[test]
    fn plain_lines_are_read_and_broken_ones_named() {
        let text = "{\"id\": \"a\", \"turns\": [{\"role\": \"x\", \"text\": \"Hi\"}]}\n\n\
                    {\"id\": 2, \"dialogue\": [{\"speaker\": \"x\", \"content\": \"Hi\"}]}\n\
                    {\"id\": \"a\", \"turns\": [{\"role\": \"x\", \"text\": \"Hi\"}]}\n\
                    {\"turns\": []}\n{\"id\": \"e\", \"turns\": []}\n{\n[1]\n";
        let found = plain(text);
        let ids: Vec<&str> = found.dialogues.iter().map(|dialogue| dialogue.id.as_str()).collect();
        assert_eq!(ids, ["a", "2"]);
        let lines: Vec<usize> = found.broken.iter().map(|broken| broken.line).collect();
        assert_eq!(lines, [4, 5, 6, 7, 8]);
        assert_eq!(found.broken[0].reason, "two dialogues have the name `a`");
    }
}

//! What every page is made of: one file with one style sheet, one script and its data, closed to everything else.
//!
//! The template engine escapes whatever it fills in; what scripts show travels as JSON. The page's own policy forbids
//! everything but its style sheet and its script, by their hashes.

use crate::format::RenderError;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;
use sha2::{Digest, Sha256};

const SHELL: &str = include_str!("shell.html");

/// The parts of a page that do not depend on what it shows.
#[derive(Clone, Copy, Debug)]
pub(in crate::format) struct Shell {
    /// A template that extends `shell`.
    pub(in crate::format) template: &'static str,
    pub(in crate::format) style: &'static str,
    pub(in crate::format) script: &'static str,
    /// Id and name of every section that one can jump to.
    pub(in crate::format) sections: &'static [(&'static str, &'static str)],
}

impl Shell {
    /// The whole page. `page` needs a `title`; `data` is what the script reads.
    pub(in crate::format) fn fill(&self, page: Value, data: &impl Serialize) -> Result<String, RenderError> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.add_template("shell", SHELL)?;
        environment.add_template("page", self.template)?;
        let sections = self.sections.iter().map(|(id, name)| context! { id, name });
        let context = context! {
            page,
            sections => sections.collect::<Vec<_>>(),
            policy => Value::from_safe_string(self.policy()),
            style => Value::from_safe_string(self.style.to_owned()),
            script => Value::from_safe_string(self.script.to_owned()),
            data => Value::from_safe_string(embed(data)?),
        };
        Ok(environment.get_template("page")?.render(context)?)
    }

    /// The content security policy, without double quotes: nothing but the page's own style sheet and script.
    pub(in crate::format) fn policy(&self) -> String {
        let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
        format!(
            "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
            hash(self.script),
            hash(self.style)
        )
    }
}

/// JSON that is safe inside a `script` element: no character in it can end one or begin a comment.
fn embed(data: &impl Serialize) -> Result<String, RenderError> {
    let json = serde_json::to_string(data)?;
    // Inside strings only: JSON itself has none of these characters outside of them.
    Ok(json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}

/// Checks that a page is closed: its policy names its own style sheet and script, nothing is fetched from elsewhere,
/// and no attribute runs or styles.
#[cfg(test)]
pub(in crate::format) fn assert_closed(page: &str, shell: &Shell) {
    let (style, script) = (shell.style, shell.script);
    assert!(page.contains(&format!("<style>{style}</style>")));
    assert!(page.contains(&format!("<script>{script}</script>")));
    let policy = shell.policy();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(policy.ends_with("'; base-uri 'none'; form-action 'none'"), "{policy}");
    assert!(page.contains(&format!("content=\"{}\"", shell.policy())));
    let own = page.replace(style, "").replace(script, "");
    let (markup, _) = own.split_once("<script type").expect("the data follow the markup");
    // Escaped text has no `<`, so what stands between one and the next `>` is an element of the page.
    let elements = markup.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
    for (element, _) in elements {
        let name = element.split_whitespace().next().expect("an element has a name");
        assert!(!["link", "iframe", "img", "object", "embed", "base", "script"].contains(&name), "{element}");
        for attribute in [" src=", " srcdoc=", " onerror=", " onload=", " onclick=", " style="] {
            assert!(!element.contains(attribute), "{element}");
        }
        if let Some((_, target)) = element.split_once(" href=\"") {
            assert!(target.starts_with('#'), "{element}");
        }
    }
    for url in ["http:", "https:"] {
        assert!(!style.contains(url) && !script.contains(url));
    }
    let sinks =
        ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "setAttribute(\"style"];
    for sink in sinks {
        assert!(!script.contains(sink), "{sink}");
    }
}

/// The data inside of a page.
#[cfg(test)]
pub(in crate::format) fn data(page: &str) -> serde_json::Value {
    let start = "<script type=\"application/json\" id=\"data\">";
    let (_, rest) = page.split_once(start).expect("the page has data");
    let (json, _) = rest.split_once("</script>").expect("the data end");
    serde_json::from_str(json).expect("the data are JSON")
}

/// A page without what changes with every change of style or script.
#[cfg(test)]
pub(in crate::format) fn redacted(page: &str, shell: &Shell) -> String {
    let page = page.replace(shell.style, "…").replace(shell.script, "…");
    let hashes = shell.policy();
    page.replace(&hashes, "…")
}

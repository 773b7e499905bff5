//! One self-contained page: summary, plots, every transcript with its scores and forks, provenance.
//!
//! Model output stays text. The page around it is filled in by a template engine that escapes, and
//! the transcripts travel as JSON that a script puts into the page as text nodes. The page's own
//! policy forbids everything but this one style sheet and this one script, by their hashes, so
//! nothing that a model says can run, load or call home.

mod data;
mod page;
mod plots;
mod select;

use super::{Options, RenderError, Report};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use minijinja::{AutoEscape, Environment};
use sha2::{Digest, Sha256};

const PAGE: &str = include_str!("page.html");
pub(super) const STYLE: &str = include_str!("style.css");
pub(super) const SCRIPT: &str =
    concat!(include_str!("list.js"), include_str!("transcript.js"), include_str!("keyboard.js"));

pub(super) fn render(report: &Report<'_>, options: &Options) -> Result<String, RenderError> {
    let selection = select::select(report, options);
    let data = data::embed(report, &selection)?;
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.add_template("page", PAGE)?;
    let context = minijinja::context! {
        page => page::context(report, &selection)?,
        policy => minijinja::Value::from_safe_string(policy()),
        style => minijinja::Value::from_safe_string(STYLE.to_owned()),
        script => minijinja::Value::from_safe_string(SCRIPT.to_owned()),
        data => minijinja::Value::from_safe_string(data),
    };
    Ok(environment.get_template("page")?.render(context)?)
}

/// The content security policy, without double quotes: nothing but the page's own style sheet and script.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

#[cfg(test)]
mod browser;
#[cfg(test)]
mod tests;

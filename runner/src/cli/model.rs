//! The models that a user names: what is not here is downloaded only if that was said, or is said when asked.

use super::output;
use crate::{engine::reference::ModelReference, error::Error};
use std::io::{self, IsTerminal};

/// Reads a reference of a model that is to be loaded.
///
/// # Errors
/// When it leads nowhere, or to the hub where nobody has said so and nobody can be asked.
pub(super) fn named(text: &str) -> Result<ModelReference, Error> {
    let reference = ModelReference::parse(text)?;
    if !reference.supposed {
        return Ok(reference);
    }
    let id = reference.text.clone();
    if is_ci() || !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Error::Usage(format!(
            "`{id}` does not exist here, and is not looked for on the model hub unless it is named `hub:{id}`"
        )));
    }
    output::note(&format!(
        "`{id}` does not exist here. Download it from the model hub, as `hub:{id}`? [y/N]"
    ));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    match matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        true => Ok(reference.confirmed()),
        false => Err(Error::Usage(format!("`{id}` does not exist here"))),
    }
}

/// Whether a service runs this, as all of them say.
fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.to_lowercase().as_str(), "" | "0" | "false"))
}

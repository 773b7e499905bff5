//! Scripts as models: `scripted:FILE`.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The file of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script(pub PathBuf);

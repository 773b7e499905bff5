//! The history for programs.

use crate::{
    compare::History,
    format::{RenderError, compare::json::rounded_text},
};
use serde::{Deserialize, Serialize};

/// Version of the format; raised when an old reader would misread it.
pub const HISTORY_REPORT_VERSION: u32 = 1;

/// The whole file. Numbers have six significant digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonHistory {
    /// [`HISTORY_REPORT_VERSION`] when written.
    pub format: u32,
    /// The trend.
    pub history: History,
}

pub(super) fn render(history: &History) -> Result<String, RenderError> {
    rounded_text(&JsonHistory { format: HISTORY_REPORT_VERSION, history: history.clone() })
}

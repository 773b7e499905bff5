//! The comparison for programs.

use crate::{
    compare::{Comparison, GateOutcome},
    format::{RenderError, number::rounded},
};
use serde::{Deserialize, Serialize};
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use std::io;

/// Version of the format; raised when an old reader would misread it.
pub const COMPARISON_REPORT_VERSION: u32 = 1;

/// The whole file. Numbers have six significant digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonComparison {
    /// [`COMPARISON_REPORT_VERSION`] when written.
    pub format: u32,
    /// What the gate said, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateOutcome>,
    /// Everything that was compared.
    pub comparison: Comparison,
}

pub(super) fn render(comparison: &Comparison, gate: Option<&GateOutcome>) -> Result<String, RenderError> {
    let whole = JsonComparison {
        format: COMPARISON_REPORT_VERSION,
        gate: gate.cloned(),
        comparison: comparison.clone(),
    };
    rounded_text(&whole)
}

/// As indented JSON with every number rounded, ending with a line break.
pub(in crate::format) fn rounded_text(value: &impl Serialize) -> Result<String, RenderError> {
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Rounded(PrettyFormatter::new())))?;
    bytes.push(b'\n');
    // JSON is UTF-8, so nothing is replaced here.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Writes every number with six significant digits, so that the text is the same on every processor.
struct Rounded(PrettyFormatter<'static>);

impl Formatter for Rounded {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        // Adding zero makes a negative zero a plain one.
        self.0.write_f64(writer, rounded(value) + 0.0)
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

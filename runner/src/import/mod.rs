//! Recorded dialogues of other people's data sets, brought into cases for a replay. Text in, text out: nothing here touches the disk.

mod cases;
mod dialogue;
mod json;
mod table;

pub use cases::{Choice, Imported, cases};
pub use dialogue::{Broken, Dialogue, Found};
pub use json::{esconv, plain};
pub use table::{Columns, table};

//! How numbers and foreign words are written, wherever they are shown.

pub mod glob;
pub(crate) mod number;
pub mod safe;

pub use number::grouped;

/// `1 trial`, `2,000 trials`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

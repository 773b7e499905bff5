//! The record of a run and every view of it.
//!
//! The record ([`record`]) is the product: what was asked, of which model, and what was said.
//! Grades, estimates and reports are computed from it and from nothing else, so each of them can be
//! made again at any time without a model. Renderers take a record and return text; they never
//! touch the disk.

pub mod record;

//! Grice's runner: specs in, a record out.

pub mod spec;

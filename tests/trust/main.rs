//! Trust: what a stranger's spec, data, run folder or reference can do, what a bit that flips does, and what ends a run.
//! `docs/trust.md` says what is promised; each promise has its test here.

mod bench;
mod changes;
mod cost;
mod ending;
mod isolate;
mod links;
mod names;
mod work;

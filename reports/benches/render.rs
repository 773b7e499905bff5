//! How long each format takes to render 10,000 trials.
fn main() {}

//! The command `grice`.

/// The commit that this program is built from, with `-dirty` where files differ from it; empty where
/// the sources are no checkout. It stands here, in the smallest crate, because every commit rebuilds it.
const COMMIT: &str = git_version::git_version!(
    args = ["--always", "--abbrev=40", "--exclude=*", "--dirty=-dirty"],
    fallback = ""
);

fn main() -> std::process::ExitCode {
    runner::main_impl(COMMIT)
}

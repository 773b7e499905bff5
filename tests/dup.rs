//! A second entry point to the program, so that the tests of this package can find and start it.

fn main() -> std::process::ExitCode {
    runner::main_impl("")
}

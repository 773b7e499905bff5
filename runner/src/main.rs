//! The command `runner`.

fn main() -> std::process::ExitCode {
    runner::main_impl()
}

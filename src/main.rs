//! The program. What it can do is in `cli`.

fn main() -> std::process::ExitCode {
    yuanjiao::cli::run()
}

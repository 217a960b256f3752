//! `szid`: the citizen identity core on the command line.
#![forbid(unsafe_code)]

// First: its macros are how all others speak. Those of the standard library panic where nobody reads.
#[macro_use]
mod say;

mod admin;
mod demo;
mod failure;
mod gate;
mod log;
mod output;
mod serve;
mod show;
mod simulate;
mod system;
mod verify;
mod wallet;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use failure::Failure;
use szid_issuer::given::GivenFault;
use szid_issuer::keys::FileSigner;
use szid_protocol::crypto::Signer;
use szid_protocol::key::PublicKey;
use szid_register::entropy::SystemEntropy;

/// The service makes and drops much that is small, on several threads: a fifth less processor time a scan
/// than with glibc's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 市民码：签发、亮码、核验 · The citizen code: issue it, show it, verify it
///
/// 初次使用请运行 `szid demo`。
///
/// New here? Run `szid demo`.
#[derive(Parser)]
#[command(name = "szid", version, arg_required_else_help = true, max_term_width = 110)]
#[command(disable_help_flag = true, disable_help_subcommand = true, disable_version_flag = true)]
struct Cli {
    /// 显示说明；--help 更为详细 · Print help; --help says more.
    #[arg(short, long, global = true, display_order = 1000, action = clap::ArgAction::Help)]
    help: Option<bool>,
    /// 显示版本 · Print the version.
    #[arg(short = 'V', long, display_order = 1000, action = clap::ArgAction::Version)]
    version: Option<bool>,
    #[command(subcommand)]
    command: Command,
}

// Without comments here each command's help is the one of its arguments, examples included.
#[derive(Subcommand)]
enum Command {
    Demo(demo::Args),
    Verify(verify::Args),
    Wallet(wallet::Args),
    Serve(serve::Args),
    Gate(gate::Args),
    Simulate(simulate::Args),
    Admin(admin::Args),
}

/// Reads one file, saying which one when it cannot be read.
fn read_file(path: &std::path::Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::unread(path, error))
}

/// A configuration in TOML. A setting that is not known is an error: it would be one that does nothing.
fn read_toml<T: serde::de::DeserializeOwned>(path: &std::path::Path) -> Result<T, Failure> {
    // Said once, below both languages: it may be lines long.
    let wrong = |what: &dyn std::fmt::Display| {
        let failure = Failure::given(&GivenFault::Config(path.display().to_string()));
        failure.with_english(format_args!("\n{}", what.to_string().trim_end()))
    };
    let text = String::from_utf8(read_file(path)?).map_err(|error| wrong(&error))?;
    toml::from_str(&text).map_err(|error| wrong(&error))
}

/// A P-256 public key in a file of its own, as DER SubjectPublicKeyInfo.
fn read_public_key(path: &std::path::Path) -> Result<PublicKey, Failure> {
    PublicKey::from_spki_der(&read_file(path)?)
        .map_err(|_| Failure::given(&GivenFault::PublicKey(path.display().to_string())))
}

/// Writes one file, saying which one when it cannot be written.
fn write_file(path: &std::path::Path, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| Failure::unwritten(path, error))
}

/// Writes a file in the place of the one before, whole or not at all; it is on the disk afterwards.
fn replace_file(path: &std::path::Path, text: String) -> Result<(), Failure> {
    let draft = path.with_extension("draft");
    write_file(&draft, text)?;
    let synced = std::fs::File::open(&draft).and_then(|file| file.sync_all());
    let moved = synced.and_then(|()| std::fs::rename(&draft, path));
    let folder = path.parent().unwrap_or(path);
    let kept = moved.and_then(|()| std::fs::File::open(folder)?.sync_all());
    kept.map_err(Failure::system)
}

/// Makes a key in a new file, and its public half beside it with the ending spki. Returns the latter's path.
fn make_key_files(path: &std::path::Path) -> Result<std::path::PathBuf, Failure> {
    let signer =
        FileSigner::make(path, &SystemEntropy).map_err(|error| Failure::told(error).at(path))?;
    let public = path.with_extension("spki");
    write_file(&public, signer.public_key().to_spki_der().map_err(Failure::system)?)?;
    Ok(public)
}

fn main() -> ExitCode {
    // TLS takes the provider of the process; a second one would be a mistake in this file.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let outcome = match Cli::parse().command {
        Command::Demo(args) => demo::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Wallet(args) => wallet::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Gate(args) => gate::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Admin(args) => admin::run(&args),
    };
    match say::ended(outcome) {
        Ok(code) => code,
        Err(failure) => {
            hint!("szid: {failure}");
            ExitCode::from(failure.exit)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::builder::StyledStr;

    use super::*;

    /// Whether a text is in Chinese and, beside it, in English.
    fn is_told_twice(text: Option<&StyledStr>) -> bool {
        let text = text.map(ToString::to_string).unwrap_or_default();
        let Some((zh, en)) = text.split_once(" · ") else { return false };
        let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        chinese(zh) && en.chars().any(|c| c.is_ascii_alphabetic())
    }

    fn walk(command: &clap::Command, path: &str, missing: &mut Vec<String>) {
        let mut look = |what: String, text: Option<&StyledStr>| {
            if !is_told_twice(text) {
                missing
                    .push(format!("{what}: {}", text.map(ToString::to_string).unwrap_or_default()));
            }
        };
        look(path.into(), command.get_about());
        for argument in command.get_arguments() {
            look(format!("{path} {}", argument.get_id()), argument.get_help());
            for value in argument.get_possible_values() {
                if let Some(help) = value.get_help() {
                    look(format!("{path} {} {}", argument.get_id(), value.get_name()), Some(help));
                }
            }
        }
        for command in command.get_subcommands() {
            walk(command, &format!("{path} {}", command.get_name()), missing);
        }
    }

    #[test]
    fn every_command_and_argument_is_explained_in_chinese_and_in_english() {
        let mut cli = Cli::command();
        cli.build();
        let mut missing = Vec::new();
        walk(&cli, "szid", &mut missing);
        assert!(missing.is_empty(), "{}", missing.join("\n"));
    }

    #[test]
    fn what_administrators_are_helped_with_names_every_exit_code() {
        let mut cli = Cli::command();
        let admin = cli.find_subcommand_mut("admin").unwrap();
        let help = admin.render_long_help().to_string();
        for code in 0..=6 {
            assert!(help.contains(&format!("\n  {code}  ")), "{code}: {help}");
        }
    }
}

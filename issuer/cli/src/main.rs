//! `szid`: the citizen identity core on the command line.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command speaks through its standard streams"
)]

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

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use szid_issuer::entropy::SystemEntropy;
use szid_issuer::keys::FileSigner;
use szid_protocol::crypto::Signer;
use szid_protocol::key::PublicKey;

use failure::Failure;

/// The service makes and drops much that is small, on several threads: a fifth less processor time a scan than with glibc's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The citizen code (市民码): issue it, show it, verify it.
///
/// New here? Run `szid demo`.
#[derive(Parser)]
#[command(name = "szid", version, arg_required_else_help = true, max_term_width = 110)]
struct Cli {
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
    let wrong = |what: &dyn std::fmt::Display| {
        let path = path.display();
        Failure::usage(
            format_args!("{path} 不是有效的配置，请按 --print-example 更正：{what}"),
            format_args!("{path} is no configuration, compare it with --print-example: {what}"),
        )
    };
    let text = String::from_utf8(read_file(path)?).map_err(|error| wrong(&error))?;
    toml::from_str(&text).map_err(|error| wrong(&error))
}

/// A P-256 public key in a file of its own, as DER SubjectPublicKeyInfo.
fn read_public_key(path: &std::path::Path) -> Result<PublicKey, Failure> {
    PublicKey::from_spki_der(&read_file(path)?).map_err(|_| {
        let path = path.display();
        Failure::usage(
            format_args!("{path} 不是 P-256 公钥（DER），请核对是否为 .spki 文件"),
            format_args!("{path} is no P-256 public key in DER: is it the .spki file?"),
        )
    })
}

/// Writes one file, saying which one when it cannot be written.
fn write_file(path: &std::path::Path, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| {
        let path = path.display();
        Failure::failed(
            format_args!("无法写入 {path}，请核对路径、权限和磁盘空间：{error}"),
            format_args!("cannot write {path}, check the path, its rights and the disk: {error}"),
        )
    })
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
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            // Nobody may read it any more; the exit code says it as well.
            let _ = writeln!(std::io::stderr(), "szid: {failure}");
            ExitCode::from(failure.exit)
        }
    }
}

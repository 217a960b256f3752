//! The program `szid gate` beside the city, at the park's gate.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use szid_protocol::key::PublicKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::{Outcome, PARK};

/// How long it may take until it has the city's lists.
const LISTS: Duration = Duration::from_secs(30);
/// How long its end may take.
const END: Duration = Duration::from_secs(10);

/// A gate that is running. It ends with the city, also where that is killed: its standard input closes then.
pub(crate) struct RunningGate {
    listen: String,
    process: Child,
}

impl RunningGate {
    /// Starts the program, and waits until it can accept. Its key lies in the folder as `gate.pem`.
    pub(crate) async fn start(
        program: &Path,
        folder: &Path,
        service: &str,
        root: &PublicKey,
        secret: &str,
    ) -> Outcome<Self> {
        let listen = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        fs::write(folder.join("root.spki"), root.to_spki_der()?)?;
        let config = folder.join("gate.toml");
        let settings = format!(
            "service = \"{service}\"\nvenue = \"park\"\ndevice = \"gate-1\"\nscene = {PARK}\nroots = [\"root.spki\"]\n\
             key = \"gate.pem\"\ndata_dir = \"gate\"\nlisten = \"{listen}\"\nlog = \"warn\"\n"
        );
        fs::write(&config, settings)?;
        let process = Command::new(program)
            .args(["gate", "--input", "-", "--config"])
            .arg(&config)
            .env("SZID_CREDENTIAL", secret)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let mut gate = Self { listen, process };
        let ready = tokio::time::timeout(LISTS, gate.until_ready()).await;
        ready.map_err(|_| "the gate has no lists")??;
        Ok(gate)
    }

    async fn until_ready(&mut self) -> Outcome<()> {
        loop {
            // Until it listens, nobody answers.
            if self.is_ready().await.unwrap_or(false) {
                return Ok(());
            }
            if let Some(status) = self.process.try_wait()? {
                return Err(format!("the gate ended: {status}").into());
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn is_ready(&self) -> std::io::Result<bool> {
        let mut line = TcpStream::connect(&self.listen).await?;
        let request =
            format!("GET /readyz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.listen);
        line.write_all(request.as_bytes()).await?;
        let mut status = [0; 12];
        line.read_exact(&mut status).await?;
        Ok(status == *b"HTTP/1.1 200")
    }

    /// Where it answers.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// Closes its input, and waits for its end.
    pub(crate) async fn end(mut self) -> Outcome<()> {
        drop(self.process.stdin.take());
        tokio::time::timeout(END, self.process.wait())
            .await
            .map_err(|_| "the gate does not end")??;
        Ok(())
    }
}

/// The program that `--gate` names, where it is named.
pub(crate) fn program() -> Outcome<Option<PathBuf>> {
    let mut arguments = std::env::args_os().skip(1);
    let Some(option) = arguments.next() else { return Ok(None) };
    match (option.to_str(), arguments.next(), arguments.next()) {
        (Some("--gate"), Some(program), None) => Ok(Some(program.into())),
        _ => Err("throw-away-city [--gate PROGRAM]".into()),
    }
}

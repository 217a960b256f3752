//! Where `szid gate --input` reads codes.

use std::io;
use std::path::Path;
use std::sync::Arc;

use szid_gate::{Gate, lines};
use tokio::io::BufReader;

use crate::Failure;
use crate::output::LossyOutput;

fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// True for an input that comes to an end and ends the gate with it; a device or a pipe by name is opened again.
pub(super) fn ends(path: &Path) -> Result<bool, Failure> {
    if is_standard_input(path) {
        return Ok(true);
    }
    let found = std::fs::metadata(path);
    let found = found.map_err(|error| Failure::unread(path, error))?;
    Ok(found.is_file())
}

/// Reads codes until the input ends, and writes a verdict for each.
pub(super) async fn read(
    gate: Arc<Gate>,
    path: &Path,
    output: &LossyOutput,
    exec: Option<&str>,
) -> io::Result<()> {
    let write = |line: &[u8]| output.line(line);
    if is_standard_input(path) {
        return lines::run(gate, BufReader::new(tokio::io::stdin()), write, exec).await;
    }
    let device = tokio::fs::File::open(path).await?;
    lines::run(gate, BufReader::new(device), write, exec).await
}

//! A secret as a picture: a QR code that a desk scans, so that nobody types 43 letters.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use qrcode::{Color, EcLevel, QrCode};
use szid_issuer::commands::CommandFault;

use super::shown;
use crate::Failure;

/// White modules around the code (ISO/IEC 18004 asks for four).
const QUIET: usize = 4;
/// Pixels of a module: a print of an inch and more.
const SCALE: usize = 8;

/// Where a secret is shown, once.
pub(super) enum Outlet {
    StandardOutput,
    Picture(Picture),
}

impl Outlet {
    /// Opens it before any secret is made: one that is shown nowhere is of no use.
    pub(super) fn open(png: Option<&Path>) -> Result<Self, Failure> {
        match png {
            Some(path) => Picture::create(path).map(Self::Picture),
            None => shown::check_secret_is_read().map(|()| Self::StandardOutput),
        }
    }

    /// Shows the secret of a credential.
    pub(super) fn show(self, secret: &str, credential: &str) -> Result<ExitCode, Failure> {
        let Self::Picture(picture) = self else { return shown::secret(secret, credential) };
        let path = picture.path.clone();
        picture.draw(secret).map_err(|error| {
            let id = credential.into();
            Failure::of(&CommandFault::SecretUntold { id, error: error.to_string() })
        })?;
        hint!(
            "凭据只在此图中，用后请销毁 · the secret is in this picture alone, destroy it after use:"
        );
        say!("{}", path.display());
        Ok(ExitCode::SUCCESS)
    }
}

/// A new file that only its owner reads. Until something is drawn it is removed with this.
pub(super) struct Picture {
    path: PathBuf,
    file: Option<File>,
}

impl Picture {
    fn create(path: &Path) -> Result<Self, Failure> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| Failure::unwritten(path, error))?;
        Ok(Self { path: path.into(), file: Some(file) })
    }

    fn draw(mut self, secret: &str) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        write_png(file, secret)?;
        file.sync_all()?;
        self.file = None;
        Ok(())
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        if self.file.is_some() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn write_png(output: impl io::Write, text: &str) -> io::Result<()> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(io::Error::other)?;
    let (width, modules) = (code.width(), code.to_colors());
    let side = (width + 2 * QUIET) * SCALE;
    let is_dark = |x: usize, y: usize| {
        let within = |at: usize| (at / SCALE).checked_sub(QUIET).filter(|at| *at < width);
        within(x).zip(within(y)).is_some_and(|(x, y)| modules[y * width + x] == Color::Dark)
    };
    let grey = |at: usize| if is_dark(at % side, at / side) { 0 } else { 0xff };
    let pixels: Vec<u8> = (0..side * side).map(grey).collect();
    let side = u32::try_from(side).map_err(io::Error::other)?;
    let mut encoder = png::Encoder::new(output, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    Ok(writer.finish()?)
}

//! A secret as a picture: a QR code that a desk scans, so that nobody types 43 letters.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use szid_issuer::commands::CommandFault;
use szid_wallet::{Qr, QrLevel};

use super::shown;
use crate::Failure;

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
        let Some(file) = &mut self.file else { return Ok(()) };
        let code = Qr::draw_text(secret, QrLevel::M).and_then(|code| code.to_png(SCALE));
        file.write_all(&code.map_err(io::Error::other)?)?;
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

//! The local socket of the administration: a file that only this user may open.

use std::fs::{DirBuilder, Permissions};
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

/// A bound socket. Its file goes with it.
pub(crate) struct AdminSocket {
    pub(crate) listener: UnixListener,
    pub(crate) file: SocketFile,
}

/// The file of a socket, removed when it is dropped.
pub(crate) struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl AdminSocket {
    /// Binds the socket; one that a killed service left behind is replaced.
    ///
    /// It is made in a folder of its own and moved into its place once only this user may open it: at no
    /// moment can anybody else.
    pub(crate) fn bind(path: &Path) -> Result<Self> {
        refuse_if_taken(path)?;
        let draft = with_suffix(path, ".new");
        match std::fs::remove_dir_all(&draft) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        DirBuilder::new().mode(0o700).create(&draft)?;
        let made = draft.join("s");
        let listener = UnixListener::bind(&made)?;
        std::fs::set_permissions(&made, Permissions::from_mode(0o600))?;
        std::fs::rename(&made, path)?;
        std::fs::remove_dir(&draft)?;
        let found = std::fs::symlink_metadata(path)?;
        let file = SocketFile { path: path.into(), device: found.dev(), inode: found.ino() };
        Ok(Self { listener, file })
    }
}

/// Nothing but a socket that nobody serves may be replaced.
fn refuse_if_taken(path: &Path) -> Result<()> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(found) if !found.file_type().is_socket() => {
            let told = format!("{} is there and is no socket", path.display());
            return Err(Error::new(ErrorKind::AlreadyExists, told));
        }
        Ok(_) => {}
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
        Err(error) => Err(error),
        Ok(_) => {
            let told = format!("another service serves {}", path.display());
            Err(Error::new(ErrorKind::AddrInUse, told))
        }
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Another service may have put its own in this place since.
        let own = std::fs::symlink_metadata(&self.path)
            .is_ok_and(|found| (found.dev(), found.ino()) == (self.device, self.inode));
        if own && let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(%error, "the administration's socket cannot be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_is_this_users_alone_and_goes_with_its_service() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        let socket = AdminSocket::bind(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let second = AdminSocket::bind(&path).err().unwrap();
        assert_eq!(second.kind(), ErrorKind::AddrInUse);
        assert!(path.exists(), "the first one is still served");
        drop(socket);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn what_a_killed_service_left_is_replaced_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        // A listener of the standard library leaves its file.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        std::fs::create_dir(with_suffix(&path, ".new")).unwrap();
        let stale = AdminSocket::bind(&path).unwrap();
        // Its place was taken by another file: that one is not its own to remove.
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "a note").unwrap();
        drop(stale);
        let refused = AdminSocket::bind(&path).err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"a note");
    }
}

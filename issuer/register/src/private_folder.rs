//! Folders that other accounts of the machine do not open: the audit is a profile of who was where.

use std::io;
use std::path::Path;

/// Makes a folder, and those above it that are missing, for the service's own account alone, whatever the
/// umask. One that is there stays as it is.
///
/// # Errors
/// The file system's.
pub fn make(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// Says so where other accounts may open a folder.
pub fn warn_where_open(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let others = std::fs::metadata(folder).map(|of| of.permissions().mode() & 0o077);
        if others.is_ok_and(|others| others != 0) {
            let folder = folder.display();
            tracing::warn!(%folder, "other accounts of this machine may open the folder: chmod 700 it");
        }
    }
    #[cfg(not(unix))]
    let _ = folder;
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_is_made_for_its_own_account_and_one_that_is_there_stays_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        let mode = |of: &Path| std::fs::metadata(of).unwrap().permissions().mode() & 0o777;
        let (outer, inner) = (place.path().join("data"), place.path().join("data/register"));
        make(&inner).unwrap();
        assert_eq!((mode(&outer), mode(&inner)), (0o700, 0o700));
        std::fs::set_permissions(&outer, std::fs::Permissions::from_mode(0o750)).unwrap();
        make(&inner).unwrap();
        assert_eq!(mode(&outer), 0o750);
    }
}

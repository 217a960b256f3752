//! Where things lie, and folders that go when they are no longer needed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{Outcome, answer, at};

/// The repository's folder.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().and_then(Path::parent).unwrap_or(own).to_owned()
}

/// A folder of the bindings.
pub(crate) fn bindings(name: &str) -> PathBuf {
    root().join("bindings").join(name)
}

/// A path of the command line, which is counted from where the caller stands: the programs that are started
/// here stand in the repository's folder.
pub(crate) fn given(path: &str) -> Outcome<PathBuf> {
    at(path.as_ref(), std::path::absolute(path))
}

/// A folder of its own for one run, removed with it. It lies below the build's folder, where there is room.
pub(crate) struct WorkFolder(PathBuf);

impl WorkFolder {
    pub(crate) fn make(name: &str) -> Outcome<Self> {
        let path = target().join("xtask").join(format!("{name}-{}", std::process::id()));
        at(&path, fs::create_dir_all(&path))?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Cargo's build folder.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |named| root().join(named))
}

/// This machine's name, as the compiler has it.
pub(crate) fn host() -> Outcome<String> {
    let version = answer(rustc().arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| format!("the compiler does not name its machine: {version}"))
}

/// Cargo, as this program was started by it.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    cargo
}

/// The compiler of this repository.
pub(crate) fn rustc() -> Command {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.current_dir(root());
    rustc
}

/// Copies a folder with all that is in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Outcome {
    at(to, fs::create_dir_all(to))?;
    for entry in at(from, fs::read_dir(from))? {
        let path = at(from, entry)?.path();
        let Some(name) = path.file_name() else { continue };
        if path.is_dir() {
            copy_folder(&path, &to.join(name))?;
        } else {
            at(&path, fs::copy(&path, to.join(name)))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{given, root};

    #[test]
    fn a_path_of_the_command_line_is_counted_from_where_the_caller_stands() {
        let here = std::env::current_dir().unwrap();
        assert_ne!(here, root(), "a test stands in the folder of its own package");
        for path in ["code", "../code", "../../../code"] {
            let given = given(path).unwrap();
            assert!(given.is_absolute() && given.starts_with(&here), "{}", given.display());
            assert!(given.ends_with(path), "{}", given.display());
        }
        assert_eq!(given("/a/code").unwrap(), std::path::Path::new("/a/code"));
    }
}

//! The Python module, in a virtual environment with pinned packages.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::generate::generate;
use crate::paths::{WorkFolder, bindings, target};
use crate::process::{Outcome, at, run};

pub(crate) fn build() -> Outcome {
    let work = WorkFolder::make("python")?;
    generate("python", work.path(), work.path())?;
    run(Command::new(venv()?).env("PYTHONPATH", work.path()).args(["-B", "-c", "import szid"]))
}

pub(crate) fn test() -> Outcome {
    let work = WorkFolder::make("python")?;
    let built = generate("python", work.path(), work.path())?;
    run(Command::new(venv()?)
        .env("PYTHONPATH", work.path())
        .arg("-B")
        .arg(bindings("python").join("whole_way.py"))
        .arg(built.city))
}

/// Makes the environment anew when the pinned versions change; answers its Python.
fn venv() -> Outcome<PathBuf> {
    let pinned = bindings("python").join("requirements.txt");
    let wanted = at(&pinned, fs::read(&pinned))?;
    let folder = target().join("xtask").join("python-venv");
    let (python, installed) = (folder.join("bin/python"), folder.join("installed.txt"));
    if fs::read(&installed).is_ok_and(|is| is == wanted) && python.exists() {
        return Ok(python);
    }
    let _ = fs::remove_dir_all(&folder);
    let system = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    run(Command::new(system).args(["-m", "venv"]).arg(&folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    run(Command::new(&python).args(pip).arg(&pinned))?;
    at(&installed, fs::write(&installed, wanted))?;
    Ok(python)
}

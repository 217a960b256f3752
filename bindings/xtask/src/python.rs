//! The Python module: a wheel with its types, and its tests in a virtual environment with pinned packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::generate::{Parts, generate, generate_for_release, throw_away_city};
use crate::page::code_of;
use crate::paths::{WorkFolder, bindings, copy_folder, root, target};
use crate::process::{Outcome, at, run};

/// Packs the module as release builds have it.
pub(crate) fn wheel(folder: &Path) -> Outcome {
    let work = WorkFolder::make("python")?;
    let (code, native) = (work.join("generated"), work.join("native"));
    generate_for_release("python", &code, &native)?;
    pack(&work, folder).map(drop)
}

pub(crate) fn build() -> Outcome {
    install(&WorkFolder::make("python")?).map(drop)
}

pub(crate) fn test() -> Outcome {
    let work = WorkFolder::make("python")?;
    let Installed { python, site } = install(&work)?;
    // The page's own program: its types by the module's, then what it does.
    let door = work.join("door.py");
    let page = root().join("docs/mobile/python.md");
    at(&door, fs::write(&door, code_of(&page, "python")?))?;
    run(Command::new(&python).env("MYPYPATH", &site).args(["-m", "mypy", "--strict"]).arg(&door))?;
    let own = bindings("python");
    let run_with = |script: &str, arguments: &[&Path]| {
        run(Command::new(&python)
            .env("PYTHONPATH", &site)
            .arg("-B")
            .arg(own.join(script))
            .args(arguments))
    };
    let city = throw_away_city();
    run_with("whole_way.py", &[&city])?;
    run_with("door_on_the_page.py", &[&city, &door])
}

/// The wheel of a debug build, installed as an integrator has it.
struct Installed {
    python: PathBuf,
    /// Where the module lies.
    site: PathBuf,
}

fn install(work: &WorkFolder) -> Outcome<Installed> {
    generate("python", &work.join("generated"), &work.join("native"), Parts::VENUE)?;
    let (python, wheel) = pack(work, &work.join("wheels"))?;
    let site = work.join("site");
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
    run(Command::new(&python).args(pip).arg("--target").arg(&site).arg(wheel))?;
    run(Command::new(&python).env("PYTHONPATH", &site).args(["-B", "-c", "import szid"]))?;
    Ok(Installed { python, site })
}

/// Packs what was generated below `work` into a wheel in a folder; answers the environment's Python and the
/// wheel.
fn pack(work: &WorkFolder, folder: &Path) -> Outcome<(PathBuf, PathBuf)> {
    let python = venv()?;
    let source = work.join("wheel");
    copy_folder(&bindings("python").join("wheel"), &source)?;
    let package = source.join("szid");
    copy_folder(&work.join("native"), &package)?;
    let generated = work.join("generated").join("szid.py");
    at(&generated, fs::copy(&generated, package.join("__init__.py")))?;
    at(&package, fs::write(package.join("py.typed"), ""))?;
    let stubs = Command::new(&python)
        .arg(bindings("python").join("stubs.py"))
        .arg(&generated)
        .output()
        .map_err(|error| format!("the types cannot be written: {error}"))?;
    if !stubs.status.success() {
        return Err(format!("the types: {}", String::from_utf8_lossy(&stubs.stderr)));
    }
    at(&package, fs::write(package.join("__init__.pyi"), stubs.stdout))?;
    let pip = ["-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"];
    run(Command::new(&python)
        .args(pip)
        .args(["--no-build-isolation", "-w"])
        .arg(folder)
        .arg(&source))?;
    let mut wheels = at(folder, fs::read_dir(folder))?.filter_map(Result::ok);
    let wheel = wheels.find(|entry| entry.file_name().to_string_lossy().ends_with(".whl"));
    Ok((python, wheel.ok_or("no wheel was made")?.path()))
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

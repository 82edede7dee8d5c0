//! Builds the page: cargo makes the wasm, wasm-bindgen its glue, and the hand-written files join them.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::offline;
use crate::process::{self, Progress};
use crate::workspace;

/// What is compiled: the package, and the name of its two generated files (`brownout.js` and `brownout_bg.wasm`) in
/// `index.html` and `web/static`. The second is loaded when a lesson is opened, the third when a
/// request's story is.
const MODULES: [(&str, &str); 3] =
    [("brownout-web", "brownout"), ("brownout-tutor", "tutor"), ("brownout-study", "study")];

/// Files of the course that visitors do not need.
const NOT_SERVED: [&str; 1] = ["rows.json"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Release,
    Dev,
}

impl Profile {
    fn cargo_name(self) -> &'static str {
        match self {
            Self::Release => "page",
            Self::Dev => "dev",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Release => "page",
            Self::Dev => "debug",
        }
    }
}

/// Builds the whole site into `out`, which is emptied first; after a failure `out` may be incomplete.
pub fn build(profile: Profile, out: &Path, progress: &Progress) -> Result<(), Failure> {
    workspace::ensure_wasm_target()?;
    let target = workspace::target_directory()?;
    for (package, _) in MODULES {
        progress.say(&format!("compiling {package} to WebAssembly ({})", profile.cargo_name()));
        compile(profile, package, &target)?;
    }
    if out.exists() {
        fs::remove_dir_all(out).map_err(Failure::file(out))?;
    }
    fs::create_dir_all(out).map_err(Failure::file(out))?;
    progress.say("generating the JavaScript glue");
    for (package, name) in MODULES {
        let file = format!("{}.wasm", package.replace('-', "_"));
        let wasm = target.join(workspace::WASM_TARGET).join(profile.folder()).join(file);
        bindgen(profile, &wasm, name, out)?;
    }

    progress.say("copying index.html, web/static and the lessons");
    let root = workspace::root();
    let index = root.join("index.html");
    fs::copy(&index, out.join("index.html")).map_err(Failure::file(&index))?;
    copy_tree(&root.join("web/static"), out)?;
    let lessons = out.join("lessons");
    copy_tree(&root.join("crates/course/lessons"), &lessons)?;
    for name in NOT_SERVED {
        let file = lessons.join(name);
        fs::remove_file(&file).map_err(Failure::file(&file))?;
    }
    offline::write(out)
}

fn compile(profile: Profile, package: &str, target: &Path) -> Result<(), Failure> {
    // Not `build`: the package is an rlib too, for its tests, and cargo leaves out link-time optimisation for
    // a package that is both.
    process::run(workspace::cargo().args([
        "rustc",
        "--package",
        package,
        "--lib",
        "--crate-type",
        "cdylib",
        "--target",
        workspace::WASM_TARGET,
        "--profile",
        profile.cargo_name(),
        "--target-dir",
        &target.to_string_lossy(),
    ]))
}

fn bindgen(profile: Profile, wasm: &Path, name: &str, out: &Path) -> Result<(), Failure> {
    let mut arguments: Vec<OsString> = vec![
        "wasm-bindgen".into(),
        wasm.into(),
        "--target".into(),
        "web".into(),
        "--out-dir".into(),
        out.into(),
        "--out-name".into(),
        name.into(),
        "--no-typescript".into(),
    ];
    if profile == Profile::Release {
        arguments.extend(["--remove-name-section".into(), "--remove-producers-section".into()]);
    }
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(arguments)
        .map_err(|error| Failure::Bindgen { path: wasm.to_owned(), reason: format!("{error:#}") })
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to).map_err(Failure::file(to))?;
    for entry in fs::read_dir(from).map_err(Failure::file(from))? {
        let path = entry.map_err(Failure::file(from))?.path();
        let Some(name) = path.file_name() else { continue };
        if path.is_dir() {
            copy_tree(&path, &to.join(name))?;
        } else {
            fs::copy(&path, to.join(name)).map_err(Failure::file(&path))?;
        }
    }
    Ok(())
}

//! What this machine has. Only looks; what follows from it is decided in `plan`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::failure::Failure;
use crate::{process, workspace};

const BROWSER_NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

#[derive(Debug, Clone, Default)]
pub struct Probe {
    pub wasm_target: bool,
    pub node_major: Option<u32>,
    /// The packages in `tests/browser/node_modules` are those of the lock file.
    pub npm_packages: bool,
    pub browser: Option<PathBuf>,
    /// Some installed font has Hangul.
    pub hangul_font: bool,
    pub apt_get: bool,
    pub root: bool,
    pub sudo_without_password: bool,
}

impl Probe {
    pub fn look() -> Result<Self, Failure> {
        Ok(Self {
            wasm_target: workspace::has_wasm_target()?,
            node_major: node_major(),
            npm_packages: npm_packages_match(&browser_tests()),
            browser: browser(),
            hangul_font: quiet_output(Command::new("fc-list").arg(":lang=ko"))
                .is_some_and(|fonts| !fonts.is_empty()),
            apt_get: in_path("apt-get").is_some(),
            root: quiet_output(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0"),
            sudo_without_password: process::succeeds(Command::new("sudo").args(["-n", "true"])),
        })
    }
}

pub fn browser_tests() -> PathBuf {
    workspace::root().join("tests/browser")
}

/// The browser to drive: the one named in CHROME, one in the PATH, or the one that Playwright has downloaded.
pub fn browser() -> Option<PathBuf> {
    let named = env::var_os("CHROME").map(PathBuf::from).filter(|path| path.is_file());
    named.or_else(|| BROWSER_NAMES.iter().find_map(|name| in_path(name))).or_else(playwright_browser)
}

fn playwright_browser() -> Option<PathBuf> {
    let script = "import('playwright-core').then(p => process.stdout.write(p.chromium.executablePath()))";
    let path = quiet_output(Command::new("node").args(["-e", script]).current_dir(browser_tests()))?;
    Some(PathBuf::from(path)).filter(|path| path.is_file())
}

fn node_major() -> Option<u32> {
    let version = quiet_output(Command::new("node").arg("--version"))?;
    version.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}

fn in_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Every package of the lock file is installed in its version, as npm's own record of the folder says.
fn npm_packages_match(folder: &Path) -> bool {
    let packages = |path: &Path| -> Option<Value> {
        serde_json::from_slice::<Value>(&fs::read(path).ok()?).ok()?.get("packages").cloned()
    };
    let wanted = packages(&folder.join("package-lock.json"));
    let installed = packages(&folder.join("node_modules/.package-lock.json"));
    let (Some(Value::Object(wanted)), Some(installed)) = (wanted, installed) else { return false };
    wanted.iter().filter(|(path, _)| !path.is_empty()).all(|(path, package)| {
        installed.get(path).is_some_and(|found| found.get("version") == package.get("version"))
            && folder.join(path).is_dir()
    })
}

fn quiet_output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

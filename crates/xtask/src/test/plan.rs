//! What to install, decided from a probe alone, so that every machine can be tried in a test.

use std::path::PathBuf;
use std::process::Command;

use super::probe::{Probe, browser_tests};
use super::suites::Suite;
use crate::failure::Failure;
use crate::{process, workspace};

/// The oldest Node.js with the options of `node --test` that are used here.
const NODE_MAJOR: u32 = 20;
const HANGUL_FONTS: &str = "fonts-noto-cjk";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    AddWasmTarget,
    NpmPackages,
    DebianPackages { packages: Vec<&'static str>, sudo: bool },
    PlaywrightBrowser,
}

/// Something that we do not install, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    pub sentence: String,
    pub needed_by: Vec<Suite>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub steps: Vec<Step>,
    pub lacks: Vec<Lack>,
    pub notes: Vec<String>,
}

/// What has to be done on a machine like `probe` before these suites can run.
pub fn choose(probe: &Probe, suites: &[Suite]) -> Plan {
    let mut plan = Plan::default();
    let wants = |suite| suites.contains(&suite);
    if !wants(Suite::Wasm) && !wants(Suite::Browser) {
        return plan;
    }
    if !probe.wasm_target {
        plan.steps.push(Step::AddWasmTarget);
    }
    if probe.node_major.is_none_or(|major| major < NODE_MAJOR) {
        plan.lacks.push(Lack {
            sentence: format!(
                "Node.js {NODE_MAJOR} or newer is needed for the tests in wasm and in a browser, but {}; install it.",
                probe.node_major.map_or("none was found".to_owned(), |major| format!("version {major} was found"))
            ),
            needed_by: vec![Suite::Wasm, Suite::Browser],
        });
        return plan;
    }
    if wants(Suite::Browser) {
        if !probe.npm_packages {
            plan.steps.push(Step::NpmPackages);
        }
        choose_browser(probe, &mut plan);
    }
    plan
}

fn choose_browser(probe: &Probe, plan: &mut Plan) {
    let may_install = probe.apt_get && (probe.root || probe.sudo_without_password);
    let mut packages = Vec::new();
    if probe.browser.is_none() {
        packages.push("chromium");
    }
    if !probe.hangul_font {
        // fontconfig brings fc-list, by which the next run will know that the font is there.
        packages.extend([HANGUL_FONTS, "fontconfig"]);
    }
    if packages.is_empty() {
        return;
    }
    if may_install {
        plan.steps.push(Step::DebianPackages { packages, sudo: !probe.root });
        return;
    }
    if probe.browser.is_none() {
        plan.steps.push(Step::PlaywrightBrowser);
    }
    if !probe.hangul_font {
        plan.notes.push(
            "No installed font is known to have Hangul, and this machine's packages cannot be installed from here; \
             where there is none (Noto Sans CJK is one), the tests of Korean text will fail."
                .to_owned(),
        );
    }
}

impl Plan {
    pub fn is_complete(&self) -> bool {
        self.steps.is_empty() && self.lacks.is_empty()
    }

    /// For `--no-install`: every missing thing with the commands that would bring it.
    pub fn explanation(&self) -> Vec<String> {
        let mut lines = self.notes.clone();
        lines.extend(self.lacks.iter().map(|lack| lack.sentence.clone()));
        for step in &self.steps {
            lines.push(step.reason());
            lines.extend(step.commands().iter().map(|command| format!("  $ {}", process::line(command))));
        }
        lines
    }
}

impl Step {
    pub fn reason(&self) -> String {
        match self {
            Self::AddWasmTarget => format!("The Rust toolchain lacks the target {}.", workspace::WASM_TARGET),
            Self::NpmPackages => {
                "The npm packages of tests/browser are not those of its lock file.".to_owned()
            }
            Self::DebianPackages { packages, .. } if packages.contains(&"chromium") => {
                "No Chromium was found in the PATH or in CHROME; installing this system's own package."
                    .to_owned()
            }
            Self::DebianPackages { .. } => {
                "No installed font has Hangul; installing this system's own package.".to_owned()
            }
            Self::PlaywrightBrowser => {
                "No Chromium was found in the PATH or in CHROME; taking the one that Playwright offers."
                    .to_owned()
            }
        }
    }

    pub fn commands(&self) -> Vec<Command> {
        let command = |words: &[&str], folder: PathBuf| {
            let mut command = Command::new(words[0]);
            command.args(&words[1..]).current_dir(folder);
            command
        };
        match self {
            Self::AddWasmTarget => {
                vec![command(&["rustup", "target", "add", workspace::WASM_TARGET], workspace::root())]
            }
            Self::NpmPackages => {
                vec![command(&["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], browser_tests())]
            }
            Self::DebianPackages { packages, sudo } => {
                let apt_get = |words: &[&str]| {
                    // `env`, because sudo passes no variables on.
                    let before: &[&str] = if *sudo { &["sudo", "-n", "env"] } else { &["env"] };
                    let words = [before, &["DEBIAN_FRONTEND=noninteractive", "apt-get"], words].concat();
                    command(&words, workspace::root())
                };
                let install = [&["install", "-y", "--no-install-recommends"], packages.as_slice()].concat();
                vec![apt_get(&["update"]), apt_get(&install)]
            }
            Self::PlaywrightBrowser => {
                vec![command(
                    &["npx", "--no-install", "playwright-core", "install", "chromium"],
                    browser_tests(),
                )]
            }
        }
    }

    pub fn run(&self) -> Result<(), Failure> {
        self.commands().iter_mut().try_for_each(process::run)
    }

    /// Another way to the same end, for when this one fails: not every system with apt-get has the package.
    pub fn instead(&self) -> Option<Self> {
        match self {
            Self::DebianPackages { packages, .. } if packages.contains(&"chromium") => {
                Some(Self::PlaywrightBrowser)
            }
            _ => None,
        }
    }

    pub fn needed_by(&self) -> &'static [Suite] {
        match self {
            Self::AddWasmTarget => &[Suite::Wasm, Suite::Browser],
            Self::NpmPackages | Self::PlaywrightBrowser => &[Suite::Browser],
            Self::DebianPackages { packages, .. } if packages.contains(&"chromium") => &[Suite::Browser],
            // Only the tests of Korean text need the font; they will say so themselves.
            Self::DebianPackages { .. } => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> Probe {
        Probe {
            wasm_target: true,
            node_major: Some(20),
            npm_packages: true,
            browser: Some(PathBuf::from("/usr/bin/chromium")),
            hangul_font: true,
            apt_get: true,
            root: true,
            sudo_without_password: false,
        }
    }

    fn lines(step: &Step) -> Vec<String> {
        step.commands().iter().map(process::line).collect()
    }

    #[test]
    fn a_complete_machine_needs_nothing() {
        assert!(choose(&complete(), &Suite::ALL).is_complete());
    }

    #[test]
    fn native_tests_need_nothing_on_an_empty_machine() {
        assert!(choose(&Probe::default(), &[Suite::Native]).is_complete());
    }

    #[test]
    fn root_on_debian_installs_the_package_with_fonts() {
        let probe = Probe { browser: None, hangul_font: false, ..complete() };
        let plan = choose(&probe, &Suite::ALL);
        let packages = vec!["chromium", "fonts-noto-cjk", "fontconfig"];
        assert_eq!(plan.steps, [Step::DebianPackages { packages, sudo: false }]);
        assert_eq!(
            lines(&plan.steps[0]),
            [
                "env DEBIAN_FRONTEND=noninteractive apt-get update",
                "env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium \
                 fonts-noto-cjk fontconfig"
            ]
        );
        assert_eq!(plan.steps[0].instead(), Some(Step::PlaywrightBrowser));
    }

    #[test]
    fn a_browser_without_hangul_gets_only_the_fonts() {
        let probe = Probe { hangul_font: false, ..complete() };
        let plan = choose(&probe, &Suite::ALL);
        assert_eq!(
            plan.steps,
            [Step::DebianPackages { packages: vec!["fonts-noto-cjk", "fontconfig"], sudo: false }]
        );
        assert_eq!(plan.steps[0].instead(), None);
        assert!(plan.steps[0].needed_by().is_empty());
    }

    #[test]
    fn a_user_with_sudo_goes_through_it() {
        let probe = Probe { browser: None, root: false, sudo_without_password: true, ..complete() };
        let plan = choose(&probe, &Suite::ALL);
        assert_eq!(plan.steps, [Step::DebianPackages { packages: vec!["chromium"], sudo: true }]);
        assert!(lines(&plan.steps[0])[0].starts_with("sudo -n env "));
    }

    #[test]
    fn a_user_without_sudo_and_a_system_without_apt_take_playwrights_browser() {
        let user = Probe { browser: None, root: false, ..complete() };
        let other_system = Probe { browser: None, apt_get: false, ..complete() };
        for probe in [user, other_system] {
            let plan = choose(&probe, &Suite::ALL);
            assert_eq!(plan.steps, [Step::PlaywrightBrowser]);
            assert_eq!(lines(&plan.steps[0]), ["npx --no-install playwright-core install chromium"]);
        }
    }

    #[test]
    fn playwrights_browser_comes_after_the_packages_that_bring_playwright() {
        let probe = Probe { browser: None, apt_get: false, npm_packages: false, ..complete() };
        assert_eq!(choose(&probe, &Suite::ALL).steps, [Step::NpmPackages, Step::PlaywrightBrowser]);
    }

    #[test]
    fn a_missing_font_that_cannot_be_installed_is_said_and_stops_nothing() {
        let probe = Probe { hangul_font: false, apt_get: false, ..complete() };
        let plan = choose(&probe, &Suite::ALL);
        assert!(plan.is_complete());
        assert!(plan.notes[0].contains("Hangul"));
    }

    #[test]
    fn a_missing_or_old_node_is_explained_with_what_was_found() {
        for (node_major, found) in [(None, "none was found"), (Some(18), "version 18 was found")] {
            let plan = choose(&Probe { node_major, npm_packages: false, ..complete() }, &Suite::ALL);
            assert!(plan.steps.is_empty());
            assert!(plan.lacks[0].sentence.contains(found), "{}", plan.lacks[0].sentence);
            assert_eq!(plan.lacks[0].needed_by, [Suite::Wasm, Suite::Browser]);
        }
    }

    #[test]
    fn an_explanation_names_every_command() {
        let probe = Probe { wasm_target: false, npm_packages: false, browser: None, ..complete() };
        let text = choose(&probe, &Suite::ALL).explanation().join("\n");
        for command in ["rustup target add wasm32-unknown-unknown", "npm ci", "apt-get install"] {
            assert!(text.contains(command), "{command} is not in:\n{text}");
        }
    }
}

//! The reference of all component types as Markdown, written from their declarations.

use std::fmt::Write as _;

use brownout_sim::component::{Kind, TypeSpec};
use brownout_sim::param::{Choice, ParamSet, ParamSpec, When, Words};
use brownout_sim::system::{EdgeKind, Injection, Mode, Net, Policy, Verb};

use crate::error::Lang;
use crate::form::{Control, Row, pick, rows};
use crate::model::Settings;

const TITLE: Words = Words::new("Component types", "컴포넌트 유형");
const HEAD: [Words; 5] = [
    Words::new("Parameter", "매개변수"),
    Words::new("Meaning", "의미"),
    Words::new("Unit", "단위"),
    Words::new("Values", "값"),
    Words::new("Default", "기본값"),
];
const EDGES: Words = Words::new("Edges", "연결");
const NETWORK: Words = Words::new("Network (`net`)", "네트워크(`net`)");
const POLICY: Words = Words::new("Policy (`policy`)", "정책(`policy`)");
const MODES: Words = Words::new("Modes", "방식");
const RUN: Words = Words::new("The run", "실행");
const FAULTS: Words = Words::new("Faults", "장애");
const EXPERIMENTS: Words = Words::new(
    "Experiments and random faults (entries of `timeline`)",
    "실험과 무작위 장애(`timeline` 항목)",
);
const EXPERIMENTS_HELP: Words = Words::new(
    "A planned fault with any of these is an experiment: action (`do`), targets, duration (`for_s`) and stop condition. It begins at `at_s`, chooses its targets, and restores what it broke when it ends.",
    "다음 가운데 하나라도 정한 예정 장애는 실험이 됩니다. 동작(`do`), 대상, 지속 시간(`for_s`), 중단 조건으로 이루어집니다. `at_s`에 시작하면서 대상을 고르고, 끝날 때 망가뜨린 것을 복구합니다.",
);
const OF_EXPERIMENTS: &[&str] = &[
    "A. Basiri et al., \"Chaos Engineering\", IEEE Software 33 (2016): hypotheses about the steady state, and a small blast radius",
    "AWS Fault Injection Service, User Guide: actions, targets, selection modes and stop conditions",
    "R. E. Barlow, F. Proschan, Mathematical Theory of Reliability (1965): alternating renewal processes",
];
const STARTS: Words = Words::new("Edges that may start here", "여기서 시작할 수 있는 연결");
const ENDS: Words = Words::new("Edges that may end here", "여기서 끝날 수 있는 연결");
const GAUGES: Words = Words::new("Gauges of its own", "고유 지표");
const SOURCES: Words = Words::new("Sources of the model", "모형의 출처");
/// Of what callers do, and of what lies between caller and callee.
const OF_EDGES: &[&str] = &[
    "M. Nygard, Release It! (2007): timeouts and circuit breakers",
    "M. Brooker, \"Exponential Backoff and Jitter\", AWS Architecture Blog (2015)",
    "B. Beyer et al., Site Reliability Engineering (2016), chapters 21 and 22: retry budgets, client-side throttling, deadlines",
    "J. Dean, L. A. Barroso, \"The Tail at Scale\", CACM 56 (2013): hedged requests",
    "N. Bronson et al., \"Metastable Failures in Distributed Systems\", HotOS 2021: what retries sustain",
];
const NOTHING: Words = Words::new("none", "없음");
const ON_OR_OFF: Words = Words::new("`true` or `false`", "`true` 또는 `false`");

/// The whole reference.
pub fn reference(lang: Lang) -> String {
    let mut out = format!("# {}\n", pick(TITLE, lang));
    for kind in Kind::ALL {
        component(&mut out, kind.spec(), lang);
    }
    heading(&mut out, 2, pick(EDGES, lang));
    let modes = Mode::CHOICES.iter().map(|mode| format!("`{}` ({})", mode.name, pick(mode.label, lang)));
    line(&mut out, pick(MODES, lang), &modes.collect::<Vec<_>>().join(", "));
    heading(&mut out, 3, pick(NETWORK, lang));
    out += &table(Net::SPECS, lang);
    heading(&mut out, 3, pick(POLICY, lang));
    out += &table(Policy::SPECS, lang);
    sources(&mut out, OF_EDGES, lang);
    heading(&mut out, 2, pick(FAULTS, lang));
    for verb in Verb::ALL {
        let Choice { name, label } = &Verb::CHOICES[*verb as usize];
        let _ = writeln!(out, "- `{name}` ({}): {}", pick(*label, lang), pick(verb.help(), lang));
    }
    heading(&mut out, 3, pick(EXPERIMENTS, lang));
    out += pick(EXPERIMENTS_HELP, lang);
    out += "\n\n";
    out += &table(Injection::SPECS, lang);
    sources(&mut out, OF_EXPERIMENTS, lang);
    heading(&mut out, 2, pick(RUN, lang));
    out += &table(Settings::SPECS, lang);
    out
}

fn component(out: &mut String, spec: &TypeSpec, lang: Lang) {
    heading(out, 2, &format!("{} (`{}`)", pick(spec.label, lang), spec.name));
    *out += pick(spec.help, lang);
    *out += "\n\n";
    *out += &table(spec.params, lang);
    *out += "\n";
    line(out, pick(STARTS, lang), &edges(spec.offers, lang));
    line(out, pick(ENDS, lang), &edges(spec.accepts, lang));
    let faults = spec.faults.iter().map(|verb| format!("`{}`", Verb::CHOICES[*verb as usize].name));
    line(out, pick(FAULTS, lang), &or_nothing(&faults.collect::<Vec<_>>(), lang));
    if !spec.gauges.is_empty() {
        let gauges =
            spec.gauges.iter().map(|gauge| format!("`{}` ({})", gauge.name, pick(gauge.label, lang)));
        line(out, pick(GAUGES, lang), &gauges.collect::<Vec<_>>().join(", "));
    }
    sources(out, spec.sources, lang);
}

/// Titles stay in the language that they were written in.
fn sources(out: &mut String, titles: &[&str], lang: Lang) {
    let _ = writeln!(out, "\n{}:\n", pick(SOURCES, lang));
    for title in titles {
        let _ = writeln!(out, "- {title}");
    }
}

/// The parameters of one table of declarations.
pub fn table(specs: &[ParamSpec], lang: Lang) -> String {
    let mut out =
        format!("| {} |\n|{}\n", HEAD.map(|words| pick(words, lang)).join(" | "), "---|".repeat(HEAD.len()));
    for row in rows(specs, lang) {
        let Row { name, label, help, unit, control, when, default } = &row;
        let only = when.map(|when| only_when(when, lang)).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| `{name}` | **{label}.** {}{only} | {unit} | {} | `{default}` |",
            cell(help),
            values(control, lang)
        );
    }
    out
}

/// What a parameter belongs to, behind its sentence.
fn only_when(when: When, lang: Lang) -> String {
    let words: Vec<String> = when.words.iter().map(|word| format!("`{word}`")).collect();
    let (param, words) = (when.param, words.join(", "));
    match lang {
        Lang::En => format!(" Only where `{param}` is {words}."),
        Lang::Ko => format!(" `{param}`이(가) {words}일 때만 쓰입니다."),
    }
}

fn values(control: &Control, lang: Lang) -> String {
    let words = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, label)| format!("`{name}` ({label})")).collect::<Vec<_>>().join(", ")
    };
    match control {
        Control::Switch => pick(ON_OR_OFF, lang).to_owned(),
        Control::Whole { min, max } => format!("{min} – {max}"),
        Control::Number { min, max } => format!("{min} – {max}"),
        Control::NumberOr { min, max, words: choices } => format!("{min} – {max}, {}", words(choices)),
        Control::List { min, max, most } => format!("[{min} – {max}] × {most}"),
        Control::Choice(choices) => words(choices),
        Control::Law { kinds, .. } => words(kinds),
    }
}

/// A vertical bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn edges(kinds: &[EdgeKind], lang: Lang) -> String {
    let names = kinds.iter().map(|kind| format!("`{}`", EdgeKind::CHOICES[*kind as usize].name));
    or_nothing(&names.collect::<Vec<_>>(), lang)
}

fn or_nothing(names: &[String], lang: Lang) -> String {
    if names.is_empty() { pick(NOTHING, lang).to_owned() } else { names.join(", ") }
}

fn heading(out: &mut String, level: usize, text: &str) {
    let _ = writeln!(out, "\n{} {text}\n", "#".repeat(level));
}

fn line(out: &mut String, what: &str, which: &str) {
    let _ = writeln!(out, "- {what}: {which}");
}

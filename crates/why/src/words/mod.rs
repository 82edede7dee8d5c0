//! What was found, in sentences with numbers; each claim with its evidence.
//!
//! Names stand before a colon in Korean, so that no particle depends on them.

use brownout_scenario::{Lang, Scenario, grouped};
use brownout_sim::Ns;
use brownout_sim::component::Kind;
use brownout_sim::param::Words;
use brownout_sim::system::{Id, Target};

use crate::cause::{Cause, workers};
use crate::inquiry::{Diagnosis, Tried};
use crate::measure::{Ailment, Health};
use crate::scan::Damage;

/// The same in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub en: String,
    pub ko: String,
}

impl Said {
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ko => &self.ko,
        }
    }
}

/// A number that a claim rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Its path in the figures of a run, over the stretch from `from` to `to`.
    pub metric: String,
    pub from: Ns,
    pub to: Ns,
    pub value: f64,
    /// What a closed form says of the same, and its name.
    pub theory: Option<(f64, &'static str)>,
}

/// One sentence of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// `state`, `cause`, `trigger`, `first`, `dragged`, `limit`, `help`, `share`, `held` or `theory`.
    pub kind: &'static str,
    pub said: Said,
    /// The part or edge to look at, and the moment.
    pub about: Option<Id>,
    pub at: Option<Ns>,
    pub evidence: Vec<Evidence>,
}

macro_rules! said {
    ($en:literal, $ko:literal $(, $name:ident = $value:expr)* $(,)?) => {{
        $( #[allow(clippy::redundant_locals)] let $name = $value; )*
        Said { en: format!($en $(, $name = $name.en())*), ko: format!($ko $(, $name = $name.ko())*) }
    }};
}

mod causes;
mod data;
mod laws;
mod shares;

pub use data::{diagnosis_json, scan_json};

/// What may stand in a gap.
trait Gap {
    fn en(&self) -> String;
    fn ko(&self) -> String {
        self.en()
    }
}

impl Gap for String {
    fn en(&self) -> String {
        self.clone()
    }
}

impl Gap for Said {
    fn en(&self) -> String {
        self.en.clone()
    }
    fn ko(&self) -> String {
        self.ko.clone()
    }
}

impl Gap for Words {
    fn en(&self) -> String {
        self.en.to_owned()
    }
    fn ko(&self) -> String {
        self.ko.to_owned()
    }
}

fn percent(share: f64) -> String {
    let value = share * 100.0;
    if value > 0.0 && value < 1.0 { format!("{value:.1} %") } else { format!("{value:.0} %") }
}

fn number(value: f64) -> String {
    let decimals = if value.abs() >= 100.0 || value.fract() == 0.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else {
        2
    };
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    grouped(whole) + rest
}

fn seconds(at: Ns) -> String {
    let value = at as f64 / 1e9;
    if at.is_multiple_of(1_000_000_000) { format!("{value:.0} s") } else { format!("{value:.1} s") }
}

fn name(document: &Scenario, id: Id) -> Said {
    if let (Some(en), Some(ko)) = (document.called(id, Lang::En), document.called(id, Lang::Ko)) {
        return Said { en: en.to_owned(), ko: ko.to_owned() };
    }
    match document.edge(id) {
        Some(edge) => {
            said!(
                "{from} → {to}",
                "{from} → {to}",
                from = name(document, edge.from),
                to = name(document, edge.to)
            )
        }
        None => Said { en: format!("#{id}"), ko: format!("#{id}") },
    }
}

fn target_name(document: &Scenario, target: Target) -> Said {
    let whole = name(document, target.id);
    match target.instance {
        Some(instance) => said!("{whole} #{n}", "{whole} #{n}", whole = whole, n = instance.to_string()),
        None => whole,
    }
}

struct Teller<'a> {
    found: &'a Diagnosis,
    claims: Vec<Claim>,
}

/// The answer, in the order in which it is read.
pub fn claims(found: &Diagnosis) -> Vec<Claim> {
    let mut teller = Teller { found, claims: Vec::new() };
    teller.state();
    teller.cause();
    teller.course();
    teller.limit();
    teller.help();
    teller.shares();
    teller.theory();
    teller.claims
}

impl Teller<'_> {
    fn name(&self, id: Id) -> Said {
        name(&self.found.document, id)
    }

    fn say(
        &mut self,
        kind: &'static str,
        said: Said,
        about: Option<Id>,
        at: Option<Ns>,
        evidence: Vec<Evidence>,
    ) {
        self.claims.push(Claim { kind, said, about, at, evidence });
    }

    fn evidence(&self, metric: impl Into<String>, value: f64) -> Evidence {
        let stretch = &self.found.stretch;
        Evidence { metric: metric.into(), from: stretch.from, to: stretch.to, value, theory: None }
    }

    fn state(&mut self) {
        let found = self.found;
        let Health { issued, bad } = found.health;
        let said = if found.is_alarm() {
            said!(
                "{share} of the requests since {from} ({bad} of {all}) failed, came too late or are stuck.",
                "{from}부터 온 요청 중 {share}({all}건 중 {bad}건)가 실패했거나 너무 늦었거나 멈춰 있습니다.",
                share = percent(found.health.share()),
                from = seconds(found.from),
                bad = number(bad as f64),
                all = number(issued as f64),
            )
        } else {
            said!(
                "Nothing is wrong: of {all} requests since {from}, {bad} failed or came too late.",
                "문제가 없습니다. {from}부터 온 요청 {all}건 중 실패했거나 늦은 것은 {bad}건입니다.",
                all = number(issued as f64),
                from = seconds(found.from),
                bad = number(bad as f64),
            )
        };
        let mut evidence = self.evidence("1 - goodput_rps / issued", found.health.share());
        (evidence.from, evidence.to) = (found.from, found.to);
        let at = found.trouble.map(|(first, _)| first);
        self.say("state", said, None, at, vec![evidence]);
    }

    fn cause(&mut self) {
        let found = self.found;
        if !found.is_alarm() {
            return;
        }
        let Some(tried) = &found.cause else {
            let said = said!(
                "Nothing that was tried explains it: {n} changed copies of the run are as bad.",
                "원인을 찾지 못했습니다. 조건을 바꿔 본 실행 {n}개도 마찬가지로 나쁩니다.",
                n = found.tried.len().to_string(),
            );
            self.say("cause", said, None, None, Vec::new());
            return;
        };
        let (what, mut evidence) = self.of_cause(&tried.cause);
        let said = said!(
            "{what} Without it, the same run: {bad} instead of {now}.",
            "{what} 이것만 없앤 같은 실행에서는 {now}가 아니라 {bad}입니다.",
            what = what,
            bad = percent(tried.without.share()),
            now = percent(found.health.share()),
        );
        evidence.push(self.tried_evidence(tried));
        let at = match tried.cause {
            Cause::Fault { at, .. } => Some(at),
            _ => found.trouble.map(|(first, _)| first),
        };
        self.say("cause", said, Some(tried.cause.about()), at, evidence);
        if let Some(trigger) = &found.trigger {
            let (what, mut evidence) = self.of_cause(&trigger.cause);
            let said = said!(
                "{what} That started it and is over; what is named above keeps it alive.",
                "{what} 이것이 시작이었지만 이미 끝났습니다. 위의 원인이 장애를 이어 가고 있습니다.",
                what = what
            );
            evidence.push(self.tried_evidence(trigger));
            let at = if let Cause::Fault { at, .. } = trigger.cause { Some(at) } else { None };
            self.say("trigger", said, Some(trigger.cause.about()), at, evidence);
        }
    }

    fn tried_evidence(&self, tried: &Tried) -> Evidence {
        let (from, to) = (self.found.from, self.found.to);
        let metric = "1 - goodput_rps / issued (changed copy of the run)".to_owned();
        Evidence { metric, from, to, value: tried.without.share(), theory: None }
    }

    /// What failed first, and what it dragged along.
    fn course(&mut self) {
        let found = self.found;
        for (at, symptom) in found.symptoms.iter().take(8).enumerate() {
            let whom = self.name(symptom.part);
            let (when, value) = (seconds(symptom.at), number(symptom.value));
            let kind = found.document.part(symptom.part).map(|part| part.params.kind());
            let said = match symptom.kind {
                _ if kind == Some(Kind::Client) => said!(
                    "{when}: {value} requests a second of {whom} fail.",
                    "{when}: {whom} 요청 초당 {value}건 실패.",
                    when = when,
                    value = value,
                    whom = whom
                ),
                Ailment::Down => {
                    said!("{when}: {whom} is down.", "{when}: {whom} 중단.", when = when, whom = whom)
                }
                Ailment::Errors => said!(
                    "{when}: {whom} answers {value} calls a second with errors.",
                    "{when}: {whom} 오류 응답 초당 {value}건.",
                    when = when,
                    whom = whom,
                    value = value
                ),
                Ailment::Queue => said!(
                    "{when}: at {whom}, {value} calls wait.",
                    "{when}: {whom} 대기 {value}건.",
                    when = when,
                    whom = whom,
                    value = value
                ),
                Ailment::Full => said!(
                    "{when}: at {whom}, every worker is taken.",
                    "{when}: {whom} 모든 워커 사용 중.",
                    when = when,
                    whom = whom
                ),
            };
            let kind = if at == 0 { "first" } else { "dragged" };
            self.say(kind, said, Some(symptom.part), Some(symptom.at), Vec::new());
        }
    }

    /// The station that would be full first if everything grew.
    fn limit(&mut self) {
        let loads = self.found.stretch.report.components.iter().filter_map(|part| {
            let design = self.found.document.part(part.id)?;
            let workers = workers(&design.params)?;
            let busy = part.utilisation?;
            let room = f64::from(workers * design.count.max(1));
            // Its own work alone, and with what it holds a worker for while it waits for others.
            let own = part.throughput_rps * part.service.mean? / 1e3 / room;
            Some((busy, own, part.id, part.throughput_rps, workers))
        });
        let Some((busy, own, id, rate, workers)) =
            loads.max_by(|a, b| (a.0.max(a.1)).total_cmp(&b.0.max(b.1)))
        else {
            return;
        };
        let held = busy > own + 0.1;
        let whom = self.name(id);
        let most = rate / busy.max(1e-9);
        let said = if held {
            said!(
                "{whom} is the fullest: {busy} of its {workers} workers, most of that while it waits for others; {rate}/s pass.",
                "{whom}: 가장 붐비는 곳입니다. 워커 {workers}개의 {busy}가 차 있고 대부분 다른 응답을 기다리는 중입니다. 초당 {rate}건이 지나갑니다.",
                whom = whom,
                busy = percent(busy),
                workers = workers.to_string(),
                rate = number(rate)
            )
        } else {
            said!(
                "{whom} limits the system: {busy} of its {workers} workers busy at {rate}/s; about {most}/s is the most.",
                "{whom}: 시스템의 한계입니다. 초당 {rate}건에서 워커 {workers}개의 {busy}를 씁니다. 최대는 약 {most}/s입니다.",
                whom = whom,
                busy = percent(busy),
                workers = workers.to_string(),
                rate = number(rate),
                most = number(most)
            )
        };
        let evidence = vec![self.evidence(format!("components.{id}.utilisation"), busy)];
        self.say("limit", said, Some(id), None, evidence);
    }

    /// The changes that help most and that somebody could make: faults cannot be wished away.
    fn help(&mut self) {
        let found = self.found;
        let helps = found
            .tried
            .iter()
            .filter(|tried| !matches!(tried.cause, Cause::Fault { .. }) && found.benefit(tried) > 0.2);
        for tried in helps.take(3) {
            let change = self.change(&tried.cause);
            let said = said!(
                "{change}: {bad} instead of {now}.",
                "{change}: {now} → {bad}.",
                change = change,
                bad = percent(tried.without.share()),
                now = percent(found.health.share())
            );
            let evidence = vec![self.tried_evidence(tried)];
            self.say("help", said, Some(tried.cause.about()), None, evidence);
        }
    }
}

/// What became of the run when a part died.
pub fn damage_said(damage: &Damage, document: &Scenario) -> Said {
    let whom = target_name(document, damage.target);
    let (bad, settled) = (percent(damage.after.share()), percent(damage.settled.share()));
    if damage.is_single_point() {
        said!(
            "{whom} is a single point of failure: dead, {settled} of the requests fail for good.",
            "{whom}: 단일 장애점입니다. 죽으면 요청의 {settled}가 계속 실패합니다.",
            whom = whom,
            settled = settled
        )
    } else if damage.settled.share() - damage.before.share() > 0.01 {
        said!(
            "{whom}: dead, {bad} of the requests fail, {settled} for good.",
            "{whom}: 죽으면 요청의 {bad}가 실패하고, 이후에도 {settled}가 계속 실패합니다.",
            whom = whom,
            bad = bad,
            settled = settled
        )
    } else {
        said!(
            "{whom}: dead, {bad} of the requests fail until others have taken over.",
            "{whom}: 죽으면 다른 곳이 넘겨받을 때까지 요청의 {bad}가 실패합니다.",
            whom = whom,
            bad = bad
        )
    }
}

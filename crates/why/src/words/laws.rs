//! Measurements beside closed forms.

use brownout_sim::observe::ComponentReport;
use brownout_sim::param::Value;
use brownout_sim::system::Mode;

use super::{Gap, Said, Teller, number};
use crate::cause::{service_laws, workers};
use crate::theory;

impl Teller<'_> {
    /// Measurements beside closed forms, where one applies.
    pub(super) fn theory(&mut self) {
        let parts = self.found.stretch.report.components.clone();
        let mut busiest: Vec<_> =
            parts.iter().filter(|part| part.utilisation.is_some_and(|busy| busy > 0.05)).collect();
        brownout_sim::order::sort_by_key(&mut busiest, |part| {
            u64::MAX - (part.utilisation.unwrap_or(0.0) * 1e9) as u64
        });
        for part in busiest.into_iter().take(2) {
            self.wait_beside_theory(part);
            self.little(part);
        }
        self.closed_loop();
    }

    fn wait_beside_theory(&mut self, part: &ComponentReport) {
        let Some(design) = self.found.document.part(part.id) else { return };
        // One queue, first come, first served, and nobody else's answer awaited with a worker in hand.
        let holds =
            self.found.document.edges.iter().any(|edge| edge.from == part.id && edge.mode == Mode::Sync);
        let workers = workers(&design.params);
        let is_plain = design.params.word("order") == Some("fifo");
        let (Some(servers), Some(service), Some(wait)) = (workers, part.service.mean, part.wait.mean) else {
            return;
        };
        if holds
            || design.count > 1
            || !is_plain
            || self.found.is_alarm() && part.utilisation.is_some_and(|busy| busy > 0.98)
        {
            return;
        }
        let laws =
            service_laws(&design.params).into_iter().filter_map(|name| match design.params.named(name) {
                Some(Value::Law(law)) => theory::moments(&law),
                _ => None,
            });
        let Some((mean, scv)) = laws.into_iter().find(|(mean, _)| (mean - service).abs() < 0.05 * service)
        else {
            return;
        };
        let (expected, form) = if (scv - 1.0).abs() < 1e-9 {
            (theory::erlang_c_wait(part.offered_rps, mean / 1e3, servers), "Erlang C")
        } else if servers == 1 {
            (theory::pollaczek_khinchine_wait(part.offered_rps, mean / 1e3, scv), "Pollaczek-Khinchine")
        } else {
            return;
        };
        let Some(expected) = expected else { return };
        let expected = expected * 1e3;
        let said = said!(
            "{whom}: mean wait {wait} ms; {form} says {expected} ms for random arrivals.",
            "{whom}: 평균 대기 {wait} ms. 무작위 도착이라면 {form}: {expected} ms.",
            whom = self.name(part.id),
            wait = number(wait),
            form = form.to_owned(),
            expected = number(expected)
        );
        let mut evidence = self.evidence(format!("components.{}.wait_ms.mean", part.id), wait);
        evidence.theory = Some((expected, form));
        self.say("theory", said, Some(part.id), None, vec![evidence]);
    }

    fn little(&mut self, part: &ComponentReport) {
        let Some(design) = self.found.document.part(part.id) else { return };
        let workers = workers(&design.params).unwrap_or(0);
        let (Some(residence), Some(busy)) = (part.residence.mean, part.utilisation) else { return };
        if self.found.is_alarm() {
            return;
        }
        let inside = part.queue_mean + busy * f64::from(workers * design.count);
        let law = part.throughput_rps * residence / 1e3;
        let said = said!(
            "{whom}: {inside} calls inside on average; Little's law, rate times residence, says {law}.",
            "{whom}: 평균 {inside}건이 안에 있습니다. 리틀의 법칙(처리량 × 체류 시간)으로는 {law}건입니다.",
            whom = self.name(part.id),
            inside = number(inside),
            law = number(law)
        );
        let mut evidence = self.evidence(format!("components.{}.queue_mean + busy", part.id), inside);
        evidence.theory = Some((law, "Little"));
        self.say("theory", said, Some(part.id), None, vec![evidence]);
    }

    /// One population in a closed loop: what mean value analysis says of it.
    fn closed_loop(&mut self) {
        let found = self.found;
        let clients = || found.document.parts.iter().filter(|part| part.params.place("users").is_some());
        let (Some(client), None) = (clients().next(), clients().nth(1)) else { return };
        if client.params.word("arrival") != Some("closed") {
            return;
        }
        let think = match client.params.named("think_time") {
            Some(Value::Law(law)) => theory::moments(&law).map_or(0.0, |(mean, _)| mean / 1e3),
            _ => 0.0,
        };
        let rate = found.stretch.report.throughput_rps;
        let users = client.params.count("users").unwrap_or(0);
        let demands: Vec<(f64, u32)> = found
            .stretch
            .report
            .components
            .iter()
            .filter_map(|part| {
                let design = found.document.part(part.id)?;
                let workers = workers(&design.params)?;
                let visits = part.throughput_rps / rate.max(1e-9);
                Some((visits * part.service.mean? / 1e3, workers * design.count))
            })
            .collect();
        if rate <= 0.0 || demands.is_empty() || users == 0 {
            return;
        }
        let expected = theory::mva_throughput(&demands, think, users);
        let said = said!(
            "{users} users in a closed loop get {rate} answers a second; mean value analysis of the measured work says {expected}.",
            "사용자 {users}명의 닫힌 루프에서 초당 응답 {rate}건. 측정한 작업량으로 평균값 분석(MVA)을 하면 {expected}건입니다.",
            users = users.to_string(),
            rate = number(rate),
            expected = number(expected)
        );
        let mut evidence = self.evidence("throughput_rps", rate);
        evidence.theory = Some((expected, "MVA"));
        self.say("theory", said, Some(client.id), None, vec![evidence]);
    }
}

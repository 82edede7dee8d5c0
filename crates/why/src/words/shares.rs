//! Where the latency goes, by the spans of single requests.

use super::{Evidence, Gap, Said, Teller, number, percent};
use crate::cause::workers;
use crate::spent::{Share, What};

/// Smaller shares are not worth a sentence.
const LEAST: f64 = 0.1;

impl Teller<'_> {
    /// The largest shares of the mean latency, and where workers are held meanwhile.
    pub(super) fn shares(&mut self) {
        let spent = &self.found.spent;
        let (latency, requests) = (spent.latency_ms, spent.requests);
        let large: Vec<Share> =
            spent.shares.iter().copied().filter(|one| one.share >= LEAST).take(3).collect();
        for one in large {
            let said = self.share_said(one, latency);
            let word = match one.what {
                What::Wait => "waiting for a worker",
                What::Work => "work",
                What::Network => "network",
                What::Connection => "waiting for a connection",
                What::Backoff => "pause before a retry",
                What::Lost => "lost",
            };
            let metric = format!("spans of {requests} requests: {word}, mean ms");
            let evidence = vec![self.evidence(metric, one.mean_ms)];
            self.say("share", said, Some(one.about), None, evidence);
        }
        self.held();
    }

    fn share_said(&self, one: Share, latency: f64) -> Said {
        let whom = self.name(one.about);
        let (share, latency) = (percent(one.share), number(latency));
        macro_rules! of {
            ($en:literal, $ko:literal) => {
                said!($en, $ko, share = share, latency = latency, whom = whom)
            };
        }
        match one.what {
            What::Wait => of!(
                "{share} of the mean latency of {latency} ms is waiting for a worker at {whom}.",
                "평균 지연 {latency} ms의 {share}는 {whom}: 워커 대기입니다."
            ),
            What::Work => of!(
                "{share} of the mean latency of {latency} ms is work at {whom}.",
                "평균 지연 {latency} ms의 {share}는 {whom}: 처리입니다."
            ),
            What::Network => of!(
                "{share} of the mean latency of {latency} ms is the way there and back: {whom}.",
                "평균 지연 {latency} ms의 {share}는 {whom}: 네트워크를 오가는 시간입니다."
            ),
            What::Connection => of!(
                "{share} of the mean latency of {latency} ms is waiting for a connection: {whom}.",
                "평균 지연 {latency} ms의 {share}는 {whom}: 연결 대기입니다."
            ),
            What::Backoff => of!(
                "{share} of the mean latency of {latency} ms is the pause before a retry: {whom}.",
                "평균 지연 {latency} ms의 {share}는 {whom}: 재시도 전 대기입니다."
            ),
            What::Lost => of!(
                "{share} of the mean latency of {latency} ms is waiting for what was lost: {whom}.",
                "평균 지연 {latency} ms의 {share}는 {whom}: 유실된 메시지를 기다리는 시간입니다."
            ),
        }
    }

    /// Where a worker is held longest by a request that itself waits for others.
    fn held(&mut self) {
        let spent = &self.found.spent;
        let has_workers = |id: u32| {
            let part = self.found.document.part(id);
            part.is_some_and(|part| workers(&part.params).is_some())
        };
        let Some(&(id, held)) = spent.held.iter().find(|(id, _)| has_workers(*id)) else { return };
        if held < LEAST * spent.latency_ms {
            return;
        }
        let share = percent(held / spent.latency_ms.max(1e-9));
        let said = said!(
            "{whom}: a worker is held for {held} ms of each request while it only waits for others: {share} of the latency.",
            "{whom}: 요청마다 다른 응답을 기다리기만 하는 동안 워커 하나를 {held} ms 붙잡습니다. 지연의 {share}입니다.",
            whom = self.name(id),
            held = number(held),
            share = share
        );
        let metric = format!("spans of {} requests: held while waiting, mean ms", spent.requests);
        let evidence: Vec<Evidence> = vec![self.evidence(metric, held)];
        self.say("held", said, Some(id), None, evidence);
    }
}

//! Sentences on causes and on the changes that take them away.

use brownout_sim::observe::{ComponentReport, Outcome};
use brownout_sim::param::{Value, Words};
use brownout_sim::system::{Id, Verb};

use super::{Evidence, Gap, Said, Teller, number, percent, seconds, target_name};
use crate::cause::{Cause, workers};

impl Teller<'_> {
    fn of_part(&self, id: Id, what: &str, of: impl Fn(&ComponentReport) -> f64) -> (f64, Evidence) {
        let value = self.found.component(id).map_or(0.0, of);
        (value, self.evidence(format!("components.{id}.{what}"), value))
    }

    fn of_edge(
        &self,
        id: Id,
        what: &str,
        of: impl Fn(&brownout_sim::observe::EdgeReport) -> u64,
    ) -> (f64, Evidence) {
        let value = self.found.edge(id).map_or(0, of) as f64;
        (value, self.evidence(format!("edges.{id}.{what}"), value))
    }

    /// A sentence on a cause, with the numbers that it was suspected for.
    pub(super) fn of_cause(&self, cause: &Cause) -> (Said, Vec<Evidence>) {
        let (id, document) = (cause.about(), &self.found.document);
        let whom = self.name(id);
        let overloaded = |part: &ComponentReport| part.errors[Outcome::Overloaded as usize] as f64;
        let design = document.part(id);
        let edge = document.edge(id);
        match *cause {
            Cause::Fault { verb, target, at, until } => {
                let words = Verb::CHOICES[verb as usize].label;
                let whom = target_name(document, target);
                let at = seconds(at);
                let said = match until {
                    Some(end) if seconds(end) != at => said!(
                        "{whom}: {words} from {at} to {end}.",
                        "{whom}: {at}부터 {end}까지 {words}.",
                        whom = whom,
                        words = words,
                        at = at,
                        end = seconds(end)
                    ),
                    _ => said!(
                        "{whom}: {words} at {at}.",
                        "{whom}: {at}에 {words}.",
                        whom = whom,
                        words = words,
                        at = at
                    ),
                };
                (said, Vec::new())
            }
            Cause::Deploy(_) => (
                said!(
                    "{whom}: the new version it brings.",
                    "{whom}: 새로 배포한 버전이 원인입니다.",
                    whom = whom
                ),
                Vec::new(),
            ),
            Cause::RateLimit(_) => {
                let (refused, evidence) = self.of_part(id, "errors.overloaded", overloaded);
                let limit = design.and_then(|part| match part.params.named("limit_rps") {
                    Some(Value::Number(limit)) => Some(limit),
                    _ => None,
                });
                let (offered, rate) = self.of_part(id, "offered_rps", |part| part.offered_rps);
                (
                    said!(
                        "{whom}: its rate limit of {limit}/s refused {refused} calls; {offered}/s come.",
                        "{whom}: 속도 제한 {limit}/s 때문에 호출 {refused}건을 거부했습니다. 초당 {offered}건이 옵니다.",
                        whom = whom,
                        limit = number(limit.unwrap_or(0.0)),
                        refused = number(refused),
                        offered = number(offered)
                    ),
                    vec![evidence, rate],
                )
            }
            Cause::Shedding(_) => {
                let (refused, evidence) = self.of_part(id, "errors.overloaded", overloaded);
                (
                    said!(
                        "{whom}: it sheds load, {refused} calls.",
                        "{whom}: 부하 차단으로 호출 {refused}건을 거부했습니다.",
                        whom = whom,
                        refused = number(refused)
                    ),
                    vec![evidence],
                )
            }
            Cause::ShortQueue(_) => {
                let (refused, evidence) = self.of_part(id, "errors.overloaded", overloaded);
                let (most, queue) = self.of_part(id, "queue_max", |part| f64::from(part.queue_max));
                (
                    said!(
                        "{whom}: its queue has room for {most} and was full; {refused} calls were refused.",
                        "{whom}: 대기열이 {most}개로 가득 차 호출 {refused}건을 거부했습니다.",
                        whom = whom,
                        most = number(most),
                        refused = number(refused)
                    ),
                    vec![evidence, queue],
                )
            }
            Cause::Pool(_) | Cause::PatientPool(_) => {
                let (refused, evidence) = self
                    .of_edge(id, "failed.no_connection", |edge| edge.failed[Outcome::NoConnection as usize]);
                let size = edge.map_or(0, |edge| edge.policy.pool_size.0);
                (
                    said!(
                        "{whom}: {size} connections are too few; {refused} calls got none.",
                        "{whom}: 연결 {size}개로는 모자랍니다. 호출 {refused}건이 연결을 얻지 못했습니다.",
                        whom = whom,
                        size = size.to_string(),
                        refused = number(refused)
                    ),
                    vec![evidence],
                )
            }
            Cause::Retries(_) => {
                let (again, evidence) = self.of_edge(id, "retries", |edge| edge.retries + edge.hedges);
                let (all, issued) = self.of_edge(id, "issued", |edge| edge.issued);
                (
                    said!(
                        "{whom}: retries multiply the load; {again} of {all} calls are not the first attempt.",
                        "{whom}: 재시도가 부하를 늘립니다. 호출 {all}건 중 {again}건이 첫 시도가 아닙니다.",
                        whom = whom,
                        again = number(again),
                        all = number(all)
                    ),
                    vec![evidence, issued],
                )
            }
            Cause::Loss(_) => {
                let loss = edge.map_or(0.0, |edge| edge.net.loss.0);
                let (lost, evidence) = self.of_edge(id, "lost", |edge| edge.lost);
                (
                    said!(
                        "{whom}: the link loses {loss} of the messages; {lost} calls were lost.",
                        "{whom}: 링크에서 메시지의 {loss}가 유실됩니다. 호출 {lost}건이 사라졌습니다.",
                        whom = whom,
                        loss = percent(loss),
                        lost = number(lost)
                    ),
                    vec![evidence],
                )
            }
            Cause::Latency(_) => {
                let there = edge.map_or(0.0, |edge| edge.net.latency_ms.0);
                let value = self.found.edge(id).and_then(|edge| edge.latency.mean).unwrap_or(0.0);
                (
                    said!(
                        "{whom}: the link is slow, {there} ms one way.",
                        "{whom}: 링크가 느립니다. 편도 {there} ms입니다.",
                        whom = whom,
                        there = number(there)
                    ),
                    vec![self.evidence(format!("edges.{id}.latency_ms.mean"), value)],
                )
            }
            Cause::Bandwidth(_) => {
                let room = edge.map_or(0.0, |edge| edge.net.bandwidth_mbps.0);
                let used = self.found.edge(id).map_or(0.0, |edge| edge.request_mbps.max(edge.reply_mbps));
                (
                    said!(
                        "{whom}: the link carries {used} of {room} Mbit/s.",
                        "{whom}: 링크가 {room} Mbit/s 중 {used} Mbit/s를 나릅니다.",
                        whom = whom,
                        used = number(used),
                        room = number(room)
                    ),
                    vec![self.evidence(format!("edges.{id}.reply_mbps"), used)],
                )
            }
            Cause::Pauses(_) => {
                let (busy, evidence) =
                    self.of_part(id, "utilisation", |part| part.utilisation.unwrap_or(0.0));
                (
                    said!(
                        "{whom}: it stands still again and again (pauses); {busy} busy.",
                        "{whom}: 일시 정지가 되풀이됩니다. 사용률 {busy}.",
                        whom = whom,
                        busy = percent(busy)
                    ),
                    vec![evidence],
                )
            }
            Cause::Stampede(_) => {
                let of = |part: &ComponentReport| {
                    part.gauges
                        .iter()
                        .find(|gauge| gauge.name == "repeated_fetches")
                        .map_or(0.0, |gauge| gauge.value)
                };
                let (again, evidence) = self.of_part(id, "repeated_fetches", of);
                (
                    said!(
                        "{whom}: misses of one key are fetched many times over (a stampede), {again} fetches in vain.",
                        "{whom}: 같은 키를 여러 번 겹쳐 가져옵니다(캐시 스탬피드). 헛되이 가져온 것이 {again}건입니다.",
                        whom = whom,
                        again = number(again)
                    ),
                    vec![evidence],
                )
            }
            Cause::Capacity(_) | Cause::LongQueue(_) => {
                let (busy, evidence) =
                    self.of_part(id, "utilisation", |part| part.utilisation.unwrap_or(0.0));
                let (offered, rate) = self.of_part(id, "offered_rps", |part| part.offered_rps);
                let (queue, waiting) = self.of_part(id, "queue_mean", |part| part.queue_mean);
                let workers = design.and_then(|part| workers(&part.params)).unwrap_or(1);
                (
                    said!(
                        "{whom}: overloaded; {busy} of {workers} workers busy, {offered}/s come, {queue} wait.",
                        "{whom}: 과부하입니다. 워커 {workers}개의 사용률 {busy}, 초당 {offered}건이 오고 {queue}건이 기다립니다.",
                        whom = whom,
                        busy = percent(busy),
                        workers = workers.to_string(),
                        offered = number(offered),
                        queue = number(queue)
                    ),
                    vec![evidence, rate, waiting],
                )
            }
            Cause::Cores(_) => (
                said!(
                    "{whom}: too few cores for the software on it.",
                    "{whom}: 코어가 모자랍니다.",
                    whom = whom
                ),
                Vec::new(),
            ),
            Cause::Slow(_) => {
                let (service, evidence) =
                    self.of_part(id, "service_ms.mean", |part| part.service.mean.unwrap_or(0.0));
                (
                    said!(
                        "{whom}: its own work takes {service} ms, waiting or not.",
                        "{whom}: 기다림 없이도 처리에 {service} ms가 걸립니다.",
                        whom = whom,
                        service = number(service)
                    ),
                    vec![evidence],
                )
            }
            Cause::States(_) => (
                said!(
                    "{whom}: its connection table is full.",
                    "{whom}: 연결 테이블이 가득 찼습니다.",
                    whom = whom
                ),
                Vec::new(),
            ),
            Cause::SmallCache(_) => {
                let of = |part: &ComponentReport| {
                    part.gauges
                        .iter()
                        .find(|gauge| gauge.name == "hit_ratio")
                        .map_or(0.0, |gauge| gauge.value)
                };
                let (hits, evidence) = self.of_part(id, "hit_ratio", of);
                (
                    said!(
                        "{whom}: too small for what is asked; {hits} hits.",
                        "{whom}: 요청에 비해 작습니다. 적중률 {hits}.",
                        whom = whom,
                        hits = percent(hits)
                    ),
                    vec![evidence],
                )
            }
            Cause::Breaker(_) => {
                let (open, evidence) = self
                    .of_edge(id, "failed.circuit_open", |edge| edge.failed[Outcome::CircuitOpen as usize]);
                (
                    said!(
                        "{whom}: the circuit breaker held back {open} calls.",
                        "{whom}: 서킷 브레이커가 호출 {open}건을 막았습니다.",
                        whom = whom,
                        open = number(open)
                    ),
                    vec![evidence],
                )
            }
            Cause::Throttle(_) => (
                said!(
                    "{whom}: the caller holds calls back.",
                    "{whom}: 호출자가 호출을 스스로 막습니다.",
                    whom = whom
                ),
                Vec::new(),
            ),
            Cause::Timeout(_) => {
                let (late, evidence) =
                    self.of_edge(id, "failed.timed_out", |edge| edge.failed[Outcome::TimedOut as usize]);
                let patience = edge.map_or(0.0, |edge| edge.policy.timeout_ms.0);
                (
                    said!(
                        "{whom}: {late} calls were given up after {patience} ms.",
                        "{whom}: 호출 {late}건을 {patience} ms 만에 포기했습니다.",
                        whom = whom,
                        late = number(late),
                        patience = number(patience)
                    ),
                    vec![evidence],
                )
            }
            Cause::Ejection(_) => (
                said!(
                    "{whom}: it goes on sending to targets that fail.",
                    "{whom}: 실패하는 대상에도 계속 보냅니다.",
                    whom = whom
                ),
                Vec::new(),
            ),
        }
    }

    pub(super) fn change(&self, cause: &Cause) -> Said {
        let id = cause.about();
        let whom = self.name(id);
        let design = self.found.document.part(id);
        let words = match cause {
            Cause::Fault { .. } => Words::new("without the fault", "장애 없이"),
            Cause::Deploy(_) => Words::new("without the deployment", "배포하지 않기"),
            Cause::RateLimit(_) => Words::new("without its rate limit", "속도 제한 없애기"),
            Cause::Shedding(_) => Words::new("without load shedding", "부하 차단 없애기"),
            Cause::ShortQueue(_) => Words::new("a queue twenty times as long", "대기열을 20배로"),
            Cause::Pool(_) => Words::new("as many connections as it asks for", "연결 수 제한 없애기"),
            Cause::PatientPool(_) => {
                Words::new("at most 10 wait for a connection, 50 ms", "연결 대기를 10개, 50 ms로 제한")
            }
            Cause::Retries(_) => Words::new("no retries anywhere", "모든 재시도 없애기"),
            Cause::Loss(_) => Words::new("a link that loses nothing", "유실 없는 링크"),
            Cause::Latency(_) => Words::new("a link of half a millisecond", "0.5 ms 링크"),
            Cause::Bandwidth(_) => Words::new("no limit of bandwidth", "대역폭 제한 없애기"),
            Cause::Pauses(_) => Words::new("no pauses", "일시 정지 없애기"),
            Cause::Stampede(_) => {
                Words::new("one fetch for each key (coalescing)", "키마다 한 번만 가져오기(병합)")
            }
            Cause::Capacity(_) => {
                let workers = design.and_then(|part| workers(&part.params)).unwrap_or(1);
                let (more, now) = (workers.saturating_mul(4).to_string(), workers.to_string());
                return said!(
                    "{whom}: {more} workers instead of {now}",
                    "{whom}: 워커 {now}개 → {more}개",
                    whom = whom,
                    more = more,
                    now = now
                );
            }
            Cause::Cores(_) => Words::new("four times the cores", "코어를 4배로"),
            Cause::Slow(_) => Words::new("work in a quarter of the time", "처리 시간을 4분의 1로"),
            Cause::States(_) => Words::new("a larger connection table", "더 큰 연결 테이블"),
            Cause::SmallCache(_) => Words::new("twenty times the room", "용량을 20배로"),
            Cause::Breaker(_) => Words::new("no circuit breaker", "서킷 브레이커 없애기"),
            Cause::Throttle(_) => Words::new("no throttling", "스로틀 없애기"),
            Cause::Timeout(_) => Words::new("five times the timeout", "타임아웃을 5배로"),
            Cause::LongQueue(_) => Words::new(
                "a short queue, so that who gets in is in time",
                "들어간 요청은 제때 처리되도록 짧은 대기열",
            ),
            Cause::Ejection(_) => {
                Words::new("ejection of targets after 5 failures in a row", "5번 연속 실패한 대상 제외")
            }
        };
        said!("{whom}: {words}", "{whom}: {words}", whom = whom, words = words)
    }
}

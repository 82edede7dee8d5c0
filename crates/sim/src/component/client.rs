//! The user population: where requests come from and where their answers are counted.

use super::plan::proceed;
use super::spec::{Component, Group, NewEdge, TypeSpec};
use crate::engine::{Build, Cx, FrameId, Next, Ns, PASS, Pc, Sampler, Stream, mix64};
use crate::observe::{Class, Outcome};
use crate::param::{Law, ParamSet, Words};
use crate::params;
use crate::system::{EdgeKind, Mode, Verb};

params! {
    /// What a user population is set to.
    pub struct Params {
        rate_rps: Rate = Rate(50.0), [0, 10_000_000], key "r", since 1,
            en "Request rate" "Requests per second, at random moments: many users who do not know of each other (a Poisson process).",
            ko "요청률" "초당 요청 수입니다. 서로 모르는 많은 사용자가 무작위 시점에 보냅니다(포아송 과정).";
        static_share: Share = Share(0.5), [0, 1], key "ss", since 1,
            en "Static share" "Share of requests for files (images, scripts), which a web server answers alone.",
            ko "정적 요청 비율" "웹 서버가 혼자 처리하는 파일(이미지, 스크립트) 요청의 비율입니다.";
        read_share: Share = Share(0.9), [0, 1], key "rs", since 1,
            en "Read share" "Share of reads among the requests that are not static; the rest are writes.",
            ko "읽기 비율" "정적이 아닌 요청 중 읽기의 비율입니다. 나머지는 쓰기입니다.";
        deadline_ms: Millis = Millis(0.0), [0, 3_600_000], key "dl", since 1,
            en "Deadline" "An answer counts as goodput only within this time. 0 takes the timeout of the edge.",
            ko "마감 시간" "이 시간 안에 온 응답만 유효 처리량(goodput)으로 셉니다. 0이면 연결의 타임아웃을 따릅니다.";
    }
}

const ARRIVALS: u32 = 1;
const CLASSES: u32 = 2;

const BEGIN: Pc = 0;
const ANSWERED: Pc = 1;
const ARRIVE: Pc = 2;

/// A running user population.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// Time between two requests; nothing at a rate of zero.
    gap: Option<Sampler>,
    rate: f64,
    static_share: f64,
    read_share: f64,
    arrivals: Stream,
    classes: Stream,
    sources: Vec<Source>,
}

/// One instance's stream of requests.
#[derive(Clone, Copy, Debug)]
struct Source {
    /// The process that issues them; none while the instance is dead.
    process: FrameId,
    /// The number of the next request, which counts on through deaths and edits.
    ordinal: u64,
    next: Ns,
}

impl Client {
    fn set(&mut self, params: &Params) {
        self.rate = params.rate_rps.0;
        self.gap = (self.rate > 0.0).then(|| Sampler::new(&Law::Exponential { mean_ms: 1e3 / self.rate }));
        self.static_share = params.static_share.0;
        self.read_share = params.read_share.0;
    }

    /// Names a request by instance and ordinal, in the space of this client's streams.
    fn key(number: usize, ordinal: u64) -> u64 {
        mix64(((number as u64) << 48) ^ ordinal)
    }

    fn draw_gap(&self, number: usize, ordinal: u64) -> Ns {
        match &self.gap {
            Some(gap) => gap.draw(&mut self.arrivals.at(Self::key(number, ordinal))),
            None => Ns::MAX,
        }
    }

    fn class(&self, key: u64) -> Class {
        let mut draws = self.classes.at(key);
        if draws.chance(self.static_share) {
            Class::Static
        } else if draws.chance(self.read_share) {
            Class::Read
        } else {
            Class::Write
        }
    }

    fn arrive(&mut self, cx: &mut Cx<'_>) -> Next {
        let number = cx.number();
        let ordinal = self.sources[number].ordinal;
        let key = Self::key(number, ordinal);
        let class = self.class(key);
        // The client's id is mixed in, so that no two clients' requests demand the same of a shared part.
        let id = cx.core.parts[cx.part() as usize].id;
        cx.issue(mix64(key ^ (u64::from(id) << 32)), class);
        let time = self.draw_gap(number, ordinal + 1);
        let source = &mut self.sources[number];
        source.ordinal = ordinal + 1;
        source.next = cx.core.now.saturating_add(time);
        Next::Sleep { time, then: ARRIVE }
    }
}

impl Component for Client {
    const SPEC: TypeSpec = TypeSpec {
        name: "client",
        label: Words::new("User population", "사용자 집단"),
        help: Words::new(
            "Many users who send requests and wait for answers. Everything the lab measures is measured here.",
            "요청을 보내고 응답을 기다리는 많은 사용자입니다. 모든 측정의 기준이 됩니다.",
        ),
        group: Group::PeopleAndNames,
        icon: "user",
        params: Params::SPECS,
        offers: &[EdgeKind::Calls],
        accepts: &[],
        faults: &[Verb::Kill],
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 20.0, timeout_ms: 5_000.0 },
        chooses: false,
        gauges: &[],
    };
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        build.workloads();
        build.deadline(params.deadline_ms.ns());
        let mut client = Self {
            gap: None,
            rate: 0.0,
            static_share: 0.0,
            read_share: 0.0,
            arrivals: build.stream(ARRIVALS),
            classes: build.stream(CLASSES),
            sources: Vec::new(),
        };
        client.set(params);
        client
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            BEGIN if !cx.has_calls() => Next::Reply(Outcome::NoTarget),
            BEGIN => proceed(cx, ANSWERED, PASS),
            ANSWERED if cx.outcome().is_ok() => proceed(cx, ANSWERED, PASS),
            ANSWERED => Next::Reply(cx.outcome()),
            _ => self.arrive(cx),
        }
    }

    /// A new rate holds from now on: what is left of the present gap is stretched or shortened with it,
    /// which for a memoryless gap is exact.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        build.deadline(params.deadline_ms.ns());
        let before = self.rate;
        self.set(params);
        if before == self.rate {
            return;
        }
        let now = build.core.now;
        for number in 0..self.sources.len() {
            let source = self.sources[number];
            if source.process.is_none() {
                continue;
            }
            let left = if self.gap.is_none() {
                Ns::MAX
            } else if source.next == Ns::MAX || before == 0.0 {
                self.draw_gap(number, source.ordinal)
            } else {
                ((source.next - now) as f64 * (before / self.rate)) as Ns
            };
            let next = now.saturating_add(left);
            self.sources[number].next = next;
            build.core.reschedule(source.process, next);
        }
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        let number = cx.number();
        if self.sources.len() <= number {
            self.sources.resize(number + 1, Source { process: FrameId::NONE, ordinal: 0, next: 0 });
        }
        let gap = self.draw_gap(number, self.sources[number].ordinal);
        self.sources[number].next = cx.core.now.saturating_add(gap);
        self.sources[number].process = cx.start_process(gap, ARRIVE, 0).unwrap_or(FrameId::NONE);
    }

    fn killed(&mut self, cx: &mut Cx<'_>) {
        let number = cx.number();
        self.sources[number].process = FrameId::NONE;
    }
}

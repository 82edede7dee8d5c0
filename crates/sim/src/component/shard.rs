//! The shard router: every key has one of the databases behind it, and some questions need all of them.
//!
//! With another shard keys move: each is read where it was and written where it will be, by calls that the databases
//! serve beside those of visitors. Until then it is asked for where it was.

mod moving;

use super::lb::unevenness;
use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use crate::engine::{Build, Core, Cx, DONE, FrameId, Next, Ns, Pc, RELAY, SECOND, Sampler, Stream};
use crate::network::EdgeSlot;
use crate::observe::{Class, Outcome};
use crate::param::{ParamSet, Words};
use crate::resource::{Pages, Ring, StationShape, hash_of};
use crate::system::{EdgeKind, Mode, Verb};
use crate::{choices, params};

choices! {
    /// Which shard has a key.
    pub enum Sharding {
        /// D. Karger et al.: Consistent hashing and random trees, STOC 1997.
        Ring = "ring", en "hash on a ring", ko "해시 링";
        Modulo = "modulo", en "hash modulo shards", ko "해시를 샤드 수로 나눈 나머지";
        /// Neighbours stay together, and so do keys that are asked for together.
        Range = "range", en "range of keys", ko "키 범위";
        /// A table says it; whoever has the fewest keys gets the next new one.
        Directory = "directory", en "directory", ko "디렉터리";
    }
}

params! {
    /// What a shard router is set to.
    pub struct Params costs 0.05 {
        by: Sharding = Sharding::Ring, [], key "by", since 1,
            en "Shards by" "Which shard has a key. Each connection leads to one shard; on the ring one with a larger weight has more.",
            ko "샤딩 방식" "어느 샤드가 키를 맡는지 정합니다. 연결 하나가 샤드 하나이며, 링에서는 가중치가 클수록 많이 맡습니다.";
        places: Count = Count(128), [1, 10_000], key "pc", since 1,
            en "Places on the ring" "So many places has each shard, of the largest weight. With more, shares are more even.",
            ko "링의 자리 수" "가중치가 가장 큰 샤드 하나가 링에서 차지하는 자리(가상 노드) 수입니다. 많을수록 몫이 고릅니다.",
            when by in ["ring"];
        keys: Count = Count(10_000), [1, 1_000_000], key "ke", since 1,
            en "Keys" "Keys that there are: those that ranges divide, and that move when shards come or go.",
            ko "키 개수" "나눌 키의 수입니다. 범위를 나누는 기준이고, 샤드가 늘거나 줄 때 옮기는 대상입니다.";
        route_time: Law = Law::Constant { ms: 0.2 }, [0, 3_600_000], key "rt", since 1,
            en "Routing time" "Time that a worker takes to find the shard of a call.",
            ko "라우팅 시간" "호출의 샤드를 찾는 데 워커가 쓰는 시간입니다.";
        workers: Count = Count(16), [1, 10_000], key "w", since 1,
            en "Workers" "Calls that are routed at the same time. Nobody holds one while a shard works.",
            ko "워커" "동시에 라우팅하는 호출 수입니다. 샤드가 일하는 동안에는 점유하지 않습니다.";
        backlog: Count = Count(1_000), [0, 10_000_000], key "b", since 1,
            en "Backlog" "Calls that may wait to be routed; the next is refused.",
            ko "백로그" "라우팅을 기다릴 수 있는 호출 수입니다. 넘치면 거부합니다.";
        scatter_share: Share = Share(0.0), [0, 1], key "ss", since 1,
            en "Scatter and gather" "Share of reads that ask all shards at once and wait for the slowest.",
            ko "전체 조회 비율" "모든 샤드에 한꺼번에 묻고 가장 느린 응답을 기다리는 읽기의 비율입니다.";
        move_rps: Rate = Rate(1_000.0), [0, 1_000_000], key "mr", since 1,
            en "Keys moved per second" "At most so many keys a second move when shards come or go, each by a read and a write. 0 moves all at once and without traffic.",
            ko "초당 이동 키" "샤드가 늘거나 줄 때 초당 옮기는 최대 키 수이며, 키마다 읽기와 쓰기를 한 번씩 합니다. 0이면 트래픽 없이 한꺼번에 옮깁니다.";
        joins_s: Seconds = Seconds(0.0), [0, 315_576_000], key "js", since 1,
            en "Last shard joins at" "Until this time of the run the last connection has no keys; then they are shared out anew. 0 has it from the start.",
            ko "마지막 샤드 합류 시각" "실행의 이 시각까지 마지막 연결은 키를 맡지 않고, 그때 키를 다시 나눕니다. 0이면 처음부터 맡습니다.";
    }
}

const START: Pc = 0;
const ROUTE: Pc = 1;
const MOVE: Pc = 2;
const MOVE_READ: Pc = 3;
const MOVED: Pc = 4;
const JOIN: Pc = 5;
const TIMES: u32 = 1;
const SCATTER: u32 = 2;

/// Nobody has it yet; of a directory only.
const NOBODY: u16 = 0;

/// Which shard has a key, at one time.
#[derive(Clone, Debug, Default)]
struct Map {
    /// The edges, by name (their ids), with their weights.
    shards: Vec<(EdgeSlot, u64, f64)>,
    ring: Option<std::sync::Arc<Ring>>,
}

/// A running shard router. All its instances have the same map.
#[derive(Clone, Debug)]
pub(crate) struct Shard {
    part: u32,
    by: Sharding,
    places: u32,
    keys: u32,
    route_time: Sampler,
    times: Stream,
    scatter_share: f64,
    scatter: Stream,
    /// From one moved key to the next; 0 is no time at all.
    every: Ns,
    /// When the last shard joins the others, and whether somebody waits for that.
    joins: Ns,
    awaits_join: bool,
    now: Map,
    /// What was before, while keys move: those from this one on are still there.
    before: Option<(Map, u32)>,
    /// Of a directory, the id of the edge that has a key, by its place in `known`, from 1 on.
    directory: Pages<u16>,
    known: Vec<(u64, u32)>,
    mover: FrameId,
    moved: u64,
    moved_share: f64,
    scattered: u64,
    /// How many of the sampled keys each shard has; of a directory, what it says.
    shares: Vec<f64>,
    /// Calls by the place of the shard.
    calls: Vec<u64>,
}

impl Shard {
    fn set(&mut self, params: &Params, build: &mut Build<'_>) {
        build.stations(&[StationShape::plain(params.workers.0, params.backlog.0)]);
        build.reads_keys();
        self.route_time = Sampler::new(&params.route_time);
        self.scatter_share = params.scatter_share.0;
        self.joins = params.joins_s.ns();
        self.every = if params.move_rps.0 > 0.0 { (SECOND as f64 / params.move_rps.0) as Ns } else { 0 };
        let is_other = (self.by, self.places, self.keys) != (params.by, params.places.0, params.keys.0);
        (self.by, self.places, self.keys) = (params.by, params.places.0, params.keys.0);
        if is_other {
            // Another rule is another map; keys find their places at the next edit of the edges.
            self.now.ring = None;
            self.arrange(build.core);
        }
    }

    /// Makes the ring of the present shards.
    fn arrange(&mut self, core: &Core) {
        let named: Vec<(u64, f64)> =
            self.now.shards.iter().map(|(_, name, weight)| (*name, *weight)).collect();
        let salt = core.seed ^ u64::from(core.parts[self.part as usize].id);
        let is_ring = self.by == Sharding::Ring && !named.is_empty();
        self.now.ring = is_ring.then(|| std::sync::Arc::new(Ring::of_targets(salt, &named, self.places)));
        self.shares = vec![0.0; self.now.shards.len()];
        if self.by != Sharding::Directory {
            for key in self.sample() {
                if let Some(at) = self.place(&self.now, key) {
                    self.shares[at] += 1.0;
                }
            }
        }
    }

    /// All keys or, where there are very many, every few: enough to see shares by.
    fn sample(&self) -> impl Iterator<Item = u32> + use<> {
        const MOST: u32 = 100_000;
        (0..self.keys).step_by(self.keys.div_ceil(MOST) as usize)
    }

    /// The place of the shard that has a key by a map; none where there is no shard.
    fn place(&self, map: &Map, key: u32) -> Option<usize> {
        let count = map.shards.len();
        if count == 0 {
            return None;
        }
        let hash = hash_of(key);
        Some(match (self.by, &map.ring) {
            (Sharding::Ring, Some(ring)) => ring.of(hash) as usize,
            (Sharding::Range, _) => {
                let at = u64::from(key.min(self.keys - 1)) * count as u64 / u64::from(self.keys);
                (at as usize).min(count - 1)
            }
            (Sharding::Directory, _) => {
                let known = self.directory.get(key);
                let name = self.known.get(usize::from(known).wrapping_sub(1)).map(|(name, _)| *name);
                let its = name.and_then(|name| map.shards.iter().position(|(_, other, _)| *other == name));
                its.unwrap_or_else(|| self.emptiest(map))
            }
            _ => (hash % count as u64) as usize,
        })
    }

    /// The shard that the directory has the fewest keys for.
    fn emptiest(&self, map: &Map) -> usize {
        let has =
            |name: u64| self.known.iter().find(|(other, _)| *other == name).map_or(0, |(_, keys)| *keys);
        let all = map.shards.iter().enumerate();
        all.min_by_key(|(at, (_, name, _))| (has(*name), *at)).map_or(0, |(at, _)| at)
    }

    /// The shard that a key is asked for at now.
    fn owner(&mut self, core: &Core, key: u32) -> Option<EdgeSlot> {
        if let Some((before, from)) = &self.before
            && key >= *from
            && key < self.keys
            && let Some(at) = self.place(before, key)
            && !core.edge(before.shards[at].0).removed
        {
            let edge = before.shards[at].0;
            self.count(edge);
            return Some(edge);
        }
        let at = self.place(&self.now, key)?;
        if self.by == Sharding::Directory {
            self.write_down(key, at);
        }
        if let Some(calls) = self.calls.get_mut(at) {
            *calls += 1;
        }
        Some(self.now.shards[at].0)
    }

    fn count(&mut self, edge: EdgeSlot) {
        if let Some(at) = self.now.shards.iter().position(|(other, ..)| *other == edge) {
            self.calls[at] += 1;
        }
    }

    /// The directory has this key at this shard from now on.
    fn write_down(&mut self, key: u32, at: usize) {
        let name = self.now.shards[at].1;
        let index = self.known.iter().position(|(other, _)| *other == name).unwrap_or_else(|| {
            self.known.push((name, 0));
            self.known.len() - 1
        });
        let place = self.directory.at(key);
        let before = std::mem::replace(place, index as u16 + 1);
        if before != index as u16 + 1 {
            if before != NOBODY {
                self.known[usize::from(before) - 1].1 -= 1;
            }
            self.known[index].1 += 1;
        }
    }

    fn route(&mut self, cx: &mut Cx<'_>) -> Next {
        let scatters = self.scatter_share > 0.0
            && cx.class() == Class::Read
            && cx.draws(self.scatter).chance(self.scatter_share);
        if scatters {
            return self.ask_all(cx);
        }
        let key = cx.core.data_key(cx.frame);
        let Some(edge) = self.owner(cx.core, key) else { return Next::Reply(Outcome::NoTarget) };
        match cx.core.edge(edge).mode {
            Mode::Forward => Next::Forward { edge },
            Mode::Sync => {
                cx.core.release(cx.frame);
                Next::Call { edge, then: RELAY }
            }
            Mode::Async => {
                cx.core.cast(cx.frame, edge, None);
                Next::Reply(Outcome::Ok)
            }
        }
    }

    /// Asks all shards at once; the answer needs all of theirs.
    fn ask_all(&mut self, cx: &mut Cx<'_>) -> Next {
        cx.core.release(cx.frame);
        self.scattered += 1;
        let count = (self.now.shards.len() as u32).min(crate::engine::MOST_BRANCHES);
        if count == 0 {
            return Next::Reply(Outcome::NoTarget);
        }
        let Some(join) = cx.core.open_join(cx.frame, RELAY, count) else {
            return Next::Reply(Outcome::Upstream);
        };
        for at in 0..count as usize {
            cx.frame().cursor = at as u16;
            cx.core.branch_off(join, self.now.shards[at].0);
        }
        cx.core.need_all(join);
        Next::Await { then: RELAY }
    }
}

impl Component for Shard {
    const SPEC: TypeSpec = TypeSpec {
        name: "shard",
        label: Words::new("Shard router", "샤드 라우터"),
        help: Words::new(
            "Sends each call to the shard that has its key, and moves keys when shards come or go. A connection with the weight 0 is emptied.",
            "각 호출을 키를 맡은 샤드로 보내고, 샤드가 늘거나 줄면 키를 옮깁니다. 가중치가 0인 연결은 비워집니다.",
        ),
        group: Group::Data,
        icon: "shard",
        params: Params::SPECS,
        offers: &[EdgeKind::Calls],
        accepts: &[EdgeKind::Calls, EdgeKind::Watches],
        faults: &[Verb::Kill, Verb::Pause, Verb::Slow],
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 0.5, timeout_ms: 1_000.0 },
        chooses: true,
        sources: &[
            "D. Karger et al., \"Consistent Hashing and Random Trees\", STOC 1997",
            "D. J. DeWitt, J. Gray, \"Parallel Database Systems\", Communications of the ACM 35(6), 1992: hash, range and directory partitioning",
        ],
        gauges: &[
            GaugeKind { name: "shards", label: Words::new("Shards", "샤드 수") },
            GaugeKind {
                name: "largest_share", label: Words::new("Largest share of keys", "가장 큰 키 몫")
            },
            GaugeKind {
                name: "share_cv", label: Words::new("Unevenness of shares (cv)", "몫의 불균형(cv)")
            },
            GaugeKind {
                name: "largest_load",
                label: Words::new("Largest share of calls", "가장 큰 호출 몫"),
            },
            GaugeKind {
                name: "moved_share",
                label: Words::new("Keys moved by the last change", "마지막 변경으로 옮겨진 키"),
            },
            GaugeKind { name: "moved_keys", label: Words::new("Moved keys", "옮긴 키") },
            GaugeKind { name: "moving", label: Words::new("Keys still to look at", "아직 볼 키") },
            GaugeKind { name: "scattered", label: Words::new("Asked all shards", "전체 조회") },
        ],
    };
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        let mut shard = Self {
            part: build.part,
            by: params.by,
            places: params.places.0,
            keys: params.keys.0,
            route_time: Sampler::new(&params.route_time),
            times: build.stream(TIMES),
            scatter_share: 0.0,
            scatter: build.stream(SCATTER),
            every: 0,
            joins: 0,
            awaits_join: false,
            now: Map::default(),
            before: None,
            directory: Pages::default(),
            known: Vec::new(),
            mover: FrameId::NONE,
            moved: 0,
            moved_share: 0.0,
            scattered: 0,
            shares: Vec::new(),
            calls: Vec::new(),
        };
        shard.set(params, build);
        shard
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            START if cx.class() == Class::Probe => Next::Acquire { slot: 0, then: DONE },
            START => {
                let time = self.route_time.draw(&mut cx.draws(self.times));
                Next::Visit { slot: 0, time, then: ROUTE }
            }
            ROUTE => self.route(cx),
            MOVE => self.move_next(cx),
            MOVE_READ if cx.outcome().is_ok() => self.write_moved(cx),
            MOVED | MOVE_READ => self.key_moved(cx),
            JOIN => {
                self.awaits_join = false;
                self.reshard(cx);
                Next::Reply(Outcome::Ok)
            }
            _ => Next::Reply(Outcome::Ok),
        }
    }

    /// Another rule holds at once; keys that are under way arrive where they were going.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        self.set(params, build);
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        // What was edited while all were down holds from now on; and whoever comes up goes on with what another left.
        self.reshard(cx);
        if let Some(wait) = self.joins.checked_sub(cx.core.now).filter(|wait| *wait > 0)
            && !self.awaits_join
        {
            self.awaits_join = cx.start_process(wait, JOIN, 0).is_some();
        }
        if self.before.is_some() && self.mover.is_none() {
            self.mover = cx.start_process(0, MOVE, 0).unwrap_or(FrameId::NONE);
        }
    }

    fn rewired(&mut self, cx: &mut Cx<'_>) {
        self.reshard(cx);
    }

    fn killed(&mut self, cx: &mut Cx<'_>) {
        // Whoever waited for the last shard is perhaps among the dead; whoever starts waits anew, and joining twice is
        // joining once.
        self.awaits_join = false;
        let is_here = !self.mover.is_none() && !cx.core.moves_keys(self.mover, self.part);
        if is_here {
            self.mover = FrameId::NONE;
            let all = cx.core.parts[self.part as usize].instances.clone();
            if let Some(other) = all.into_iter().find(|other| cx.core.is_up(*other)) {
                let mut cx = cx.again();
                cx.instance = other;
                self.started(&mut cx);
            }
        }
    }

    fn bytes(&self) -> usize {
        let shards = |map: &Map| {
            map.shards.capacity() * size_of::<(EdgeSlot, u64, f64)>()
                + map.ring.as_ref().map_or(0, |ring| ring.bytes())
        };
        self.directory.bytes()
            + self.known.capacity() * size_of::<(u64, u32)>()
            + self.calls.capacity() * size_of::<u64>()
            + self.shares.capacity() * size_of::<f64>()
            + shards(&self.now)
            + self.before.as_ref().map_or(0, |(map, _)| shards(map))
    }

    fn gauges(&self, _core: &Core, out: &mut Vec<Gauge>) {
        let shares = match self.by {
            Sharding::Directory => {
                let has = |name: u64| self.known.iter().find(|(other, _)| *other == name);
                let keys = |(_, name, _): &(EdgeSlot, u64, f64)| {
                    has(*name).map_or(0.0, |(_, keys)| f64::from(*keys))
                };
                self.now.shards.iter().map(keys).collect()
            }
            _ => self.shares.clone(),
        };
        let all: f64 = shares.iter().sum::<f64>().max(1.0);
        let (largest, cv) = unevenness(&shares);
        let calls: u64 = self.calls.iter().sum();
        let busiest = self.calls.iter().max().map_or(0.0, |most| *most as f64 / calls.max(1) as f64);
        let moving = self.before.as_ref().map_or(0, |(_, from)| self.keys - from.min(&self.keys));
        let mut gauge = |name, value| out.push(Gauge { name, value });
        gauge("shards", self.now.shards.len() as f64);
        gauge("largest_share", largest / all);
        gauge("share_cv", cv);
        gauge("largest_load", busiest);
        gauge("moved_share", self.moved_share);
        gauge("moved_keys", self.moved as f64);
        gauge("moving", f64::from(moving));
        gauge("scattered", self.scattered as f64);
    }
}

//! Systems of varied shape, healthy or with one planted cause.
//!
//! Nothing here knows how causes are found. Every station has its load drawn; whoever waits for others has workers for
//! three times what Little's law asks for. A cause is planted by one change of one element.

mod special;

use brownout_scenario::Scenario;
use brownout_sim::Simulation;
use brownout_sim::observe::Window;
use serde_json::{Value, json};

/// SplitMix64: the same numbers everywhere.
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly from `low` to `high`.
    pub fn within(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn whole(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.next().is_multiple_of(n)
    }
}

/// What was planted, and where: the word that the finding must bear, and the element that it must be about.
#[derive(Clone, Debug, PartialEq)]
pub struct Planted {
    pub word: &'static str,
    pub about: u32,
}

/// Since when something that strikes in mid-run does.
const FIRST: f64 = 10.0;

pub const CAUSES: &[&str] = &[
    "Capacity",
    "Pool",
    "slow",
    "pause",
    "kill",
    "flush",
    "Retries",
    "Loss",
    "Latency",
    "Deploy",
    "ShortQueue",
    "RateLimit",
    "cut",
    "Pauses",
    "Bandwidth",
    "surge",
    "Cores",
];

/// A system under construction.
pub struct System {
    chance: Chance,
    rate: f64,
    parts: Vec<Value>,
    edges: Vec<Value>,
    timeline: Vec<Value>,
    next: u32,
    deadline_ms: f64,
    /// Stations that work on their own, behind everybody: the leaves.
    pub leaves: Vec<u32>,
    /// Equal servers behind a balancer.
    pub replicas: Vec<u32>,
    load: [f64; 2],
}

impl System {
    pub fn new(seed: u64, load: [f64; 2]) -> Self {
        let mut chance = Chance(seed);
        let rate = chance.within(80.0, 250.0);
        Self {
            chance,
            rate,
            parts: Vec::new(),
            edges: Vec::new(),
            timeline: Vec::new(),
            next: 1,
            deadline_ms: 0.0,
            leaves: Vec::new(),
            replicas: Vec::new(),
            load,
        }
    }

    fn id(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    #[expect(clippy::needless_pass_by_value, reason = "written where it is made")]
    fn part(&mut self, kind: &str, count: u32, params: Value) -> u32 {
        let id = self.id();
        self.parts.push(json!({"id": id, "type": kind, "count": count, "params": params}));
        id
    }

    fn edge(&mut self, from: u32, to: u32) -> u32 {
        let id = self.id();
        let latency = self.chance.within(0.1, 3.0);
        self.edges.push(json!({
            "id": id, "from": from, "to": to, "net": {"latency_ms": latency}, "policy": {"timeout_ms": 1000},
        }));
        id
    }

    fn param(&mut self, id: u32) -> &mut Value {
        let part = self.parts.iter_mut().find(|part| part["id"] == id).expect("a part");
        &mut part["params"]
    }

    fn edge_of(&mut self, id: u32) -> &mut Value {
        self.edges.iter_mut().find(|edge| edge["id"] == id).expect("an edge")
    }

    /// Workers and mean time of a station that gets `rate` calls a second: its load is drawn.
    fn station(&mut self, rate: f64) -> (u64, f64) {
        let load = self.chance.within(self.load[0], self.load[1]);
        let wished = self.chance.within(2.0, 25.0);
        let workers = (rate * wished / 1e3 / load).ceil().max(1.0);
        (workers as u64, load * workers / rate * 1e3)
    }

    fn time(&mut self, mean: f64) -> Value {
        match self.chance.whole(0, 3) {
            0 => json!({"const": {"ms": mean}}),
            1 => json!({"gamma": {"mean_ms": mean, "cv": 0.7}}),
            _ => json!({"exp": {"mean_ms": mean}}),
        }
    }

    fn database(&mut self, rate: f64) -> u32 {
        let (workers, mean) = self.station(rate);
        let time = self.time(mean);
        let id = self.part("db", 1, json!({"workers": workers, "read_time": time, "write_time": time}));
        self.leaves.push(id);
        id
    }

    /// Software that waits for others: threads for three times what is inside on average.
    fn caller(&mut self, kind: &str, count: u32, rate: f64, behind_ms: f64) -> u32 {
        let own = self.chance.within(0.5, 3.0);
        let inside = rate / f64::from(count) * (own + behind_ms) / 1e3;
        let workers = (3.0 * inside).ceil() as u64 + 10;
        let time = self.time(own);
        let params = match kind {
            "web" => json!({"workers": workers, "dynamic_time": time, "static_time": time}),
            _ => json!({"threads": workers, "service_time": time}),
        };
        self.part(kind, count, params)
    }

    fn client(&mut self, rate: f64) -> u32 {
        let mut params = json!({"rate_rps": rate, "static_share": 0, "read_share": 0.9});
        if self.chance.one_in(4) {
            params["arrival"] = json!("even");
        }
        if self.deadline_ms > 0.0 {
            params["deadline_ms"] = json!(self.deadline_ms);
        }
        self.part("client", 1, params)
    }

    /// One of six shapes.
    fn shape(&mut self, at: u64) {
        let rate = self.rate;
        let client = self.client(rate);
        match at {
            0 => {
                let leaf = self.database(rate);
                self.edge(client, leaf);
            }
            1 => {
                let (web, app) = (self.caller("web", 1, rate, 80.0), self.caller("app", 1, rate, 60.0));
                let db = self.database(rate);
                self.edge(client, web);
                self.edge(web, app);
                self.edge(app, db);
            }
            2 => {
                // A balancer over equal servers with one database.
                let n = self.chance.whole(2, 4) as u32;
                let lb = self.balancer();
                self.edge(client, lb);
                let (workers, mean) = self.station(rate / f64::from(n));
                let time = self.time(mean);
                let db = self.database(rate);
                for _ in 0..n {
                    let threads = workers + (3.0 * rate / f64::from(n) * 0.06).ceil() as u64 + 10;
                    let app = self.part("app", 1, json!({"threads": threads, "service_time": time}));
                    self.edge(lb, app);
                    self.edge(app, db);
                    self.replicas.push(app);
                }
            }
            3 => {
                // A fleet of instances as one part, and a service beside the database.
                let n = self.chance.whole(2, 4) as u32;
                let lb = self.balancer();
                let app = self.caller("app", n, rate, 100.0);
                let (other, db) = (self.leaf_app(rate), self.database(rate));
                self.edge(client, lb);
                self.edge(lb, app);
                self.edge(app, other);
                self.edge(app, db);
            }
            4 => {
                let proxy = self.part("proxy", 1, json!({}));
                let (first, second) = (self.caller("app", 1, rate, 60.0), self.leaf_app(rate));
                let db = self.database(rate);
                self.edge(client, proxy);
                self.edge(proxy, first);
                self.edge(first, second);
                self.edge(first, db);
            }
            _ => {
                // Servers behind a balancer that need nobody.
                let n = self.chance.whole(2, 4) as u32;
                let lb = self.balancer();
                self.edge(client, lb);
                let (workers, mean) = self.station(rate / f64::from(n));
                let time = self.time(mean);
                for _ in 0..n {
                    let app = self.part(
                        "app",
                        1,
                        json!({"threads": workers, "backlog": 500, "service_time": time}),
                    );
                    self.edge(lb, app);
                    self.replicas.push(app);
                    self.leaves.push(app);
                }
            }
        }
    }

    fn balancer(&mut self) -> u32 {
        let words = ["rr", "least", "random", "power_of_choices"];
        let word = words[self.chance.whole(0, 3) as usize];
        self.part("lb", 1, json!({"algorithm": word}))
    }

    fn leaf_app(&mut self, rate: f64) -> u32 {
        let (workers, mean) = self.station(rate);
        let time = self.time(mean);
        let id = self.part("app", 1, json!({"threads": workers, "backlog": 1000, "service_time": time}));
        self.leaves.push(id);
        id
    }

    fn strike(&mut self, verb: &str, target: u32, at: f64, lasts: Option<f64>, factor: Option<f64>) {
        let id = self.id();
        let mut entry = json!({"id": id, "at_s": (at * 10.0).round() / 10.0, "do": verb, "target": target});
        if let Some(lasts) = lasts {
            entry["for_s"] = json!((lasts * 10.0).round() / 10.0);
        }
        if let Some(factor) = factor {
            entry["factor"] = json!(factor);
        }
        self.timeline.push(entry);
    }

    fn finish(mut self, seconds: f64) -> Scenario {
        let key = |value: &Value| value["id"].as_u64();
        self.parts.sort_by_key(key);
        self.edges.sort_by_key(key);
        let document = json!({
            "version": 1, "seed": self.chance.next() % 1_000_000, "duration_s": seconds, "warmup_s": 5,
            "parts": self.parts, "edges": self.edges, "timeline": self.timeline,
        });
        Scenario::from_json(&document.to_string()).unwrap_or_else(|error| panic!("{error}: {document}"))
    }

    fn any(&mut self, of: &[u32]) -> u32 {
        of[self.chance.whole(0, of.len() as u64 - 1) as usize]
    }

    fn edge_into(&mut self, part: u32) -> u32 {
        let into: Vec<u32> = self
            .edges
            .iter()
            .filter(|edge| edge["to"] == part)
            .filter_map(|edge| edge["id"].as_u64().map(|id| id as u32))
            .collect();
        self.any(&into)
    }
}

/// A system in which nothing is wrong: loads up to 80 %, and much of what systems have.
pub fn healthy(seed: u64) -> Scenario {
    let mut system = System::new(seed, [0.3, 0.8]);
    let shape = system.chance.whole(0, 5);
    system.shape(shape);
    if system.chance.one_in(2) {
        for edge in &mut system.edges {
            edge["policy"]["retries"] = json!(1);
        }
    }
    if system.chance.one_in(3) {
        let leaves = system.leaves.clone();
        let leaf = system.any(&leaves);
        let edge = system.edge_into(leaf);
        system.edge_of(edge)["policy"]["pool_size"] = json!(200);
    }
    if system.chance.one_in(3) {
        let leaves = system.leaves.clone();
        let leaf = system.any(&leaves);
        system.param(leaf)["pause_every"] = json!({"exp": {"mean_ms": 2000}});
        system.param(leaf)["pause_time"] = json!({"const": {"ms": 10}});
    }
    if system.chance.one_in(4) {
        let leaves = system.leaves.clone();
        let leaf = system.any(&leaves);
        system.param(leaf)["limit_rps"] = json!(2_000);
    }
    system.finish(40.0)
}

/// A system with this cause planted. What harms nobody, or stands in a system that was ill before it struck, is not
/// what was meant: another is drawn. That is judged by goodput alone.
pub fn planted(seed: u64, word: &'static str) -> (Scenario, Planted) {
    let mut chance = Chance(seed);
    for _ in 0..40 {
        let (document, planted) = draw(chance.next(), word);
        if is_harmed(&document, word) {
            return (document, planted);
        }
    }
    panic!("{word} harms nobody in forty systems")
}

fn is_harmed(document: &Scenario, word: &str) -> bool {
    let plan = document.plan();
    let mut run = Simulation::new(&document.system(), document.options(), &plan).expect("it runs");
    let end = document.options().duration;
    run.run_until(end);
    let harm = |from: f64, to: f64| {
        let inside = |window: &&Window| (from * 1e9..to * 1e9).contains(&(window.start as f64));
        let all = || run.windows().iter().filter(inside);
        let (issued, good) =
            (all().map(|one| one.issued).sum::<u64>(), all().map(|one| one.good).sum::<u64>());
        1.0 - good as f64 / issued.max(1) as f64
    };
    let end = end as f64 / 1e9;
    let strikes = plan.first().map(|step| step.at as f64 / 1e9).or((word == "Deploy").then_some(FIRST));
    let was_well = strikes.is_none_or(|at| harm(5.0, at.floor()) < 0.02);
    // Where the trigger is not the cause, the harm goes on without it.
    let goes_on = word != "Retries" || harm(end - 20.0, end) > 0.9;
    was_well && goes_on && harm(5.0, end) > 0.03
}

fn draw(seed: u64, word: &'static str) -> (Scenario, Planted) {
    let mut system = System::new(seed, [0.3, 0.65]);
    if word == "Latency" {
        system.deadline_ms = 400.0;
    }
    let shape = match word {
        "pause" | "kill" => [2, 5][system.chance.whole(0, 1) as usize],
        "flush" | "Retries" | "Deploy" | "Cores" => 9,
        "Pool" => [1, 2, 3, 4][system.chance.whole(0, 3) as usize],
        _ => system.chance.whole(0, 4),
    };
    if shape < 9 {
        system.shape(shape);
    }
    let at = system.chance.within(FIRST, 14.0);
    let about = match word {
        "Capacity" => {
            let leaves = system.leaves.clone();
            let leaf = system.any(&leaves);
            let over = system.chance.within(1.2, 1.8);
            slower(&mut system, leaf, over);
            leaf
        }
        "Pool" => {
            let leaf = *system.leaves.last().expect("a leaf");
            let edge = system.edge_into(leaf);
            // Enough work in the database that a few connections carry half of it.
            let rate = system.rate;
            let callers = system.callers_of(edge);
            let mean = system.chance.within(4.0, 6.0) * callers / rate * 1e3;
            let params = system.param(leaf);
            params["workers"] = json!((rate * mean / 1e3 / 0.4).ceil());
            params["read_time"] = json!({"const": {"ms": mean}});
            params["write_time"] = params["read_time"].clone();
            let size = (0.55 * rate * mean / 1e3 / callers).floor().max(1.0);
            system.edge_of(edge)["policy"]["pool_size"] = json!(size);
            edge
        }
        "slow" => {
            let leaf = system.leaves[0];
            let (lasts, factor) = (system.chance.within(8.0, 12.0), system.chance.within(4.0, 8.0));
            system.strike("slow", leaf, at, Some(lasts), Some(factor));
            leaf
        }
        "pause" => {
            let replicas = system.replicas.clone();
            let victim = system.any(&replicas);
            let lasts = system.chance.within(6.0, 12.0);
            system.strike("pause", victim, at, Some(lasts), None);
            victim
        }
        "kill" => {
            let replicas = system.replicas.clone();
            let victim = system.any(&replicas);
            let lasts = system.chance.one_in(2).then(|| system.chance.within(8.0, 15.0));
            system.strike("kill", victim, at, lasts, None);
            victim
        }
        "flush" => system.cached(at),
        "Retries" => system.storm(at),
        "Loss" => {
            let edge = system.any_edge();
            let loss = system.chance.within(0.06, 0.25);
            system.edge_of(edge)["net"]["loss"] = json!(loss);
            edge
        }
        "Latency" => {
            let edge = system.any_edge();
            let latency = system.chance.within(220.0, 400.0);
            system.edge_of(edge)["net"]["latency_ms"] = json!(latency);
            // Whoever waits longer needs more workers: that is not what is planted here.
            for part in &mut system.parts {
                for name in ["threads", "workers"] {
                    if part["params"].get(name).is_some() && part["type"] != "db" {
                        part["params"][name] = json!(1_000);
                    }
                }
            }
            edge
        }
        "Deploy" => system.deployed(at),
        "ShortQueue" => {
            let leaf = system.leaves[0];
            let rate = system.rate;
            let params = system.param(leaf);
            let is_db = params.get("read_time").is_some();
            params[if is_db { "workers" } else { "threads" }] = json!(1);
            let time = json!({"exp": {"mean_ms": 600.0 / rate}});
            for name in if is_db { &["read_time", "write_time"][..] } else { &["service_time"] } {
                params[*name] = time.clone();
            }
            params["backlog"] = json!(1);
            leaf
        }
        "RateLimit" => {
            let leaf = system.leaves[0];
            let share = system.chance.within(0.4, 0.75);
            let limit = system.rate * share;
            system.param(leaf)["limit_rps"] = json!(limit);
            leaf
        }
        "cut" => {
            let edge = system.any_edge();
            let lasts = system.chance.within(5.0, 9.0);
            system.strike("cut", edge, at, Some(lasts), None);
            edge
        }
        "Pauses" => {
            let leaf = system.leaves[0];
            let long = system.chance.within(900.0, 1500.0);
            let params = system.param(leaf);
            params["pause_every"] = json!({"const": {"ms": 1_000}});
            params["pause_time"] = json!({"const": {"ms": long}});
            leaf
        }
        "Bandwidth" => {
            let leaf = system.leaves[0];
            let kb = system.chance.within(20.0, 80.0);
            let share = system.chance.within(0.5, 0.8);
            system.param(leaf)["reply_kb"] = json!(kb);
            let edge = system.edge_into(leaf);
            let ways = system.callers_of(edge);
            let rate = system.rate / ways;
            system.edge_of(edge)["net"]["bandwidth_mbps"] = json!(rate * kb * 8e-3 * share);
            edge
        }
        "surge" => {
            let client = 1;
            let lasts = system.chance.within(8.0, 12.0);
            let factor = system.chance.within(4.0, 6.0);
            system.strike("surge", client, at, Some(lasts), Some(factor));
            client
        }
        _ => system.crowded(),
    };
    (
        system.finish(match word {
            "Retries" => 80.0,
            "flush" => 60.0,
            _ => 40.0,
        }),
        Planted { word, about },
    )
}

/// Work takes so long that the load is `over` of what it can do.
fn slower(system: &mut System, leaf: u32, over: f64) {
    let rate = system.rate;
    let sharers = if system.replicas.contains(&leaf) { system.replicas.len() as f64 } else { 1.0 };
    let params = system.param(leaf);
    let is_db = params.get("read_time").is_some();
    let workers = params[if is_db { "workers" } else { "threads" }].as_f64().expect("workers");
    let time = json!({"exp": {"mean_ms": over * workers / (rate / sharers) * 1e3}});
    for name in if is_db { &["read_time", "write_time"][..] } else { &["service_time"] } {
        params[*name] = time.clone();
    }
}

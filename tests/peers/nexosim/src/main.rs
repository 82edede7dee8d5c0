//! M1 to M4 on NeXosim. Prints one JSON object: `peer-nexosim m1 JOBS SEED`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cpu_time::ProcessTime;
use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::{EventSource, Output};
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rand_distr::Exp1;
use serde::{Deserialize, Serialize};

/// Models can be saved; random numbers and results are not.
struct Random(SmallRng);

impl Default for Random {
    fn default() -> Self {
        Self(SmallRng::seed_from_u64(0))
    }
}

impl Random {
    fn exponential(&mut self, rate: f64) -> Duration {
        let unit: f64 = self.0.sample(Exp1);
        Duration::from_nanos((unit / rate * 1e9) as u64)
    }
}

/// Sends jobs to its outputs in turn.
#[derive(Serialize, Deserialize)]
struct Source {
    outputs: Vec<Output<()>>,
    rate: f64,
    jobs: u64,
    issued: u64,
    #[serde(skip)]
    random: Random,
}

#[Model]
impl Source {
    pub async fn begin(&mut self, _: (), cx: &Context<Self>) {
        let gap = self.random.exponential(self.rate);
        cx.schedule_event(gap, schedulable!(Self::arrive), ()).unwrap();
    }

    #[nexosim(schedulable)]
    async fn arrive(&mut self, _: (), cx: &Context<Self>) {
        let count = self.outputs.len() as u64;
        self.outputs[(self.issued % count) as usize].send(()).await;
        self.issued += 1;
        if self.issued < self.jobs {
            let gap = self.random.exponential(self.rate);
            cx.schedule_event(gap, schedulable!(Self::arrive), ()).unwrap();
        }
    }
}

/// Several servers with one queue.
#[derive(Serialize, Deserialize)]
struct Station {
    output: Output<()>,
    rate: f64,
    idle: u32,
    queue: VecDeque<MonotonicTime>,
    waits_s: f64,
    #[serde(skip)]
    random: Random,
    #[serde(skip)]
    result: Arc<Mutex<f64>>,
}

#[Model]
impl Station {
    pub async fn arrive(&mut self, _: (), cx: &Context<Self>) {
        if self.idle > 0 {
            self.idle -= 1;
            self.serve(cx);
        } else {
            self.queue.push_back(cx.time());
        }
    }

    fn serve(&mut self, cx: &Context<Self>) {
        let time = self.random.exponential(self.rate);
        cx.schedule_event(time, schedulable!(Self::done), ()).unwrap();
    }

    #[nexosim(schedulable)]
    async fn done(&mut self, _: (), cx: &Context<Self>) {
        self.output.send(()).await;
        match self.queue.pop_front() {
            Some(since) => {
                self.waits_s += cx.time().duration_since(since).as_secs_f64();
                self.serve(cx);
            }
            None => self.idle += 1,
        }
    }

    pub async fn tell(&mut self, _: ()) {
        *self.result.lock().unwrap() += self.waits_s;
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (model, jobs, seed) = (&arguments[1], arguments[2].parse().unwrap(), arguments[3].parse::<u64>().unwrap());
    let (rate, stations, parallel): (f64, Vec<(u32, f64)>, bool) = match model.as_str() {
        "m1" => (0.8, vec![(1, 1.0)], false),
        "m2" => (7.2, vec![(8, 1.0)], false),
        "m3" => (2.8, vec![(4, 1.0), (4, 1.0), (2, 2.0)], false),
        _ => (12.8, vec![(1, 1.0); 16], true),
    };
    let random = |number: u64| Random(SmallRng::seed_from_u64(seed * 1_000 + number));
    let result = Arc::new(Mutex::new(0.0));
    let mailboxes: Vec<Mailbox<Station>> = stations.iter().map(|_| Mailbox::new()).collect();
    let mut source = Source { outputs: Vec::new(), rate, jobs, issued: 0, random: random(0) };
    let entries = if parallel { stations.len() } else { 1 };
    for mailbox in &mailboxes[..entries] {
        let mut output = Output::default();
        output.connect(Station::arrive, mailbox);
        source.outputs.push(output);
    }
    let source_mailbox = Mailbox::new();
    let mut bench = SimInit::with_num_threads(1);
    let begin = EventSource::new().connect(Source::begin, &source_mailbox).register(&mut bench);
    let mut tell = EventSource::new();
    for mailbox in &mailboxes {
        tell = tell.connect(Station::tell, mailbox);
    }
    let tell = tell.register(&mut bench);
    let mut servers = Vec::new();
    for (at, (idle, rate)) in stations.iter().enumerate() {
        let mut output = Output::default();
        if !parallel && at + 1 < stations.len() {
            output.connect(Station::arrive, &mailboxes[at + 1]);
        }
        servers.push(Station {
            output,
            rate: *rate,
            idle: *idle,
            queue: VecDeque::new(),
            waits_s: 0.0,
            random: random(at as u64 + 1),
            result: Arc::clone(&result),
        });
    }
    bench = bench.add_model(source, source_mailbox, "source");
    for (at, (station, mailbox)) in servers.into_iter().zip(mailboxes).enumerate() {
        bench = bench.add_model(station, mailbox, &format!("station {at}"));
    }
    let mut simulation = bench.init(MonotonicTime::EPOCH).unwrap();
    simulation.process_event(&begin, ()).unwrap();
    let clock = ProcessTime::now();
    // All jobs will have come and gone by then.
    simulation.step_until(Duration::from_secs_f64(jobs as f64 / rate * 2.0 + 1e4)).unwrap();
    let cpu_s = clock.elapsed().as_secs_f64();
    simulation.process_event(&tell, ()).unwrap();
    let wait = *result.lock().unwrap() / jobs as f64;
    println!("{{\"jobs\": {jobs}, \"cpu_s\": {cpu_s}, \"mean_wait_s\": {wait}}}");
}

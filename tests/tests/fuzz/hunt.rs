//! The hunt: texts are changed, executed and, where they met something new, kept to be changed again.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use brownout_scenario::{Record, arbitrary};

use super::damage::{byte_damage, json_damage};
use super::execute::{Target, execute};
use super::random::Random;

/// How long to hunt: at least so many executions, and at least so long.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub executions: u64,
    pub time: Duration,
    pub seed: u64,
}

/// A run counts as long from so many events on.
pub const LONG: u64 = 1_000;
/// Of a hundred texts, so many shall be valid and long runs: damage gives way to that.
const SHARE: u64 = 60;
/// The most inputs that are kept, and how large one may be.
const KEPT: usize = 1_500;
const LARGEST: usize = 24_000;
/// No execution takes a hundredth of this. It is the last resort against a loop inside one step, which no count
/// of events ends.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub executions: u64,
    pub valid: u64,
    /// Valid, and at least [`LONG`] events.
    pub long: u64,
    pub events: u64,
    /// The most bytes that any execution held.
    pub bytes: u64,
    pub features: usize,
    pub kept: usize,
    pub seconds: f64,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let share = |part: u64| part as f64 * 100.0 / self.executions.max(1) as f64;
        write!(
            f,
            "{} executions in {:.1} s ({:.0}/s), {:.1} % valid, {:.1} % valid with at least {LONG} events, \
             {} events, {} features, {} inputs kept, at most {:.1} MB held",
            self.executions,
            self.seconds,
            self.executions as f64 / self.seconds.max(1e-9),
            share(self.valid),
            share(self.long),
            self.events,
            self.features,
            self.kept,
            self.bytes as f64 / 1e6
        )
    }
}

/// A defect, with the text that shows it.
#[derive(Debug)]
pub struct Find {
    pub execution: u64,
    pub text: String,
    pub what: String,
}

pub struct Hunt {
    target: Target,
    seed: u64,
    seen: HashSet<u64>,
    /// What is changed; in the first list what runs long.
    pools: [Vec<Record>; 2],
    pub tally: Tally,
    watch: Watch,
}

impl Hunt {
    /// Begins with these inputs, each executed as it is.
    pub fn begin(target: Target, seed: u64, corpus: &[(PathBuf, String)]) -> Result<Self, Find> {
        let mut hunt = Self {
            target,
            seed,
            seen: HashSet::new(),
            pools: [Vec::new(), Vec::new()],
            tally: Tally::default(),
            watch: Watch::begin(target),
        };
        for (path, text) in corpus {
            hunt.one(text, true)
                .map_err(|find| Find { what: format!("{}: {}", path.display(), find.what), ..find })?;
        }
        Ok(hunt)
    }

    /// Executes until the budget is used up, or something is found.
    pub fn run(&mut self, budget: Budget) -> Result<(), Find> {
        let began = Instant::now();
        while self.tally.executions < budget.executions || began.elapsed() < budget.time {
            let text = self.text();
            let thorough = self.tally.executions.is_multiple_of(16);
            self.one(&text, thorough)?;
        }
        self.tally.seconds = began.elapsed().as_secs_f64();
        Ok(())
    }

    /// A few of the kept inputs, as compact texts, that together meet as much as can be.
    pub fn choose(&self, most: usize, largest: usize) -> Vec<String> {
        let mut left: Vec<(String, HashSet<u64>)> = Vec::new();
        for record in self.pools.iter().flatten() {
            let text = match self.target {
                Target::Document => record.start.to_json(),
                Target::Record => record.to_json(),
            };
            let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
            let text = value.to_string();
            if text.len() > largest {
                continue;
            }
            if let Ok(executed) = execute(self.target, &text, false) {
                left.push((text, executed.features.into_iter().collect()));
            }
        }
        let mut met: HashSet<u64> = HashSet::new();
        let mut chosen = Vec::new();
        while chosen.len() < most {
            let new = |(_, features): &(String, HashSet<u64>)| features.difference(&met).count();
            let Some(best) = (0..left.len()).max_by_key(|at| new(&left[*at])) else { break };
            let (text, features) = left.swap_remove(best);
            met.extend(features);
            chosen.push(text);
        }
        chosen
    }

    /// The next text, which only depends on what was executed so far.
    fn text(&self) -> String {
        let mut random = Random::of(self.seed, self.tally.executions);
        let base = self.base(&mut random);
        let other = self.base(&mut random);
        let record = arbitrary::mutate(&base, &other, random.next());
        let text = match self.target {
            Target::Document => record.start.to_json(),
            Target::Record => record.to_json(),
        };
        let is_behind = self.tally.long * 100 < self.tally.executions * SHARE;
        if !random.chance(if is_behind { 8 } else { 30 }) {
            return text;
        }
        if random.chance(65) { json_damage(&mut random, &text) } else { byte_damage(&mut random, &text) }
    }

    fn base(&self, random: &mut Random) -> Record {
        let pool = &self.pools[usize::from(random.chance(10))];
        if pool.is_empty() || random.chance(10) {
            // Never seen before: the generator knows everything that a document can have.
            return arbitrary::generate_short(random.next());
        }
        // The newest are the farthest from what is known.
        let newest = pool.len().div_ceil(4);
        let from = if random.chance(50) { pool.len() - newest } else { 0 };
        pool[from + random.below(pool.len() - from)].clone()
    }

    fn one(&mut self, text: &str, thorough: bool) -> Result<(), Find> {
        self.watch.started(text);
        let executed = execute(self.target, text, thorough);
        self.tally.executions += 1;
        let executed = executed.map_err(|what| Find {
            execution: self.tally.executions,
            text: text.to_owned(),
            what,
        })?;
        let is_long = executed.events >= LONG;
        self.tally.valid += u64::from(executed.record.is_some());
        self.tally.long += u64::from(is_long);
        self.tally.events += executed.events;
        self.tally.bytes = self.tally.bytes.max(executed.bytes);
        let known = self.seen.len();
        self.seen.extend(executed.features);
        self.tally.features = self.seen.len();
        if let Some(record) = executed.record.filter(|_| self.seen.len() > known && text.len() <= LARGEST) {
            let pool = &mut self.pools[usize::from(!is_long)];
            if pool.len() >= KEPT {
                // An older half makes room.
                pool.drain(..KEPT / 2);
            }
            pool.push(record);
            self.tally.kept = self.pools.iter().map(Vec::len).sum();
        }
        Ok(())
    }
}

/// Ends the process when one execution does not end.
struct Watch {
    text: Arc<Mutex<String>>,
    beat: mpsc::Sender<()>,
}

impl Watch {
    fn begin(target: Target) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let (beat, beats) = mpsc::channel();
        let watched = Arc::clone(&text);
        let patience = patience();
        std::thread::spawn(move || {
            loop {
                match beats.recv_timeout(patience) {
                    Ok(()) => while beats.try_recv().is_ok() {},
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {
                        let text = watched.lock().unwrap_or_else(PoisonError::into_inner).clone();
                        let what = format!("it hangs: not done after {} s", patience.as_secs());
                        eprintln!("{}", keep(target, &Find { execution: 0, text, what }));
                        std::process::exit(HANGS);
                    }
                }
            }
        });
        Self { text, beat }
    }

    fn started(&self, text: &str) {
        text.clone_into(&mut self.text.lock().unwrap_or_else(PoisonError::into_inner));
        // Nobody listens any more only once the process ends.
        let _ = self.beat.send(());
    }
}

/// How the process ends when an execution hangs.
pub const HANGS: i32 = 86;

fn patience() -> Duration {
    let seconds = std::env::var("BROWNOUT_FUZZ_PATIENCE").ok().and_then(|text| text.parse().ok());
    seconds.map_or(PATIENCE, Duration::from_secs)
}

/// Writes the text of a find where it can be looked at, and says how.
pub fn keep(target: Target, find: &Find) -> String {
    let folder = std::env::temp_dir().join("brownout-fuzz");
    let name = format!("{}-{}.json", target.name(), find.execution);
    let path = folder.join(name);
    let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, &find.text));
    let place = match written {
        Ok(()) => {
            format!("the input is in {0}; `cargo xtask fuzz --replay {0}` executes it again", path.display())
        }
        Err(error) => format!("the input could not be written to {}: {error}", path.display()),
    };
    format!("{} {}: {}; {place}", target.name(), find.execution, find.what)
}

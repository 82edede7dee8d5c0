//! What was done during a run, so that anybody can see the same run again.

use brownout_sim::order::{sort, sort_by_key};
use brownout_sim::system::{Action, Intervention, Limits, SystemError, Target, Verb};
use brownout_sim::{ENGINE_VERSION, Ns, Simulation};

use crate::edit::Edit;
use crate::error::{Error, Problem};
use crate::model::Scenario;
use crate::time::{LONGEST, LONGEST_S};
use crate::validate::check_factor;

/// What a file or a link holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Shared {
    /// A document.
    Design(Scenario),
    /// A document and what was done during a run of it.
    Run(Record),
}

/// The design at the start of a run, and what was done since.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The version of the engine that ran it. Another may give another run.
    pub engine: String,
    /// The document as it stood at t = 0.
    pub start: Scenario,
    /// In the order in which it took effect; what took effect together, in the order of `seq`.
    pub log: Vec<LogEntry>,
}

/// One thing done during a run.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// Counts what was done; never given twice in one run.
    pub seq: u64,
    /// When it took effect, in simulated time.
    pub at: Ns,
    pub done: Done,
}

/// What was done.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
    /// A fault or a repair by hand.
    Fault { verb: Verb, target: Target, factor: f64 },
    /// An edit of the document.
    Edit(Edit),
}

/// Parts and edges that are looked at again for every entry of a log, all together, before it is replayed.
const WORK: usize = 5_000_000;

/// The most interventions, planned and done, on a design of this size: each is checked against the whole.
pub(crate) fn room(document: &Scenario) -> usize {
    (WORK / (document.parts.len() + document.edges.len()).max(1)).min(Limits::V1.interventions)
}

impl Record {
    /// The record of a run in which nothing was done yet.
    pub fn new(start: Scenario) -> Self {
        Self { engine: ENGINE_VERSION.to_owned(), start, log: Vec::new() }
    }

    /// The document as it stands after everything that was done.
    pub fn document(&self) -> Scenario {
        let mut document = self.start.clone();
        for (_, entry) in self.as_done() {
            if let Done::Edit(edit) = &entry.done {
                edit.apply(&mut document);
            }
        }
        document
    }

    /// Everything that happens to the system during the run: what was planned and what was done, in order
    /// of time. What changes only the layout is not in it.
    ///
    /// Nor is what is impossible when its time comes: a planned fault whose target was removed by hand, or
    /// something done late in the run before the visitor went back and took away what it was done to.
    pub fn interventions(&self) -> Vec<Intervention> {
        let mut all = self.start.plan();
        all.extend(self.done());
        sort_by_key(&mut all, |step| step.at);
        self.start.system().possible(all)
    }

    /// The run, at t = 0, with everything that was planned and done still to come.
    pub fn simulation(&self) -> Result<Simulation, Error> {
        Ok(Simulation::new(&self.start.system(), self.start.options(), &self.interventions())?)
    }

    /// Whether anything was done that the run feels, besides changes of the plan. Whoever starts such a run from its
    /// beginning with the document as it is now has another run.
    pub fn is_touched(&self) -> bool {
        !self.done().is_empty() || self.document().settings != self.start.settings
    }

    /// The log in the order in which things were done. After a jump back in time that is not the order in
    /// which they take effect.
    fn as_done(&self) -> Vec<(usize, &LogEntry)> {
        let mut log: Vec<_> = self.log.iter().enumerate().collect();
        sort_by_key(&mut log, |(_, entry)| entry.seq);
        log
    }

    /// What the log did to the system, in order of time.
    fn done(&self) -> Vec<Intervention> {
        let mut document = self.start.clone();
        let mut done = Vec::new();
        for (index, entry) in self.as_done() {
            let action = match &entry.done {
                Done::Fault { verb, target, factor } => Action::fault(*verb, *target, *factor),
                Done::Edit(edit) => {
                    let changes = edit.changes(&document);
                    edit.apply(&mut document);
                    if changes.is_empty() {
                        continue;
                    }
                    Action::Edit(changes)
                }
            };
            done.push((index, Intervention { at: entry.at, action }));
        }
        sort_by_key(&mut done, |(index, _)| *index);
        done.into_iter().map(|(_, intervention)| intervention).collect()
    }

    /// Refuses a record that cannot be replayed, naming the field.
    pub fn validate(&self) -> Result<(), Error> {
        let inside = |error: Error| match error {
            Error::Field { path, problem } => Error::Field { path: format!("start.{path}"), problem },
            Error::System(SystemError { path, reason }) => {
                Error::System(SystemError { path: format!("start.{path}"), reason })
            }
            other => other,
        };
        self.start.validate().map_err(inside)?;
        self.check_order()?;
        let limit = room(&self.start).min(room(&self.document()));
        let got = self.start.plan().len() + self.log.len();
        if got > limit {
            return Err(Error::field("log", Problem::Entries { limit, got }));
        }
        self.document().validate()
    }

    fn check_order(&self) -> Result<(), Error> {
        for (index, entry) in self.log.iter().enumerate() {
            let path = |field: &str| format!("log[{index}].{field}");
            if entry.at > LONGEST {
                let problem = Problem::Range {
                    min: 0.0,
                    max: (LONGEST_S * 1_000_000_000) as f64,
                    got: entry.at as f64,
                };
                return Err(Error::field(path("at_ns"), problem));
            }
            if let Done::Fault { verb, factor, .. } = &entry.done {
                check_factor(*verb, *factor, || path("factor"))?;
            }
            if index > 0 && (self.log[index - 1].at, self.log[index - 1].seq) > (entry.at, entry.seq) {
                return Err(Error::field(path("at_ns"), Problem::Order));
            }
        }
        let mut numbers: Vec<u64> = self.log.iter().map(|entry| entry.seq).collect();
        sort(&mut numbers);
        match numbers.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => {
                let index = self.log.iter().rposition(|entry| entry.seq == pair[0]).unwrap_or_default();
                Err(Error::field(format!("log[{index}].seq"), Problem::Order))
            }
            None => Ok(()),
        }
    }
}

impl Shared {
    /// What the visitor sees: the document, or the one that a run ended with.
    pub fn document(&self) -> Scenario {
        match self {
            Self::Design(scenario) => scenario.clone(),
            Self::Run(record) => record.document(),
        }
    }

    /// What runs: a document is a record of nothing done.
    pub fn into_record(self) -> Record {
        match self {
            Self::Design(scenario) => Record::new(scenario),
            Self::Run(record) => record,
        }
    }
}

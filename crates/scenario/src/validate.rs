//! What a document must satisfy. What the simulator asks of a system is its own to check.

use brownout_sim::param::ParamSet;
use brownout_sim::system::{Id, Limits, System, SystemError, Verb};

use crate::error::{Error, Problem};
use crate::model::{EdgeName, Goal, Numbered, Op, Scenario, Settings, WarmUp, find};
use crate::time::{LONGEST, LONGEST_S};

/// The most characters of a name.
pub const NAME: usize = 200;
/// The most characters of the notes.
pub const NOTES: usize = 20_000;
/// The most experiments and random faults: each looks for its targets in the whole design.
pub const EXPERIMENTS: usize = 100;
/// The most goals.
pub const GOALS: usize = 1_000;
/// The largest id: arithmetic on ids cannot overflow, and every reader of JSON reads the same number.
pub const LARGEST_ID: Id = 999_999_999;
/// How far from the origin a part may stand.
pub const REACH: f64 = 1_000_000.0;

impl Scenario {
    /// Refuses what cannot be saved or run, naming the field.
    pub fn validate(&self) -> Result<(), Error> {
        self.check_form()?;
        let system = self.system();
        system.validate()?;
        self.check_targets(&system)
    }

    /// Whether the system knows the faults that are planned.
    fn check_targets(&self, system: &System) -> Result<(), Error> {
        for (index, entry) in self.timeline.iter().enumerate() {
            let check = || match entry.experiment() {
                Some(experiment) => {
                    system.check_experiment(&experiment)?;
                    experiment.check_length(system, self.options().duration, entry.at)
                }
                None => system.check_fault(entry.verb, entry.target),
            };
            check().map_err(|error| SystemError {
                path: format!("timeline[{index}].{}", error.path),
                reason: error.reason,
            })?;
        }
        Ok(())
    }

    /// Everything that can be told without knowing what the parts do.
    pub(crate) fn check_form(&self) -> Result<(), Error> {
        check_settings(&self.settings)?;
        check_set(&self.view, "view")?;
        characters(&self.name, NAME, || "name".into())?;
        characters(&self.notes, NOTES, || "notes".into())?;
        ids(&self.parts, "parts", Limits::V1.parts)?;
        ids(&self.edges, "edges", Limits::V1.edges)?;
        ids(&self.timeline, "timeline", Limits::V1.interventions)?;
        ids(&self.goals, "goals", GOALS)?;
        self.check_layout()?;
        self.check_names()?;
        self.check_timeline()?;
        self.goals.iter().enumerate().try_for_each(|(index, goal)| check_goal(index, goal))
    }

    fn check_layout(&self) -> Result<(), Error> {
        for (index, part) in self.parts.iter().enumerate() {
            characters(&part.name, NAME, || format!("parts[{index}].name"))?;
            for (axis, coordinate) in part.at.iter().flatten().enumerate() {
                range(*coordinate, -REACH, REACH, || format!("parts[{index}].at[{axis}]"))?;
            }
        }
        Ok(())
    }

    /// What connections are called: they are there.
    fn check_names(&self) -> Result<(), Error> {
        for EdgeName { id, name } in &self.names {
            let Some(index) = find(&self.edges, *id) else {
                return Err(Error::field(format!("edges.{id}"), Problem::Missing));
            };
            characters(name, NAME, || format!("edges[{index}].name"))?;
        }
        Ok(())
    }

    fn check_timeline(&self) -> Result<(), Error> {
        let endings = self.timeline.iter().filter(|entry| entry.lasts.is_some()).count();
        let (got, limit) = (self.timeline.len() + endings, Limits::V1.interventions);
        if got > limit {
            return Err(Error::field("timeline", Problem::Entries { limit, got }));
        }
        let experiments = self.timeline.iter().filter(|entry| !entry.injection.is_plain()).count();
        if experiments > EXPERIMENTS {
            return Err(Error::field(
                "timeline",
                Problem::Experiments { limit: EXPERIMENTS, got: experiments },
            ));
        }
        for (index, entry) in self.timeline.iter().enumerate() {
            check_set(&entry.injection, &format!("timeline[{index}]"))?;
            time(entry.at, || format!("timeline[{index}].at_s"))?;
            check_factor(entry.verb, entry.factor, || format!("timeline[{index}].factor"))?;
            let Some(lasts) = entry.lasts else { continue };
            let path = || format!("timeline[{index}].for_s");
            time(lasts, path)?;
            if entry.verb == Verb::Restore {
                return Err(Error::field(path(), Problem::NothingToEnd));
            }
            if lasts == 0 {
                return Err(Error::field(
                    path(),
                    Problem::Range { min: 1e-9, max: LONGEST_S as f64, got: 0.0 },
                ));
            }
        }
        Ok(())
    }
}

/// What is no matter of degree has the usual factor.
pub(crate) fn check_factor(verb: Verb, factor: f64, path: impl FnOnce() -> String) -> Result<(), Error> {
    let [least, most] = Verb::FACTORS;
    if verb.has_factor() {
        range(factor, least, most, path)
    } else if factor == Verb::FACTOR {
        Ok(())
    } else {
        Err(Error::field(path(), Problem::NoFactor))
    }
}

pub(crate) fn check_settings(settings: &Settings) -> Result<(), Error> {
    check_set(settings, "")?;
    let duration_s = settings.duration_s.0;
    if let WarmUp::After(warmup_s) = settings.warmup_s
        && warmup_s >= duration_s
    {
        return Err(Error::field("warmup_s", Problem::WarmUp { duration_s }));
    }
    Ok(())
}

fn check_set<P: ParamSet>(set: &P, place: &str) -> Result<(), Error> {
    for (index, spec) in P::SPECS.iter().enumerate() {
        if let Err(error) = spec.check(&set.get(index)) {
            let path = if place.is_empty() { spec.name.to_owned() } else { format!("{place}.{}", spec.name) };
            return Err(Error::field(path, error.into()));
        }
    }
    Ok(())
}

fn check_goal(index: usize, goal: &Goal) -> Result<(), Error> {
    let path = |field: &str| format!("goals[{index}].{field}");
    if goal.metric.is_empty() {
        return Err(Error::field(path("metric"), Problem::Empty));
    }
    characters(&goal.metric, NAME, || path("metric"))?;
    if let Some([from, to]) = goal.over {
        time(from, || path("over[0]"))?;
        time(to, || path("over[1]"))?;
        if from >= to {
            return Err(Error::field(path("over"), Problem::Backwards));
        }
    }
    if !goal.value.is_finite() {
        return Err(Error::field(path("value"), Problem::NotFinite));
    }
    range(goal.tolerance, 0.0, f64::MAX, || path("tol"))?;
    if goal.tolerance != 0.0 && goal.op != Op::Equal {
        return Err(Error::field(path("tol"), Problem::NoTolerance));
    }
    Ok(())
}

fn ids<T: Numbered>(all: &[T], field: &str, limit: usize) -> Result<(), Error> {
    if all.len() > limit {
        return Err(Error::field(field, Problem::Entries { limit, got: all.len() }));
    }
    for (index, element) in all.iter().enumerate() {
        range(f64::from(element.id()), 0.0, f64::from(LARGEST_ID), || format!("{field}[{index}].id"))?;
        if index > 0 && all[index - 1].id() == element.id() {
            return Err(Error::field(format!("{field}[{index}].id"), Problem::Twice { id: element.id() }));
        }
    }
    Ok(())
}

pub(crate) fn characters(text: &str, limit: usize, path: impl FnOnce() -> String) -> Result<(), Error> {
    // Bytes are at least as many as characters: most texts need no counting.
    if text.len() <= limit {
        return Ok(());
    }
    let got = text.chars().count();
    if got <= limit { Ok(()) } else { Err(Error::field(path(), Problem::Characters { limit, got })) }
}

fn range(got: f64, min: f64, max: f64, path: impl FnOnce() -> String) -> Result<(), Error> {
    if got >= min && got <= max {
        Ok(())
    } else {
        Err(Error::field(path(), Problem::Range { min, max, got }))
    }
}

fn time(ns: brownout_sim::Ns, path: impl FnOnce() -> String) -> Result<(), Error> {
    if ns <= LONGEST {
        return Ok(());
    }
    let problem = Problem::Range { min: 0.0, max: LONGEST_S as f64, got: ns as f64 / 1e9 };
    Err(Error::field(path(), problem))
}

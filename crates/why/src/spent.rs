//! Where the time of requests went, by the spans of a sample of them.

use std::collections::BTreeMap;

use brownout_sim::observe::{Outcome, Spent, Trace};
use brownout_sim::system::Id;

/// Fewer stories than this say nothing of a share.
const LEAST: usize = 20;

/// What time is spent on at a part or an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Waiting for a worker.
    Wait,
    /// Being worked on.
    Work,
    /// On the edge, there or back.
    Network,
    /// Waiting for a connection of the edge's pool.
    Connection,
    /// Pausing before another attempt.
    Backoff,
    /// Until the caller gave up on what was lost.
    Lost,
}

/// A share of the mean latency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    pub what: What,
    /// The part, or for what happens between parts the edge.
    pub about: Id,
    pub mean_ms: f64,
    pub share: f64,
}

/// Where the mean latency went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spending {
    /// How many requests' stories it is the mean of.
    pub requests: usize,
    pub latency_ms: f64,
    /// The largest first. Each moment of a request counts once: for what it waited for then.
    pub shares: Vec<Share>,
    /// For how long a request holds a worker of a part while that waits for the answers of others. These are no shares: what
    /// is waited for is counted where it is done.
    pub held: Vec<(Id, f64)>,
}

impl Spending {
    pub(crate) fn of(traces: &[Trace]) -> Self {
        let ended = |trace: &&Trace| trace.latency().is_some();
        let good = |trace: &&Trace| ended(trace) && trace.outcome == Some(Outcome::Ok);
        // Good answers, or whatever there was where hardly any was good.
        let chosen: Vec<&Trace> = match traces.iter().filter(good).count() {
            LEAST.. => traces.iter().filter(good).collect(),
            _ => traces.iter().filter(ended).collect(),
        };
        if chosen.len() < LEAST {
            return Self::default();
        }
        let (mut spent, mut held) = (BTreeMap::new(), BTreeMap::new());
        let mut latency: u128 = 0;
        for trace in &chosen {
            latency += u128::from(trace.latency().unwrap_or(0));
            trace.divided(&mut |span, on, time| {
                if let Some(place) = place(trace, span, on) {
                    *spent.entry(place).or_insert(0_u128) += u128::from(time);
                }
            });
            for span in trace.spans.iter().filter(|span| span.parent.is_some() && span.started.is_some()) {
                *held.entry(span.part).or_insert(0_u128) +=
                    u128::from(span.division()[Spent::Calls as usize]);
            }
        }
        let mean = |time: u128| time as f64 / chosen.len() as f64 / 1e6;
        let latency_ms = mean(latency);
        let mut shares: Vec<Share> = spent
            .into_iter()
            .map(|((about, what), time)| {
                let mean_ms = mean(time);
                Share { what, about, mean_ms, share: mean_ms / latency_ms.max(1e-9) }
            })
            .collect();
        brownout_sim::order::sort_by(&mut shares, |a, b| b.share.total_cmp(&a.share));
        let mut held: Vec<(Id, f64)> =
            held.into_iter().filter(|(_, time)| *time > 0).map(|(part, time)| (part, mean(time))).collect();
        brownout_sim::order::sort_by(&mut held, |a, b| b.1.total_cmp(&a.1));
        Self { requests: chosen.len(), latency_ms, shares, held }
    }
}

/// Whose time it is. What a span does on its way is its edge's.
fn place(trace: &Trace, span: usize, on: Spent) -> Option<(Id, What)> {
    let span = &trace.spans[span];
    let between = |what| span.edge.map(|edge| (edge, what));
    match on {
        Spent::Wait => Some((span.part, What::Wait)),
        Spent::Service => Some((span.part, What::Work)),
        Spent::There | Spent::Back => between(What::Network),
        Spent::Connection => between(What::Connection),
        Spent::Backoff => between(What::Backoff),
        Spent::Lost => between(What::Lost),
        Spent::Calls | Spent::LookUp | Spent::Rest => None,
    }
}

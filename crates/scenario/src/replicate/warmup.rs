//! Where measuring should begin: MSER-5.
//!
//! White's marginal standard error rule on means of five observations (K. P. White, M. J. Cobb, S. C. Spratt:
//! A comparison of five steady-state truncation heuristics for simulation, Proceedings of the 2000 Winter
//! Simulation Conference, 755-760). Of all cuts it takes the one that leaves the mean of the rest with
//! the smallest standard error: `argmin over d of sum over i > d of (z_i - mean)^2 / (n - d)^2`. A cut in
//! the second half of a run means that the run was too short to tell.

use brownout_sim::{Ns, Simulation};
use serde_json::{Value, json};

/// Observations to a batch.
pub const BATCH: usize = 5;
/// With fewer batches nothing can be told.
const FEWEST: usize = 8;
/// The last batches alone are no sample.
const LAST: usize = 5;

/// What is observed window by window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Watched {
    /// Mean latency of good answers.
    #[default]
    Latency,
    P95,
    /// Requests that are under way when the window ends.
    InFlight,
    /// Finished requests.
    Finished,
}

impl Watched {
    pub const ALL: [Self; 4] = [Self::Latency, Self::P95, Self::InFlight, Self::Finished];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::P95 => "p95",
            Self::InFlight => "in_flight",
            Self::Finished => "finished",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|watched| watched.name() == name)
    }
}

/// One value per complete window of a run. A window without any answer repeats the one before.
pub fn observe(simulation: &Simulation, watched: Watched) -> Vec<f64> {
    let mut under_way = 0_i64;
    let mut last = 0.0;
    let means = simulation.window_means().iter();
    let value = |(window, mean): (&brownout_sim::observe::Window, &Option<f64>)| {
        under_way += window.issued as i64 - window.outcomes.iter().sum::<u64>() as i64;
        last = match watched {
            Watched::Latency => mean.unwrap_or(last),
            Watched::P95 => window.p95.map_or(last, |ns| ns as f64),
            Watched::InFlight => under_way as f64,
            Watched::Finished => window.finished as f64,
        };
        last
    };
    simulation.windows().iter().zip(means).map(value).collect()
}

/// The mean of several runs' observations, window by window, as far as all of them go.
pub fn together(runs: &[Vec<f64>]) -> Vec<f64> {
    let windows = runs.iter().map(Vec::len).min().unwrap_or(0);
    let mean = |at: usize| runs.iter().map(|run| run[at]).sum::<f64>() / runs.len() as f64;
    (0..windows).map(mean).collect()
}

/// What the rule said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mser {
    /// Windows to leave out.
    pub cut: usize,
    /// Whether the run was long enough to tell.
    pub settled: bool,
}

/// The cut that MSER-5 makes into a series of observations.
pub fn mser_5(observations: &[f64]) -> Mser {
    let batches: Vec<f64> =
        observations.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    if batches.len() < FEWEST {
        return Mser { cut: 0, settled: false };
    }
    // From the end, so that each cut adds one batch to the sums of the next.
    let (mut mean, mut squares) = (0.0, 0.0);
    let mut errors = vec![f64::INFINITY; batches.len()];
    for (kept, (at, batch)) in (1_usize..).zip(batches.iter().enumerate().rev()) {
        let off = batch - mean;
        mean += off / kept as f64;
        squares += off * (batch - mean);
        if kept >= LAST {
            errors[at] = squares / (kept * kept) as f64;
        }
    }
    let half = batches.len() / 2;
    let best = |errors: &[f64]| {
        let mut best = 0;
        for (at, error) in errors.iter().enumerate() {
            best = if *error < errors[best] { at } else { best };
        }
        best
    };
    let everywhere = best(&errors);
    Mser { cut: best(&errors[..=half]) * BATCH, settled: everywhere <= half }
}

/// Where measuring began, and why there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    pub at: Ns,
    pub reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// The document says so.
    Document,
    /// Whoever started the run said so.
    Given,
    /// Found by MSER-5 in so many windows of so many runs.
    Found { watched: Watched, runs: usize, windows: usize, settled: bool },
}

impl Cut {
    /// The cut that MSER-5 finds in runs that were measured from the start.
    pub fn find(runs: &[Vec<f64>], watched: Watched, window: Ns) -> Self {
        let series = together(runs);
        let Mser { cut, settled } = mser_5(&series);
        let reason = Reason::Found { watched, runs: runs.len(), windows: series.len(), settled };
        Self { at: window.saturating_mul(cut as Ns), reason }
    }

    /// As results state it.
    pub fn to_json(&self) -> Value {
        let cut_s = self.at as f64 / 1e9;
        match self.reason {
            Reason::Document => json!({"cut_s": cut_s, "method": "document"}),
            Reason::Given => json!({"cut_s": cut_s, "method": "given"}),
            Reason::Found { watched, runs, windows, settled } => json!({
                "cut_s": cut_s,
                "method": "mser-5",
                "series": watched.name(),
                "pilot_runs": runs,
                "windows": windows,
                "settled": settled,
            }),
        }
    }

    /// In words, for a reader at a terminal.
    pub fn sentence(&self) -> String {
        let cut_s = self.at as f64 / 1e9;
        match self.reason {
            Reason::Document => format!("{cut_s} s, as the document says"),
            Reason::Given => format!("{cut_s} s, as given"),
            Reason::Found { watched, runs, windows, settled } => {
                let of = if runs == 1 { "one run".to_owned() } else { format!("{runs} runs") };
                let doubt =
                    if settled { "" } else { "; the run is too short to tell whether it has settled" };
                format!("{cut_s} s, found by MSER-5 in {windows} windows ({}) of {of}{doubt}", watched.name())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repeatable noise of mean 0.
    fn noise(at: usize) -> f64 {
        let mixed = (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f64 / (1 << 24) as f64 - 0.5
    }

    #[test]
    fn a_ramp_is_cut_off() {
        let series: Vec<f64> =
            (0..400).map(|at| if at < 60 { at as f64 / 6.0 } else { 10.0 } + noise(at)).collect();
        let Mser { cut, settled } = mser_5(&series);
        assert!(settled && (50..=75).contains(&cut), "{cut}");
    }

    #[test]
    fn a_steady_series_is_kept() {
        let series: Vec<f64> = (0..400).map(|at| 10.0 + noise(at)).collect();
        let Mser { cut, settled } = mser_5(&series);
        assert!(settled && cut <= 60, "{cut}");
        assert_eq!(mser_5(&[3.0; 100]), Mser { cut: 0, settled: true });
    }

    #[test]
    fn what_never_settles_is_said() {
        let series: Vec<f64> = (0..400).map(|at| at as f64).collect();
        assert!(!mser_5(&series).settled);
        assert_eq!(mser_5(&[1.0; 39]), Mser { cut: 0, settled: false });
    }
}

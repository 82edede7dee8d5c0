//! From windows to what a chart draws. Pure.

use brownout_scenario::axis;
use brownout_sim::Ns;
use brownout_sim::observe::{Outcome, Window};

/// More points than this are not told apart on a panel; windows are then joined.
const MOST_POINTS: usize = 480;

/// One line or one layer of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    pub series: Series,
    /// Per point of [`Plot::times`]; `None` where there is no value to be honest about.
    pub values: Vec<Option<f64>>,
}

/// What a curve shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    Goodput,
    Throughput,
    P50,
    P95,
    P99,
    Errors(Outcome),
}

/// The three charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chart {
    Rates,
    Latency,
    Errors,
}

impl Chart {
    pub const ALL: [Self; 3] = [Self::Rates, Self::Latency, Self::Errors];
    /// As addresses name them, in the order of [`ALL`](Self::ALL).
    pub const CODES: [&str; 3] = ["rates", "latency", "errors"];

    pub fn from_code(code: &str) -> Option<Self> {
        Self::CODES.iter().position(|known| *known == code).map(|at| Self::ALL[at])
    }
}

/// What one chart draws.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// In seconds: the middle of each window.
    pub times: Vec<f64>,
    pub curves: Vec<Curve>,
    /// Layers stand on each other.
    pub stacked: bool,
    /// The top of the value axis.
    pub top: f64,
    /// How long one point's window is, in seconds.
    pub window_s: f64,
}

impl Default for Plot {
    fn default() -> Self {
        Self { times: Vec::new(), curves: Vec::new(), stacked: false, top: 1.0, window_s: 1.0 }
    }
}

impl Plot {
    /// The values of the point that holds this time, or of the last one.
    pub fn values_at(&self, second: Option<f64>) -> impl Iterator<Item = (Series, Option<f64>)> + '_ {
        let last = self.times.len().saturating_sub(1);
        let index = second.map_or(last, |second| {
            self.times.partition_point(|time| time + self.window_s / 2.0 <= second).min(last)
        });
        self.curves.iter().map(move |curve| (curve.series, curve.values.get(index).copied().flatten()))
    }
}

/// How many good answers a percentile needs in its window before it means anything.
const fn least_samples(series: Series) -> u64 {
    match series {
        Series::P99 => 100,
        Series::P95 => 20,
        _ => 2,
    }
}

/// How many windows are joined into one point.
fn joined(windows: usize) -> usize {
    windows.div_ceil(MOST_POINTS).max(1)
}

/// What this chart draws of these windows.
pub fn plot(chart: Chart, windows: &[Window]) -> Plot {
    let groups: Vec<&[Window]> = windows.chunks(joined(windows.len())).collect();
    let middle = |group: &&[Window]| {
        let (first, last) = (&group[0], &group[group.len() - 1]);
        (first.start as f64 + (last.start + last.length) as f64) / 2e9
    };
    let curves = series_of(chart, windows)
        .into_iter()
        .map(|series| Curve { series, values: groups.iter().map(|group| value(series, group)).collect() });
    let mut plot = Plot {
        times: groups.iter().map(middle).collect(),
        curves: curves.collect(),
        stacked: chart == Chart::Errors,
        top: 0.0,
        window_s: groups.first().map_or(1.0, |group| span_s(group)),
    };
    plot.top = axis::top(highest(&plot));
    plot
}

fn series_of(chart: Chart, windows: &[Window]) -> Vec<Series> {
    match chart {
        Chart::Rates => vec![Series::Throughput, Series::Goodput],
        Chart::Latency => vec![Series::P50, Series::P95, Series::P99],
        Chart::Errors => Outcome::ALL
            .iter()
            .filter(|outcome| !outcome.is_ok())
            .filter(|outcome| windows.iter().any(|window| window.outcomes[**outcome as usize] > 0))
            .map(|outcome| Series::Errors(*outcome))
            .collect(),
    }
}

fn span_s(group: &[Window]) -> f64 {
    group.iter().map(|window| window.length as f64).sum::<f64>() / 1e9
}

fn value(series: Series, group: &[Window]) -> Option<f64> {
    let per_second = |count: fn(&Window) -> u64| {
        Some(group.iter().map(count).sum::<u64>() as f64 / span_s(group).max(1e-9))
    };
    match series {
        Series::Goodput => per_second(|window| window.good),
        Series::Throughput => per_second(|window| window.finished),
        Series::Errors(outcome) => {
            let count: u64 = group.iter().map(|window| window.outcomes[outcome as usize]).sum();
            Some(count as f64 / span_s(group).max(1e-9))
        }
        // Percentiles cannot be averaged; of joined windows the worst is shown.
        Series::P50 => worst(series, group, |window| window.p50),
        Series::P95 => worst(series, group, |window| window.p95),
        Series::P99 => worst(series, group, |window| window.p99),
    }
}

fn worst(series: Series, group: &[Window], percentile: fn(&Window) -> Option<Ns>) -> Option<f64> {
    let enough = |window: &&Window| window.outcomes[Outcome::Ok as usize] >= least_samples(series);
    let worst = group.iter().filter(enough).filter_map(percentile).max();
    worst.map(|ns| ns as f64 / 1e6)
}

fn highest(plot: &Plot) -> f64 {
    let at = |index: usize| {
        let values = plot.curves.iter().filter_map(|curve| curve.values[index]);
        if plot.stacked { values.sum::<f64>() } else { values.fold(0.0, f64::max) }
    };
    (0..plot.times.len()).map(at).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(second: u64, ok: u64, refused: u64) -> Window {
        let mut outcomes = [0; Outcome::COUNT];
        outcomes[Outcome::Ok as usize] = ok;
        outcomes[Outcome::Refused as usize] = refused;
        Window {
            start: second * 1_000_000_000,
            length: 1_000_000_000,
            issued: ok + refused,
            finished: ok + refused,
            good: ok,
            outcomes,
            late: 0,
            p50: Some(5_000_000),
            p95: Some(9_000_000),
            p99: Some(12_000_000),
        }
    }

    #[test]
    fn rates_are_per_second() {
        let plot = plot(Chart::Rates, &[window(0, 90, 10), window(1, 50, 0)]);
        assert_eq!(plot.times, [0.5, 1.5]);
        assert_eq!(plot.curves[0].values, [Some(100.0), Some(50.0)]);
        assert_eq!(plot.curves[1].values, [Some(90.0), Some(50.0)]);
        assert_eq!(plot.values_at(Some(0.9)).next(), Some((Series::Throughput, Some(100.0))));
        assert_eq!(plot.values_at(None).next(), Some((Series::Throughput, Some(50.0))));
    }

    #[test]
    fn a_percentile_of_too_few_is_not_drawn() {
        let plot = plot(Chart::Latency, &[window(0, 99, 0), window(1, 100, 0)]);
        assert_eq!(plot.curves[2].values, [None, Some(12.0)], "p99 needs a hundred");
        assert_eq!(plot.curves[1].values, [Some(9.0), Some(9.0)], "p95 needs twenty");
    }

    #[test]
    fn only_causes_that_occurred_are_named() {
        assert!(plot(Chart::Errors, &[window(0, 9, 0)]).curves.is_empty(), "no errors, no curves");
        let plot = plot(Chart::Errors, &[window(0, 9, 0), window(1, 9, 4)]);
        assert_eq!(plot.curves.len(), 1);
        assert_eq!(plot.curves[0].values, [Some(0.0), Some(4.0)]);
    }

    #[test]
    fn a_day_of_windows_is_joined() {
        let windows: Vec<Window> = (0..86_400).map(|second| window(second, 7, 0)).collect();
        let plot = plot(Chart::Rates, &windows);
        assert!(plot.times.len() <= MOST_POINTS, "{} points", plot.times.len());
        assert_eq!(plot.window_s, 180.0);
        assert_eq!(plot.curves[1].values[3], Some(7.0), "still per second");
    }
}

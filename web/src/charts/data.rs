//! From windows to what a chart draws. Pure.

use brownout_sim::Ns;
use brownout_sim::observe::{Happening, Outcome, What, Window};
use brownout_sim::system::{Target, Verb};

/// More points than this are not told apart on a panel; windows are then joined.
const MOST_POINTS: usize = 480;
/// The shortest span of time that a chart shows.
const SHORTEST_S: f64 = 10.0;

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
    plot.top = nice_top(highest(&plot));
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

/// The next larger of 1, 2, 5 times a power of ten, with a little room above.
pub fn nice_top(highest: f64) -> f64 {
    if highest <= 0.0 || !highest.is_finite() {
        return 1.0;
    }
    let wanted = highest * 1.08;
    let mut power = 1.0;
    while power * 10.0 <= wanted {
        power *= 10.0;
    }
    while power > wanted {
        power /= 10.0;
    }
    [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|top| *top >= wanted)
        .unwrap_or(power * 10.0)
}

/// Where the shared time axis ends, in seconds: with the run, or while it is young, a little ahead of it.
pub fn time_end(now: Ns, duration: Ns) -> f64 {
    let (now, duration) = (now as f64 / 1e9, duration as f64 / 1e9);
    let wanted = now * 1.04;
    let end = [10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 450.0]
        .into_iter()
        .chain((1..200).map(|step| f64::from(step) * 600.0))
        .find(|end| *end >= wanted)
        .unwrap_or(wanted);
    end.min(duration.max(SHORTEST_S).max(now)).max(0.001)
}

/// Distances between the marks of the time axis, in seconds: at most about six marks.
pub fn time_step(end: f64) -> f64 {
    [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0]
        .into_iter()
        .find(|step| end / step <= 6.0)
        .unwrap_or(43_200.0)
}

/// The times in which some fault had struck and was not yet repaired, in seconds.
pub fn fault_spans(happenings: &[Happening], now: Ns) -> Vec<(f64, f64)> {
    let mut open: Vec<(Target, Ns)> = Vec::new();
    let mut spans = Vec::new();
    let seconds = |ns: Ns| ns as f64 / 1e9;
    for happening in happenings {
        let What::Struck { verb, target } = &happening.what else { continue };
        if *verb != Verb::Restore {
            if !open.iter().any(|(struck, _)| struck == target) {
                open.push((*target, happening.at));
            }
            continue;
        }
        // A repair of the whole repairs its instances too.
        open.retain(|(struck, since)| {
            let repaired = struck == target || (target.instance.is_none() && struck.id == target.id);
            if repaired {
                spans.push((seconds(*since), seconds(happening.at)));
            }
            !repaired
        });
    }
    spans.extend(open.into_iter().map(|(_, since)| (seconds(since), seconds(now))));
    merged(spans)
}

fn merged(mut spans: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    brownout_sim::order::sort_by(&mut spans, |a, b| a.0.total_cmp(&b.0));
    let mut out: Vec<(f64, f64)> = Vec::with_capacity(spans.len());
    for (start, end) in spans {
        match out.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => out.push((start, end)),
        }
    }
    out
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

    #[test]
    fn axes_end_at_round_numbers() {
        assert_eq!(nice_top(0.0), 1.0);
        assert_eq!(nice_top(92.0), 100.0);
        assert_eq!(nice_top(99.0), 150.0);
        assert_eq!(time_end(3_000_000_000, 600_000_000_000), 10.0);
        assert_eq!(time_end(58_000_000_000, 60_000_000_000), 60.0);
        assert_eq!(time_step(60.0), 10.0);
    }

    #[test]
    fn faults_shade_until_they_are_repaired() {
        let struck = |second: u64, verb, target| Happening {
            at: second * 1_000_000_000,
            what: What::Struck { verb, target },
        };
        let happenings = [
            struck(2, Verb::Kill, Target::one(4, 1)),
            struck(3, Verb::Kill, Target::whole(5)),
            struck(5, Verb::Restore, Target::whole(4)),
            struck(6, Verb::Restore, Target::whole(5)),
            struck(8, Verb::Cut, Target::whole(9)),
        ];
        assert_eq!(fault_spans(&happenings, 10_000_000_000), [(2.0, 6.0), (8.0, 10.0)]);
    }
}

//! The axes of charts. Timeline and charts share one time axis, in the page, in its panels and in the files they are saved
//! to: it begins with the run and ends at a round time beyond what has been simulated and what is planned.

use brownout_sim::Ns;
use brownout_sim::observe::{Happening, What};
use brownout_sim::system::{Target, Verb};

use crate::Scenario;

const SECOND: Ns = 1_000_000_000;
/// The shortest axis, in seconds.
const SHORTEST: Ns = 10;
/// Where axes end, in seconds; beyond these, at whole tens of minutes.
const ENDS: [Ns; 11] = [SHORTEST, 15, 20, 30, 45, 60, 90, 120, 180, 300, 450];

/// When the last planned fault is over.
pub fn planned(document: &Scenario) -> Ns {
    let ends = document.timeline.iter().map(|entry| entry.at.saturating_add(entry.lasts.unwrap_or(0)));
    ends.max().unwrap_or(0)
}

/// Where it ends, for a run that is `now` and lasts `duration`.
pub fn end(planned: Ns, duration: Ns, now: Ns) -> Ns {
    let wanted =
        now.saturating_add(now / 25).max(planned.saturating_add(planned / 10)).max(SHORTEST * SECOND);
    let round = ENDS.iter().map(|end| end * SECOND).find(|end| *end >= wanted);
    let end = round.unwrap_or_else(|| wanted.div_ceil(600 * SECOND).saturating_mul(600 * SECOND));
    // A run that ends sooner ends the axis, unless something is planned for later.
    end.min(duration.max(SHORTEST * SECOND)).max(now).max(planned)
}

/// Distances between its marks, in seconds: at most about six marks.
pub fn step(end_s: f64) -> f64 {
    [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0]
        .into_iter()
        .find(|step| end_s / step <= 6.0)
        .unwrap_or(43_200.0)
}

/// A moment on it: `20 s`, `5 min`, `2 h`.
pub fn label(second: f64) -> String {
    match second {
        second if second > 0.0 && second % 3_600.0 == 0.0 => format!("{} h", second / 3_600.0),
        second if second >= 120.0 && second % 60.0 == 0.0 => format!("{} min", second / 60.0),
        _ => format!("{second} s"),
    }
}

/// The top of a value axis: the next larger of 1, 2, 5 times a power of ten, with a little room above.
pub fn top(highest: f64) -> f64 {
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

    #[test]
    fn it_ends_at_a_round_time_beyond_the_run_and_its_plan() {
        let at = |planned: Ns, duration: Ns, now: Ns| {
            end(planned * SECOND, duration * SECOND, now * SECOND) / SECOND
        };
        assert_eq!(at(0, 600, 3), 10);
        assert_eq!(at(0, 60, 58), 60);
        assert_eq!(at(0, 600, 15), 20, "a little ahead of the run");
        assert_eq!(at(25, 600, 3), 30, "a planned fault is seen before it strikes");
        assert_eq!(at(0, 86_400, 50_000), 52_200, "a day has whole tens of minutes");
        assert_eq!(at(90, 60, 3), 90, "what is planned after the end is seen too");
        assert_eq!(at(0, 5, 5), 10);
    }

    #[test]
    fn marks_are_few_and_labelled_in_their_unit() {
        assert_eq!(step(60.0), 10.0);
        assert_eq!(
            ["0 s", "20 s", "5 min", "2 h"].map(str::to_owned),
            [0.0, 20.0, 300.0, 7_200.0].map(label)
        );
    }

    #[test]
    fn value_axes_end_at_round_numbers() {
        assert_eq!(top(0.0), 1.0);
        assert_eq!(top(92.0), 100.0);
        assert_eq!(top(99.0), 150.0);
    }

    #[test]
    fn faults_shade_until_they_are_repaired() {
        let struck = |second: u64, verb, target| Happening {
            at: second * SECOND,
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

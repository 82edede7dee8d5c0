//! Two designs side by side: where they differ, and what their runs came to.

use brownout_scenario::{Record, Scenario};
use brownout_sim::Ns;
use brownout_sim::param::Words;

use crate::fields::{Held, fields, id_of};
use crate::measure::{Limit, Measured, measure, measure_record};
use crate::metric::find;

/// A place at which two designs differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// `parts.4.workers`; `parts.4` where the whole part is in one of them alone.
    pub path: String,
    pub label: Option<Words>,
    pub here: Option<String>,
    pub there: Option<String>,
}

/// A figure of both runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// A path into the figures of a run.
    pub metric: &'static str,
    pub label: Words,
    pub here: Option<f64>,
    pub there: Option<f64>,
}

/// What every run is asked for.
const FIGURES: &[(&str, Words)] = &[
    ("goodput_rps", Words::new("Goodput (/s)", "유효 처리량(/초)")),
    ("availability", Words::new("Availability", "가용성")),
    ("latency_ms.p50", Words::new("Latency, median (ms)", "지연 시간, 중앙값(ms)")),
    ("latency_ms.p99", Words::new("Latency, 99th percentile (ms)", "지연 시간, 99백분위수(ms)")),
    ("requests.failed.total", Words::new("Failed requests", "실패한 요청")),
];

/// Where the parts and edges of two documents differ; names and places on the canvas do not count.
pub fn differences(here: &Scenario, there: &Scenario) -> Vec<Difference> {
    let has = |document: &Scenario, id: u32| document.part(id).is_some() || document.edge(id).is_some();
    let (ours, theirs) = (fields(here), fields(there));
    let mut all: Vec<Difference> = Vec::new();
    let mut paths: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        let (one, other) = (ours.get(path), theirs.get(path));
        if one == other {
            continue;
        }
        let Some(id) = id_of(path) else { continue };
        if has(here, id) && has(there, id) {
            let label = one.or(other).and_then(Held::label);
            let (here, there) = (one.map(Held::text), other.map(Held::text));
            all.push(Difference { path: path.clone(), label, here, there });
            continue;
        }
        // One that stands in one of them alone is one line, by its type.
        let whole: Vec<&str> = path.split('.').take(2).collect();
        let whole = whole.join(".");
        if all.iter().all(|known| known.path != whole) {
            let kind = |document: &Scenario| {
                let part = document.part(id).map(|part| part.params.kind().spec().name.to_owned());
                part.or_else(|| document.edge(id).map(|edge| format!("{} → {}", edge.from, edge.to)))
            };
            all.push(Difference { path: whole, label: None, here: kind(here), there: kind(there) });
        }
    }
    all
}

/// What a visitor's run and a run of another document came to, from their warm-up until `until`.
pub fn figures(record: &Record, other: &Scenario, until: Ns) -> Vec<Figure> {
    let over = |document: &Scenario| {
        let options = document.options();
        let until = until.min(options.duration);
        (options.warmup < until).then_some([options.warmup, until])
    };
    let seed = record.start.settings.seed.0;
    let here = over(&record.start)
        .and_then(|over| Some((measure_record(record, &[Some(over)], Limit::ANSWER).ok()?, over)));
    let there =
        over(other).and_then(|over| Some((measure(other, seed, &[Some(over)], Limit::ANSWER).ok()?, over)));
    let value = |run: &Option<(Measured, [Ns; 2])>, metric: &str| {
        let (measured, over) = run.as_ref()?;
        find(measured.figures(Some(*over))?, metric)?.as_f64()
    };
    let figure = |(metric, label): &(&'static str, Words)| Figure {
        metric,
        label: *label,
        here: value(&here, metric),
        there: value(&there, metric),
    };
    FIGURES.iter().map(figure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn changed(change: impl Fn(&mut Value)) -> Scenario {
        let mut json: Value = serde_json::from_str(&brownout_scenario::starter().to_json()).expect("JSON");
        change(&mut json);
        Scenario::from_json(&json.to_string()).expect("valid")
    }

    #[test]
    fn differences_are_told_by_path_and_whole_parts_once() {
        let one = brownout_scenario::starter();
        assert_eq!(differences(&one, &changed(|json| json["parts"][4]["name"] = "other".into())), []);
        let other = changed(|json| {
            json["edges"][0]["policy"]["retries"] = 3.into();
            let last = json["parts"].as_array().expect("parts").len() - 1;
            let mut part = json["parts"][last].clone();
            part["id"] = 900.into();
            json["parts"].as_array_mut().expect("parts").push(part);
        });
        let found = differences(&one, &other);
        let paths: Vec<&str> = found.iter().map(|one| one.path.as_str()).collect();
        let retries = format!("edges.{}.policy.retries", one.edges[0].id);
        assert_eq!(paths, [retries.as_str(), "parts.900"]);
        assert_eq!((found[0].here.as_deref(), found[0].there.as_deref()), (Some("0"), Some("3")));
        assert!(found[0].label.is_some() && found[1].here.is_none() && found[1].there.is_some());
    }

    #[test]
    fn runs_are_measured_over_the_same_time() {
        let document = brownout_scenario::starter();
        let record = Record::new(document.clone());
        let second = 1_000_000_000;
        let same = figures(&record, &document, document.options().warmup + 4 * second);
        assert!(same.iter().all(|figure| figure.here == figure.there), "{same:?}");
        assert!(same[0].here.is_some_and(|goodput| goodput > 0.0), "{same:?}");
        assert!(figures(&record, &document, 0).iter().all(|figure| figure.here.is_none()));
    }
}

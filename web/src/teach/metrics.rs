//! What goals can be made of: the figures of the whole run, of a part and of a connection.

use brownout_scenario::{Op, Scenario};
use brownout_sim::component::Kind;
use brownout_sim::param::Words;
use brownout_sim::system::Id;

type Figure = (&'static str, Words);

const WHOLE: &[Figure] = &[
    ("availability", Words::new("Availability (0 to 1)", "가용성(0~1)")),
    ("goodput_rps", Words::new("Goodput (/s)", "유효 처리량(/초)")),
    ("throughput_rps", Words::new("Throughput (/s)", "처리량(/초)")),
    ("latency_ms.mean", Words::new("Latency, mean (ms)", "지연 시간, 평균(ms)")),
    ("latency_ms.p50", Words::new("Latency, median (ms)", "지연 시간, 중앙값(ms)")),
    ("latency_ms.p95", Words::new("Latency, 95th percentile (ms)", "지연 시간, 95백분위수(ms)")),
    ("latency_ms.p99", Words::new("Latency, 99th percentile (ms)", "지연 시간, 99백분위수(ms)")),
    ("requests.failed.total", Words::new("Failed requests", "실패한 요청 수")),
];
const CLIENT: &[Figure] = &[WHOLE[0], WHOLE[1], WHOLE[2], WHOLE[3], WHOLE[5], WHOLE[6], WHOLE[7]];
const PART: &[Figure] = &[
    ("utilisation", Words::new("Utilisation (0 to 1)", "사용률(0~1)")),
    ("throughput_rps", Words::new("Throughput (/s)", "처리량(/초)")),
    ("offered_rps", Words::new("Offered load (/s)", "들어오는 부하(/초)")),
    ("queue_mean", Words::new("Queue, mean", "대기열, 평균")),
    ("queue_max", Words::new("Queue, longest", "대기열, 최대")),
    ("wait_ms.p95", Words::new("Wait, 95th percentile (ms)", "대기 시간, 95백분위수(ms)")),
    ("residence_ms.p95", Words::new("Time spent there, 95th percentile (ms)", "체류 시간, 95백분위수(ms)")),
    ("errors.total", Words::new("Errors", "오류 수")),
];
const EDGE: &[Figure] = &[
    ("issued", Words::new("Calls", "호출 수")),
    ("failed.total", Words::new("Failed calls", "실패한 호출 수")),
    ("latency_ms.p95", Words::new("Latency, 95th percentile (ms)", "지연 시간, 95백분위수(ms)")),
];

/// What can be measured of the whole, or of this part or connection.
pub fn of(document: &Scenario, subject: Option<Id>) -> Vec<Figure> {
    let Some(id) = subject else { return WHOLE.to_vec() };
    match document.part(id).map(|part| part.params.kind()) {
        Some(Kind::Client) => CLIENT.to_vec(),
        Some(kind) => {
            let gauges = kind.spec().gauges.iter().map(|gauge| (gauge.name, gauge.label));
            PART.iter().copied().chain(gauges).collect()
        }
        None => EDGE.to_vec(),
    }
}

/// The path of a figure.
pub fn path(document: &Scenario, subject: Option<Id>, name: &str) -> String {
    let Some(id) = subject else { return name.to_owned() };
    let list = match document.part(id).map(|part| part.params.kind()) {
        Some(Kind::Client) => "workloads",
        Some(_) => "components",
        None => "edges",
    };
    format!("{list}.{id}.{name}")
}

/// A goal in a sentence of each language: what it is about, the comparison, and the stretch of time.
pub fn sentences(what: [&str; 2], op: Op, value: &str, over: Option<[f64; 2]>) -> [String; 2] {
    let label = Op::CHOICES[op as usize].label;
    let [en, ko] = what;
    let stretch = over.map(|[from, to]| (format!(", from {from} s to {to} s"), format!(" ({from}~{to}초)")));
    let (over_en, over_ko) = stretch.unwrap_or_default();
    let space = if op == Op::Equal { ": " } else { " " };
    let compared =
        if op == Op::Equal { format!("{value}과 {}", label.ko) } else { format!("{value} {}", label.ko) };
    [format!("{en}{space}{} {value}{over_en}.", label.en), format!("{ko}: {compared}{over_ko}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_one_that_runs_have() {
        let document = brownout_scenario::starter();
        let simulation =
            brownout_sim::Simulation::new(&document.system(), document.options(), &[]).expect("valid");
        let figures = brownout_scenario::figures(&simulation.report(), &document, None);
        let find = |path: &str| path.split('.').try_fold(&figures, |value, step| value.get(step)).is_some();
        let subjects = document.parts.iter().map(|part| Some(part.id));
        let subjects = subjects.chain(document.edges.iter().map(|edge| Some(edge.id)));
        for subject in subjects.chain([None]) {
            let gauges =
                subject.and_then(|id| document.part(id)).map(|part| part.params.kind().spec().gauges);
            for (name, _) in of(&document, subject) {
                // Gauges that have nothing to say yet are left out of a report.
                let is_gauge = gauges.is_some_and(|gauges| gauges.iter().any(|gauge| gauge.name == name));
                let path = path(&document, subject, name);
                assert!(is_gauge || find(&path), "{path}");
            }
        }
    }

    #[test]
    fn goals_are_sentences() {
        let [en, ko] = sentences(["Web: Queue", "웹: 대기열"], Op::AtMost, "3", Some([5.0, 60.0]));
        assert_eq!(en, "Web: Queue at most 3, from 5 s to 60 s.");
        assert_eq!(ko, "웹: 대기열: 3 이하 (5~60초)");
    }
}

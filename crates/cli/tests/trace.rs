//! `brownout trace`: what it shows is of the same run, adds up, and can be asked for again.

mod support;

use serde_json::Value;
use support::{brownout, fixture};

fn trace(more: &[&str]) -> Value {
    let path = fixture("starter.json");
    let mut arguments = vec!["trace", &path, "--duration", "20s", "--format", "json"];
    arguments.extend_from_slice(more);
    let done = brownout(&arguments, b"");
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
    serde_json::from_str(&done.out).expect("JSON")
}

fn sum(division: &Value) -> u64 {
    division.as_object().into_iter().flatten().filter_map(|(_, ns)| ns.as_u64()).sum()
}

#[test]
fn traces_add_up_and_are_of_the_run() {
    let all = trace(&["--slowest", "2", "--sample", "3"]);
    let run = brownout(&["run", &fixture("starter.json"), "--duration", "20s", "--format", "json"], b"");
    let run: Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!(all["digest"], run["digest"]);
    let traces = all["traces"].as_array().expect("traces");
    assert_eq!(traces.len(), 5);
    let slowest = traces[0]["latency_ns"].as_u64().expect("it has ended");
    let max = run["latency_ms"]["max"].as_f64().expect("a figure");
    assert!((slowest as f64 / 1e6 - max).abs() < 1e-6, "{slowest} ns, {max} ms");
    for one in traces {
        assert_eq!(Some(sum(&one["division_ns"])), one["latency_ns"].as_u64(), "{one}");
        for span in one["spans"].as_array().expect("spans") {
            assert_eq!(Some(sum(&span["division_ns"])), span["duration_ns"].as_u64(), "{span}");
        }
    }
    let name = traces[0]["request"].as_str().expect("a name");
    let again = trace(&["--request", name]);
    assert_eq!(again["traces"][0]["spans"], traces[0]["spans"]);
    assert_eq!(again["traces"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_waterfall_names_what_it_shows() {
    let done = brownout(&["trace", &fixture("starter.json"), "--duration", "20s", "--slowest", "1"], b"");
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
    for words in ["slowest, 1 of 1", "handed over", "of the visitor's time", "being worked on"] {
        assert!(done.out.contains(words), "{words}: {}", done.out);
    }
}

#[test]
fn what_is_no_request_is_refused() {
    let path = fixture("starter.json");
    let done = brownout(&["trace", &path, "--duration", "20s", "--request", "nonsense"], b"");
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains("expected the name of a request"), "{}", done.err);
    let done = brownout(&["trace", &path, "--duration", "20s", "--request", "0000000000000001@5"], b"");
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("no request 0000000000000001@5"), "{}", done.err);
}

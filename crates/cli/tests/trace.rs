//! `brownout trace`: what it shows is of the same run, adds up, and can be asked for again.

mod support;

use opentelemetry_proto::tonic::trace::v1::{Span, TracesData};
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

/// The spans of the export, as the official definitions of the protocol read them.
fn read_back(arguments: &[&str]) -> Vec<Span> {
    let mut all = vec!["trace", arguments[0], "--format", "otlp"];
    all.extend_from_slice(&arguments[1..]);
    let done = brownout(&all, b"");
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
    let data: TracesData = serde_json::from_str(&done.out).expect("OTLP");
    let spans = data.resource_spans.into_iter().flat_map(|resource| {
        assert!(
            resource.resource.is_some_and(|one| one.attributes.iter().any(|one| one.key == "service.name"))
        );
        resource.scope_spans.into_iter().flat_map(|scope| scope.spans)
    });
    spans.collect()
}

#[test]
fn opentelemetry_reads_back_every_span_with_its_parent_and_duration() {
    for (name, some) in
        [("starter.json", "--slowest"), ("parts60.json", "--sample"), ("parts60.json", "--failed")]
    {
        let path = fixture(name);
        let arguments = [path.as_str(), "--duration", "20s", some, "7"];
        let spans = read_back(&arguments);
        let mut all = vec!["trace", "--format", "json"];
        all.extend_from_slice(&arguments);
        let own: Value = serde_json::from_str(&brownout(&all, b"").out).expect("JSON");
        let mut seen = 0;
        for trace in own["traces"].as_array().expect("traces") {
            let request = trace["request"].as_str().expect("a name").to_owned();
            let is_root = |span: &&Span| {
                let has = |one: &opentelemetry_proto::tonic::common::v1::KeyValue| {
                    let value = one.value.as_ref().and_then(|value| value.value.as_ref());
                    one.key == "brownout.request" && format!("{value:?}").contains(&request)
                };
                span.attributes.iter().any(has)
            };
            let root = spans.iter().find(is_root).expect("its root is there");
            assert_eq!(root.trace_id.len(), 16);
            let mut read: Vec<&Span> = spans.iter().filter(|span| span.trace_id == root.trace_id).collect();
            read.sort_by_key(|span| u16::from_be_bytes([span.span_id[6], span.span_id[7]]));
            let told = trace["spans"].as_array().expect("spans");
            assert_eq!(read.len(), told.len(), "{request}");
            seen += told.len();
            for (span, told) in read.iter().zip(told) {
                let parent = told["parent"].as_u64().map(|at| read[at as usize].span_id.clone());
                assert_eq!(span.parent_span_id, parent.unwrap_or_default(), "{request}: {told}");
                let lasted = span.end_time_unix_nano - span.start_time_unix_nano;
                let known = told["duration_ns"].as_u64();
                assert!(known.is_none_or(|known| known == lasted), "{request}: {lasted} ns, {told}");
                let sent = told["sent_ns"].as_u64().expect("a time");
                assert_eq!(span.start_time_unix_nano - brownout_scenario::otlp::ORIGIN, sent);
                assert_eq!(span.links.len(), usize::from(!told["handed_over_by"].is_null()));
                let is_bad = told["outcome"].as_str().is_some_and(|outcome| outcome != "ok");
                let code = span.status.as_ref().map_or(0, |status| status.code);
                assert_eq!(
                    code == 2,
                    is_bad || (told["outcome"].is_null() && told["fate"] == "given_up"),
                    "{told}"
                );
            }
        }
        assert_eq!(seen, spans.len(), "no span is of another trace");
        assert!(some == "--failed" || seen > 7, "{name} {some}: {seen} spans");
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

#[test]
fn why_tells_what_limits_a_run_and_what_dies_with_what() {
    let path = fixture("starter.json");
    let done = brownout(&["why", &path, "--at", "30s", "--format", "json"], b"");
    assert_eq!(done.code, Some(0), "{}", done.err);
    let found: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(found["alarm"], false);
    let claims = found["claims"].as_array().expect("claims");
    let limit = claims.iter().find(|claim| claim["kind"] == "limit").expect("what limits it");
    assert!(limit["about"].is_u64() && limit["evidence"][0]["value"].is_f64(), "{limit}");
    let korean = brownout(&["why", &path, "--at", "30s", "--lang", "ko"], b"");
    assert!(korean.out.contains("문제가 없습니다"), "{}", korean.out);
    let scan = brownout(&["why", &path, "--at", "20s", "--scan", "--format", "json"], b"");
    let scan: Value = serde_json::from_str(&scan.out).expect("JSON");
    let single = scan.as_array().expect("a list").iter().filter(|one| one["single_point"] == true).count();
    assert!((1..=3).contains(&single), "{scan}");
}

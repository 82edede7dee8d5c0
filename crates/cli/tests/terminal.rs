//! The contract of the terminal: output, exit codes, and that every way in gives the same run.

mod support;

use brownout_scenario::edit::Editor;
use brownout_scenario::{Shared, link, starter};
use brownout_sim::system::{Target, Verb};
use serde_json::Value;
use support::{brownout, file, fixture};

fn json(arguments: &[&str], input: &[u8]) -> Value {
    let done = brownout(arguments, input);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(done.err, "", "nothing but results");
    serde_json::from_str(&done.out).expect("JSON")
}

#[test]
fn file_stream_and_link_are_the_same_run() {
    let path = fixture("starter.json");
    let text = std::fs::read(&path).expect("exists");
    let link = brownout(&["link", &path], b"").out.trim().to_owned();
    let address =
        brownout(&["link", &path, "--page", "http://127.0.0.1:8080/lab#old"], b"").out.trim().to_owned();
    assert_eq!(address, format!("http://127.0.0.1:8080/lab{link}"));
    let run = |input: &str, stream: &[u8]| {
        json(&["run", input, "--duration", "20s", "--format", "json"], stream)["digest"].clone()
    };
    let digest = run(&path, b"");
    assert_eq!(digest.as_str().map(str::len), Some(32));
    assert_eq!(run("-", &text), digest);
    assert_eq!(run(&link, b""), digest);
    assert_eq!(run("-", address.as_bytes()), digest);
    assert_ne!(
        json(&["run", &path, "--duration", "20s", "--seed", "2", "--format", "json"], b"")["digest"],
        digest
    );
}

#[test]
fn a_link_decodes_to_the_very_file() {
    for name in [
        "starter.json",
        "parts60.json",
        "v1-minimal.json",
        "single-server.json",
        "tandem.json",
        "balanced.json",
        "bench/m1.json",
        "bench/m2.json",
        "bench/m3.json",
        "bench/m4.json",
    ] {
        let text = std::fs::read_to_string(fixture(name)).expect("exists");
        let link = brownout(&["link", &fixture(name)], b"").out;
        assert_eq!(brownout(&["decode", link.trim()], b"").out, text, "{name}");
        assert_eq!(brownout(&["decode", "-"], link.as_bytes()).out, text, "{name}");
        let again = file("again.json", text.as_bytes());
        assert_eq!(brownout(&["link", &again], b"").out, link, "{name}");
    }
}

#[test]
fn figures_have_the_shape_of_the_contract() {
    let figures = json(&["run", &fixture("parts60.json"), "--duration", "60s", "--format", "json"], b"");
    for field in [
        "version",
        "seed",
        "digest",
        "simulated_s",
        "wall_s",
        "events",
        "requests",
        "throughput_rps",
        "goodput_rps",
        "availability",
        "latency_ms",
        "workloads",
        "components",
        "outages",
        "series",
    ] {
        assert!(!figures[field].is_null(), "{field}");
    }
    for field in ["mean", "p50", "p90", "p95", "p99", "p999", "max", "count"] {
        assert!(figures["latency_ms"][field].is_number(), "{field}");
    }
    let requests = &figures["requests"];
    let count = |value: &Value| value.as_u64().expect("a count");
    let visits = count(&figures["events"]) / 2;
    assert!(
        visits >= 12 * count(&requests["issued"]),
        "{visits} visits: budgets hold for at least 12 a request"
    );
    let sum =
        count(&requests["succeeded"]) + count(&requests["failed"]["total"]) + count(&requests["in_flight"]);
    assert_eq!(count(&requests["issued"]), sum);
    let web = &figures["components"]["16"];
    assert_eq!((&web["name"], &web["type"]), (&"web-a-1".into(), &"web".into()));
    for field in [
        "offered_rps",
        "throughput_rps",
        "utilisation",
        "queue_mean",
        "queue_max",
        "service_ms",
        "residence_ms",
    ] {
        assert!(!web[field].is_null(), "{field}");
    }
    assert!(web["wait_ms"]["p95"].is_number());
    assert!(figures["components"]["15"]["healthy_targets"].is_number(), "a type's own gauge");
    assert!(figures["workloads"]["1"]["classes"]["read"]["latency_ms"]["p50"].is_number());
    assert!(figures["outages"][0]["failed_requests"].is_number());
    assert_eq!(figures["series"].as_array().map(Vec::len), Some(60));
    assert_eq!(figures["simulated_s"].as_f64(), Some(60.0));
}

#[test]
fn a_run_record_is_replayed() {
    let mut editor = Editor::new(starter());
    editor.run_started();
    let mut live = editor.record().simulation().expect("valid");
    live.run_until(12_000_000_000);
    let step = editor.do_fault(Verb::Kill, Target::whole(4)).expect("valid");
    let at = live.intervene(&step.action.expect("a fault is felt")).expect("valid");
    editor.stamp(step.seq, at);
    live.run_until(20_000_000_000);
    let link = link::encode(&Shared::Run(editor.record().clone())).expect("fits");
    let figures = json(&["run", &link, "--duration", "20s", "--format", "json"], b"");
    assert_eq!(figures["digest"].as_str(), Some(live.digest().to_string().as_str()));
    assert_eq!(figures["outages"][0]["start_s"].as_f64(), Some(12.000_000_001));
    assert_eq!(brownout(&["decode", &link], b"").out, editor.record().to_json());
}

#[test]
fn recorded_arrivals_come_as_recorded() {
    let times = b"time_s\n1.5\n1.5\n2.25\n4000\n";
    let done = brownout(&["arrivals", "-", "--into", &fixture("starter.json")], times);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(
        done.err.contains("4 times for client") && done.err.contains("the run ends before that"),
        "{}",
        done.err
    );
    let figures = json(&["run", "-", "--duration", "20s", "--format", "json"], done.out.as_bytes());
    assert_eq!(figures["requests"]["issued"].as_u64(), Some(3));
    let rates = b"time_s,rate_rps\n100,50\n110,0\n115,200\n";
    let arguments = ["arrivals", "-", "--into", &fixture("starter.json"), "--from-first", "--repeat"];
    let done = brownout(&arguments, rates);
    let figures = json(&["run", "-", "--duration", "200s", "--format", "json"], done.out.as_bytes());
    // Ten rounds of 10 s at 50/s and of 5 s at 200/s; 4.5 roots.
    let issued = figures["requests"]["issued"].as_f64().expect("a count");
    assert!((issued - 15_000.0).abs() < 551.0, "{issued}");
    let bad = brownout(&["arrivals", "-", "--into", &fixture("starter.json")], b"time_s\n1\nx\n");
    assert_eq!((bad.code, bad.out.as_str()), (Some(1), ""));
    assert!(bad.err.contains("standard input: line 3, time_s: must be a number"), "{}", bad.err);
    assert_eq!(brownout(&["arrivals", "-", "--into", "-"], b"1").code, Some(2));
}

#[test]
fn tables_and_csv_are_readable() {
    let table = brownout(&["run", &fixture("starter.json"), "--duration", "20s"], b"");
    assert_eq!((table.code, table.err.as_str()), (Some(0), ""));
    for words in ["Three tiers", "goodput", "p99.9", "app ×3", "single run"] {
        assert!(table.out.contains(words), "{words}");
    }
    let csv = brownout(&["run", &fixture("starter.json"), "--duration", "20s", "--format", "csv"], b"").out;
    assert!(csv.starts_with("metric,value\n"));
    assert!(csv.contains("\nlatency_ms.p99,"));
    assert!(csv.contains("\ncomponents.4.name,web-1\n"));
}

#[test]
fn names_cannot_command_the_terminal() {
    let text =
        std::fs::read_to_string(fixture("starter.json")).expect("exists").replace("web-1", "\\u001b[2Jweb");
    let done = brownout(&["run", "-", "--duration", "11s"], text.as_bytes());
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(!done.out.contains('\u{1b}'));
}

#[test]
fn usage_errors_end_with_2() {
    let path = fixture("starter.json");
    for arguments in [
        &["frobnicate"][..],
        &[],
        &["run"],
        &["run", &path, "--runs", "0"],
        &["run", &path, "--jobs", "0"],
        &["run", &path, "--metric", "latency_ms.mean"],
        &["run", &path, "--precision", "x"],
        &["run", &path, "--warmup", "auto:x"],
        &["sweep", &path],
        &["sweep", &path, "--vary", "parts.4"],
        &["sweep", &path, "--vary", "parts.4.frobs=1"],
        &["sweep", &path, "--vary", "parts.4.workers=1", "--shard", "3/2"],
        &["merge"],
        &["run", &path, "--duration", "soon"],
        &["run", &path, "--seed", "9007199254740992"],
        &["run", &path, "--format", "xml"],
        &["check", &path, "--loudly"],
    ] {
        let done = brownout(arguments, b"");
        assert_eq!(done.code, Some(2), "{arguments:?}: {}", done.err);
        assert!(!done.err.is_empty() && done.out.is_empty(), "{arguments:?}");
    }
}

#[test]
fn what_is_missing_or_unwise_is_said() {
    let done = brownout(&["check", "nowhere.json"], b"");
    assert_eq!(
        (done.code, done.err.as_str()),
        (Some(1), "brownout: nowhere.json: no such file, and not a link\n")
    );
    let done = brownout(&["check", "-"], br#"{"version":1,"parts":[{"id":1,"type":"web","name":"alone"}]}"#);
    assert_eq!(done.code, Some(0));
    assert!(done.out.starts_with("valid: 1 part, 0 edges"), "{}", done.out);
    assert!(done.out.contains("advice: parts: no client"), "{}", done.out);
    assert!(done.out.contains("advice: parts[0]: nobody calls alone"), "{}", done.out);
}

#[test]
fn the_benchmark_says_what_it_measured() {
    let figures = json(
        &[
            "bench", "--model", "m1", "--model", "m4", "--events", "1000000", "--repeat", "1", "--format",
            "json",
        ],
        b"",
    );
    let models = figures["models"].as_array().expect("a list");
    assert_eq!((models[0]["id"].as_str(), models[1]["id"].as_str()), (Some("m1"), Some("m4")));
    for model in models {
        for field in
            ["jobs", "cpu_s", "jobs_per_cpu_s", "events_per_cpu_s", "mean_wait_s", "allocations_per_event"]
        {
            assert!(model[field].is_number(), "{field}");
        }
        let (wait, theory) = (model["mean_wait_s"].as_f64(), model["theory_wait_s"].as_f64());
        let (wait, theory) = (wait.expect("a number"), theory.expect("a number"));
        assert!((wait / theory - 1.0).abs() < 0.15, "{wait} {theory}");
        let per_job = model["events_per_job"].as_f64().expect("a number");
        assert!((per_job - 2.0).abs() < 0.01, "{per_job}");
    }
    assert!(models[1]["algorithm"].is_string());
    let unknown = brownout(&["bench", "--model", "m5"], b"");
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.err.contains("there are m1, m1-unused, m2, m3, m4, parts60"));
}

#[test]
fn schema_and_components_are_there() {
    let schema = json(&["schema"], b"");
    assert_eq!(schema["$schema"].as_str(), Some("https://json-schema.org/draft/2020-12/schema"));
    let components = json(&["components", "--format", "json"], b"");
    assert_eq!(components.as_array().map(Vec::len), Some(brownout_sim::component::Kind::ALL.len()));
    assert!(brownout(&["components"], b"").out.contains("## Web server (`web`)"));
    assert!(brownout(&["components", "--lang", "ko"], b"").out.contains("`web`"));
}

//! Several runs: replications, warm-up, sweeps, and shards that are put together again.

mod support;

use serde_json::Value;
use support::{brownout_on_threads as brownout, file, fixture};

fn ok(arguments: &[&str]) -> String {
    let done = brownout(arguments, b"");
    assert_eq!(done.code, Some(0), "{arguments:?}: {}", done.err);
    done.out
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&ok(arguments)).expect("JSON")
}

#[test]
fn replications_are_the_runs_of_their_seeds() {
    let path = fixture("single-server.json");
    let common = ["run", &path, "--duration", "100s", "--warmup", "20s", "--format", "json"];
    let runs = json(&[&common[..], &["--runs", "4"]].concat());
    let mut means = Vec::new();
    for (at, seed) in ["1", "2", "3", "4"].iter().enumerate() {
        let single = json(&[&common[..], &["--seed", seed]].concat());
        assert_eq!(runs["digests"][at], single["digest"]);
        means.push(single["latency_ms"]["mean"].as_f64().expect("a mean"));
    }
    let mean = means.iter().sum::<f64>() / 4.0;
    let variance = means.iter().map(|one| (one - mean) * (one - mean)).sum::<f64>() / 3.0;
    let half = 3.182_446_305 * (variance / 4.0).sqrt();
    let close = |value: &Value, wanted: f64| (value.as_f64().expect("a number") / wanted - 1.0).abs() < 1e-9;
    assert!(close(&runs["latency_ms"]["mean"], mean), "{} {mean}", runs["latency_ms"]["mean"]);
    assert!(close(&runs["half_width"]["latency_ms"]["mean"], half), "{half}");
    assert_eq!(runs["warmup"]["cut_s"].as_f64(), Some(20.0));
    assert_eq!((runs["runs"].as_u64(), runs["seeds"][3].as_u64()), (Some(4), Some(4)));
    // The mean of the pool is over requests, not over runs.
    let pooled = &runs["pooled"]["latency_ms"];
    let count = pooled["count"].as_f64().expect("a count");
    let each = runs["latency_ms"]["count"].as_f64().expect("a mean count");
    assert!((count - 4.0 * each).abs() < 1e-6, "{count} {each}");
    assert!(runs["half_width"]["components"]["2"]["wait_ms"]["p99"].is_number());
    assert!(runs["half_width"]["series"][50]["finished"].is_number());
}

#[test]
fn results_do_not_depend_on_threads() {
    let path = fixture("single-server.json");
    for more in
        [&["--runs", "7"][..], &["--runs", "30", "--precision", "20%"], &["--runs", "3", "--warmup", "auto"]]
    {
        for format in ["json", "csv", "table"] {
            let with = |jobs: &str| {
                let common = ["run", &path, "--duration", "90s", "--jobs", jobs, "--format", format];
                brownout(&[&common[..], more].concat(), b"").out
            };
            let one = with("1");
            assert!(!one.is_empty() && one == with("5"), "{more:?} {format}");
        }
    }
}

#[test]
fn runs_go_on_until_a_figure_is_known() {
    let path = fixture("single-server.json");
    let common = ["run", &path, "--duration", "60s", "--warmup", "10s", "--format", "json", "--runs", "60"];
    let runs = json(&[&common[..], &["--precision", "5%", "--metric", "components.2.utilisation"]].concat());
    let taken = runs["runs"].as_u64().expect("a count");
    assert!((5..60).contains(&taken), "{taken}");
    let share = runs["half_width"]["components"]["2"]["utilisation"].as_f64().expect("a half-width")
        / runs["components"]["2"]["utilisation"].as_f64().expect("a mean");
    assert!(share <= 0.05 && runs["precision"]["met"] == true, "{share}");
    // One run less was not enough, or there were too few of them to tell.
    let fewer = (taken - 1).to_string();
    let less =
        json(&["run", &path, "--duration", "60s", "--warmup", "10s", "--format", "json", "--runs", &fewer]);
    let share = less["half_width"]["components"]["2"]["utilisation"].as_f64().expect("a half-width")
        / less["components"]["2"]["utilisation"].as_f64().expect("a mean");
    assert!(taken == 5 || share > 0.05, "{share}");
    let capped = brownout(&[&common[..8], &["--runs", "5", "--precision", "0.01%"]].concat(), b"");
    assert_eq!(capped.code, Some(0));
    assert!(capped.err.contains("latency_ms.mean is not known to 0.01 % after 5 runs"), "{}", capped.err);
    let unknown = brownout(&[&common[..], &["--precision", "5%", "--metric", "latency"]].concat(), b"");
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.err.contains("no such figure; there are ") && unknown.err.contains("latency_ms.p99"));
}

#[test]
fn a_warm_up_is_found_and_told() {
    let path = fixture("single-server.json");
    let single = json(&["run", &path, "--duration", "200s", "--warmup", "auto", "--format", "json"]);
    assert_eq!(single["warmup"]["method"], "mser-5");
    assert_eq!(single["warmup"]["cut_s"], single["measured_from_s"]);
    let many = json(&[
        "run",
        &path,
        "--duration",
        "200s",
        "--warmup",
        "auto:in_flight",
        "--runs",
        "6",
        "--format",
        "json",
    ]);
    assert_eq!(
        (many["warmup"]["series"].as_str(), many["warmup"]["pilot_runs"].as_u64()),
        (Some("in_flight"), Some(5))
    );
    assert!(
        ok(&["run", &path, "--duration", "200s", "--warmup", "auto"])
            .contains("found by MSER-5 in 200 windows")
    );
    let short = brownout(&["run", &path, "--duration", "20s", "--warmup", "auto", "--runs", "2"], b"");
    assert!(short.err.contains("too short to tell"), "{}", short.err);
}

/// The document may say so itself; it is then as if the command line had, and a link keeps it.
#[test]
fn a_document_asks_for_its_warm_up() {
    let text = std::fs::read_to_string(fixture("single-server.json")).expect("a fixture");
    let mut document: Value = serde_json::from_str(&text).expect("JSON");
    document["warmup_s"] = "auto".into();
    let path = file("auto.json", document.to_string().as_bytes());
    let link = ok(&["link", &path]);
    let common = ["--duration", "200s", "--format", "json"];
    let asked = json(&[&["run", &fixture("single-server.json"), "--warmup", "auto"][..], &common].concat());
    for source in [&path, link.trim()] {
        let own = json(&[&["run", source][..], &common].concat());
        assert_eq!((&own["warmup"], &own["latency_ms"]), (&asked["warmup"], &asked["latency_ms"]));
        assert_eq!(own["warmup"]["method"], "mser-5");
    }
    let other = json(&[&["run", &path, "--warmup", "7s"][..], &common].concat());
    assert_eq!((&other["warmup"]["method"], other["measured_from_s"].as_f64()), (&"given".into(), Some(7.0)));
    let vary = ["sweep", &path, "--vary", "warmup_s=auto,5", "--duration", "200s", "--format", "json"];
    let swept = json(&vary);
    let method = |at: usize| swept["points"][at]["warmup"]["method"].as_str().map(str::to_owned);
    assert_eq!((method(0), method(1)), (Some("mser-5".to_owned()), Some("document".to_owned())));
    document["warmup_s"] = "soon".into();
    let refused = brownout(&["check", &file("soon.json", document.to_string().as_bytes())], b"");
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("warmup_s: ") && refused.err.contains("auto"), "{}", refused.err);
}

#[test]
fn shards_put_together_are_the_sweep() {
    let path = fixture("tandem.json");
    let grid = ["--vary", "parts.1.rate_rps=20,40", "--vary", "parts.3.service_time.exp.mean_ms=8,10,12"];
    let rest = ["--runs", "3", "--duration", "40s", "--warmup", "auto"];
    let sweep = [&["sweep", &path][..], &grid, &rest].concat();
    for of in [1_usize, 4, 20] {
        let mut names: Vec<String> = (1..=of)
            .map(|number| {
                let text = ok(&[&sweep[..], &["--shard", &format!("{number}/{of}"), "--jobs", "2"]].concat());
                file(&format!("shard-{number}-of-{of}.json"), text.as_bytes())
            })
            .collect();
        names.reverse();
        for format in ["json", "csv", "table"] {
            let whole = ok(&[&sweep[..], &["--format", format]].concat());
            let mut merge = vec!["merge", "--format", format];
            merge.extend(names.iter().map(String::as_str));
            assert!(ok(&merge) == whole, "{of} {format}");
        }
        if of == 4 {
            wrong_shards_are_refused(&names);
        }
    }
    let figures = json(&[&sweep[..], &["--format", "json"]].concat());
    assert_eq!(figures["points"].as_array().map(Vec::len), Some(6));
    assert_eq!(figures["points"][1]["values"]["parts.3.service_time.exp.mean_ms"].as_f64(), Some(10.0));
    // The same seeds for all points.
    assert_eq!(figures["points"][0]["seeds"], figures["points"][5]["seeds"]);
}

fn wrong_shards_are_refused(names: &[String]) {
    let says = |files: &[&str]| {
        let done = brownout(&[&["merge"], files].concat(), b"");
        assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{}", done.err);
        done.err
    };
    assert!(says(&[&names[0], &names[1]]).contains("missing: shard 1/4, 2/4"));
    assert!(says(&[&names[0], &names[0]]).contains("again"));
    assert!(says(&[&fixture("tandem.json")]).contains("not a shard of a sweep"));
    assert!(says(&["nowhere.json"]).contains("nowhere.json"));
    let text = std::fs::read_to_string(&names[0]).expect("written above");
    for (old, new, words) in [
        ("\"seed\":", "\"sead\":", "units[0]: not a unit"),
        ("\"unit\":3", "\"unit\":2", "not a unit of this shard"),
        ("\"engine\":\"", "\"engine\":\"x", "made by"),
        ("\"runs\":3,\"warmup\"", "\"runs\":2000000,\"warmup\"", "more than"),
        ("\"cut_ns\":", "\"cut_ns\":-", "not a point"),
    ] {
        assert!(text.contains(old), "{old}");
        let broken = file("broken.json", text.replacen(old, new, 1).as_bytes());
        let said = says(&[&broken]);
        assert!(said.contains(words), "{words}: {said}");
    }
    let other = ok(&[
        "sweep",
        &fixture("tandem.json"),
        "--vary",
        "parts.1.rate_rps=20",
        "--duration",
        "70s",
        "--shard",
        "1/4",
    ]);
    let other = file("other.json", other.as_bytes());
    assert!(says(&[&names[0], &other]).contains("a shard of another sweep"));
}

#[test]
fn paths_that_lead_nowhere_are_answered() {
    let path = fixture("tandem.json");
    let says = |vary: &str| {
        let done = brownout(&["sweep", &path, "--vary", vary], b"");
        assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{}", done.err);
        done.err
    };
    assert!(says("parts.9.rate_rps=1").contains("no part 9; there are 1, 2, 3"));
    assert!(says("parts.1.rate=1").contains("no parameter rate; there are count, rate_rps"));
    assert!(says("edges.4.policy.timeout=1").contains("policy.timeout_ms"));
    assert!(says("parts.2.threads=0").contains("parts.2.threads=0: "));
    assert!(says("goals=1").contains("parts.<id>"));
}

#[test]
fn progress_is_told_on_request() {
    let path = fixture("single-server.json");
    let done = brownout(&["run", &path, "--duration", "70s", "--runs", "2", "--progress"], b"");
    assert!(done.err.contains(" of 2 runs"), "{}", done.err);
    let silent = brownout(&["run", &path, "--duration", "70s", "--runs", "2"], b"");
    assert_eq!((silent.err.as_str(), &silent.out), ("", &done.out));
}

//! Hostile input: each is refused with a sentence that names the step, the field or the limit, with exit
//! code 1 and within bounded memory; as a file, on standard input, and as a link.

mod support;

use brownout_scenario::read_any;
use support::{brownout, file, fixture, link_of};

struct Case {
    name: &'static str,
    content: Vec<u8>,
    /// Part of the sentence.
    says: &'static str,
}

fn case(name: &'static str, content: impl Into<Vec<u8>>, says: &'static str) -> Case {
    Case { name, content: content.into(), says }
}

/// A document around these fields.
fn document(fields: &str) -> String {
    format!("{{\"version\":1,{fields}}}")
}

fn part(fields: &str) -> String {
    document(&format!("\"parts\":[{{\"id\":1,\"type\":\"client\",{fields}}}]"))
}

const TWO_APPS: &str = r#""parts":[{"id":1,"type":"app"},{"id":2,"type":"app"}]"#;

fn files() -> Vec<Case> {
    let starter = std::fs::read(fixture("starter.json")).expect("exists");
    let many: Vec<String> = (0..10_000).map(|id| format!("{{\"id\":{id},\"type\":\"web\"}}")).collect();
    vec![
        case("empty", "", "JSON: line 1, column 0: EOF while parsing a value"),
        case("truncated", &starter[..700], "JSON: line "),
        case("words", "hello there", "JSON: line 1, column 1: expected value"),
        case("not text", [b'{', 0xff, 0xfe, b'}'], "file: not UTF-8 text"),
        case("deep nesting", "[".repeat(1_000_000), "nested deeper than 32 levels"),
        case("deep nesting of objects", "{\"a\":".repeat(1_000_000), "nested deeper than 32 levels"),
        case("many values", format!("[{}1]", "1,".repeat(3_000_000)), "more than 500000 values"),
        case("many objects", format!("[{}1]", "{\"a\":1},".repeat(900_000)), "more than 500000 values"),
        case("NaN", part("\"params\":{\"rate_rps\":NaN}"), ": expected value"),
        case("infinity", part("\"params\":{\"rate_rps\":-Infinity}"), ": invalid number"),
        case(
            "1e999",
            part("\"params\":{\"rate_rps\":1e999}"),
            "parts[0].params.rate_rps: must be a finite number that fits into 64 bits",
        ),
        case("1e999 as a place", part("\"at\":[0,1e999]"), "parts[0].at[1]: must be a finite number"),
        case("far away", part("\"at\":[0,1e9]"), "parts[0].at[1]: must be from -1000000 to 1000000"),
        case(
            "too fast",
            part("\"params\":{\"rate_rps\":1e300}"),
            "parts[0].params.rate_rps: must be from 0 to 10000000",
        ),
        case("unknown parameter", part("\"params\":{\"rate\":1}"), "parts[0].params.rate: unknown field"),
        case(
            "a slip",
            part("\"params\":{\"raet_rps\":1}"),
            "raet_rps: unknown field; did you mean `rate_rps`?",
        ),
        case(
            "a field twice",
            part("\"name\":\"a\",\"name\":\"b\""),
            "the field `name` stands twice in one object",
        ),
        case("an empty part", document("\"parts\":[{}]"), "parts[0].id: is missing"),
        case(
            "unknown type",
            document("\"parts\":[{\"id\":1,\"type\":\"cow\"}]"),
            "parts[0].type: must be one of client,",
        ),
        case(
            "a negative id",
            document("\"parts\":[{\"id\":-1,\"type\":\"web\"}]"),
            "parts[0].id: must be from 0 to 999999999",
        ),
        case(
            "an id twice",
            document("\"parts\":[{\"id\":1,\"type\":\"web\"},{\"id\":1,\"type\":\"web\"}]"),
            "parts[1].id: 1 stands twice",
        ),
        case(
            "a long name",
            part(&format!("\"name\":\"{}\"", "가".repeat(201))),
            "parts[0].name: holds 201 characters, more than 200",
        ),
        case(
            "long notes",
            document(&format!("\"notes\":\"{}\"", "x".repeat(20_001))),
            "notes: holds 20001 characters, more than 20000",
        ),
        case("many instances", part("\"count\":2000"), "parts[0].count: must be from 1 to 1000"),
        case("unknown version", "{\"version\":99}", "version: 99 is newer than the newest"),
        case("no version", "{}", "version: is missing"),
        case("version zero", "{\"version\":0}", "version: must be a whole number from 1"),
        case(
            "a huge seed",
            document("\"seed\":9007199254740993"),
            "seed: must be from 0 to 9007199254740991",
        ),
        case("a broken seed", document("\"seed\":1.5"), "seed: must be a whole number"),
        case(
            "an endless run",
            document("\"duration_s\":1e300"),
            "duration_s: must be from 0.001 to 315576000",
        ),
        case("only warm-up", document("\"warmup_s\":300"), "warmup_s: must be shorter than the run of 300 s"),
        case(
            "10,000 parts",
            document(&format!("\"parts\":[{}]", many.join(","))),
            "parts: holds 10000 entries, more than 2000",
        ),
        case(
            "a circle of places",
            document(r#""parts":[{"id":1,"type":"web","inside":2},{"id":2,"type":"web","inside":1}]"#),
            ".inside: parts 1 → 2 → 1 are inside one another in a circle",
        ),
        case(
            "a circle of calls",
            document(&format!(
                r#"{TWO_APPS},"edges":[{{"id":3,"from":1,"to":2}},{{"id":4,"from":2,"to":1}}]"#
            )),
            "call each other in a circle without an exit",
        ),
        case(
            "a dangling edge",
            document(r#""edges":[{"id":3,"from":1,"to":2}]"#),
            "edges[0].from: there is no part 1",
        ),
        case(
            "a weight of nothing",
            document(&format!(r#"{TWO_APPS},"edges":[{{"id":3,"from":1,"to":2,"weight":-1}}]"#)),
            "edges[0].weight: must be from 0 to 1000000",
        ),
        case(
            "too fine a time",
            document(r#""timeline":[{"id":1,"at_s":0.0000000001,"do":"kill","target":1}]"#),
            "timeline[0].at_s: has more than 9 decimals",
        ),
        case(
            "a target of nothing",
            document(r#""timeline":[{"id":1,"at_s":1,"do":"kill","target":7}]"#),
            "timeline[0].target: there is no part or edge 7",
        ),
        case(
            "an odd target",
            document(r#""timeline":[{"id":1,"at_s":1,"do":"kill","target":"7/x"}]"#),
            "timeline[0].target: must be an id such as 7",
        ),
        case(
            "a fault that its type does not know",
            document(&format!(r#"{TWO_APPS},"timeline":[{{"id":9,"at_s":1,"do":"partition","target":1}}]"#)),
            "timeline[0].do: a `app` knows no `partition`",
        ),
        case(
            "a record that goes back",
            r#"{"version":1,"start":{"version":1,"parts":[{"id":1,"type":"web"}]},"log":[
                {"seq":1,"at_ns":5,"do":"kill","target":1},{"seq":2,"at_ns":4,"do":"restore","target":1}]}"#,
            "log[1].at_ns: must not go back",
        ),
        case(
            "a record of the impossible",
            r#"{"version":1,"start":{"version":1},"log":[{"seq":1,"at_ns":5,"edit":[{"edge":{"id":3,"from":1,"to":2}}]}]}"#,
            "edges[0].from: there is no part 1",
        ),
        case("a record that is too much work", busy_record(), "log: holds 9000 entries, more than 2500"),
        case(
            "a record in a record",
            r#"{"version":1,"start":{"version":1,"start":{"version":1}}}"#,
            "start.start: unknown field",
        ),
    ]
}

/// Thousands of edits of a large design: each would be checked against the whole.
fn busy_record() -> String {
    let parts: Vec<String> = (1..=2_000).map(|id| format!("{{\"id\":{id},\"type\":\"web\"}}")).collect();
    let edit = |seq: u32| {
        let part =
            format!("{{\"part\":{{\"id\":{},\"type\":\"web\",\"count\":{}}}}}", 1 + seq % 1_999, 1 + seq % 7);
        format!("{{\"seq\":{seq},\"at_ns\":{seq},\"edit\":[{part}]}}")
    };
    let log: Vec<String> = (1..=9_000).map(edit).collect();
    let start = document(&format!("\"parts\":[{}]", parts.join(",")));
    format!("{{\"version\":1,\"start\":{start},\"log\":[{}]}}", log.join(","))
}

#[test]
fn files_are_refused_with_a_sentence() {
    for (index, Case { name, content, says }) in files().into_iter().enumerate() {
        if let Ok(text) = std::str::from_utf8(&content) {
            let error = read_any(text).expect_err(name).to_string();
            assert!(error.contains(says), "{name}: {error}");
        }
        let path = file(&format!("hostile-{index}.json"), &content);
        for (arguments, input) in [(["check", &path], &[][..]), (["run", "-"], &content[..])] {
            let done = brownout(&arguments, input);
            assert_eq!(done.code, Some(1), "{name}: {}", done.err);
            assert!(done.err.contains(says), "{name}: {}", done.err);
            assert_eq!(done.out, "", "{name}");
            assert_eq!(done.err.lines().count(), 1, "{name}: one sentence: {}", done.err);
        }
    }
}

#[test]
fn ten_megabytes_on_standard_input_are_refused() {
    let flood = vec![b' '; 10 * 1024 * 1024];
    for arguments in [["run", "-"], ["check", "-"], ["decode", "-"], ["link", "-"]] {
        let done = brownout(&arguments, &flood);
        assert_eq!(done.code, Some(1), "{arguments:?}");
        assert_eq!(done.err, "brownout: standard input: file: larger than 8 MiB, the most that is read\n");
    }
    let path = file("flood.json", &flood);
    let done = brownout(&["check", &path], b"");
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("larger than 8 MiB"), "{}", done.err);
    let done = brownout(&["check", "/dev/zero"], b"");
    assert_eq!(done.code, Some(1), "an endless file ends at the limit");
}

#[test]
fn links_are_refused_with_a_sentence() {
    let whole = brownout(&["link", &fixture("starter.json")], b"").out.trim().to_owned();
    let json = |json: &str| link_of(json.as_bytes());
    let many: Vec<String> = (0..10_000).map(|id| format!("{{\"i\":{id},\"t\":\"web\"}}")).collect();
    let cases = [
        ("truncated", whole[..whole.len() - 30].to_owned(), "part of the link is missing"),
        ("not base64", "#v1.!!!!".to_owned(), "base64: character 1 of the payload is not one of base64url"),
        ("not DEFLATE", "#v1.____".to_owned(), "DEFLATE: the data are damaged"),
        ("trailing", format!("{whole}AAAA"), "DEFLATE: "),
        ("no payload", "#v1.".to_owned(), "DEFLATE: the data end too early"),
        ("a newer link", "#v7.abc".to_owned(), "link: format version 7 is newer"),
        ("another fragment", "https://example.org/#top".to_owned(), "link: expected `#v1.` and the payload"),
        ("a zip bomb", link_of(&vec![b'['; 30_000_000]), "DEFLATE: unpacks to more than 1 MiB"),
        ("deep nesting", json(&"[".repeat(1_000_000)), "nested deeper than 32 levels"),
        ("NaN", json(r#"{"v":1,"p":[{"i":1,"t":"client","p":{"r":NaN}}]}"#), ": expected value"),
        (
            "1e999",
            json(r#"{"v":1,"p":[{"i":1,"t":"client","p":{"r":1e999}}]}"#),
            "parts[0].params.rate_rps: must be a finite",
        ),
        ("unknown version", json(r#"{"v":99}"#), "version: 99 is newer"),
        ("unknown key", json(r#"{"v":1,"zz":1}"#), "zz: unknown field"),
        (
            "10,000 parts",
            json(&format!("{{\"v\":1,\"p\":[{}]}}", many.join(","))),
            "parts: holds 10000 entries, more than 2000",
        ),
        (
            "a circle of places",
            json(r#"{"v":1,"p":[{"i":1,"t":"web","h":2},{"i":2,"t":"web","h":1}]}"#),
            "are inside one another in a circle",
        ),
        (
            "a circle of calls",
            json(
                r#"{"v":1,"p":[{"i":1,"t":"app"},{"i":2,"t":"app"}],"e":[{"i":3,"f":1,"t":2},{"i":4,"f":2,"t":1}]}"#,
            ),
            "call each other in a circle without an exit",
        ),
    ];
    for (name, link, says) in cases {
        let error = read_any(&link).expect_err(name).to_string();
        assert!(error.contains(says), "{name}: {error}");
        for (arguments, input) in [(["run", &link], &[][..]), (["decode", "-"], link.as_bytes())] {
            let done = brownout(&arguments, input);
            assert_eq!(done.code, Some(1), "{name}: {}", done.err);
            assert!(done.err.contains(says), "{name}: {}", done.err);
        }
    }
    // Longer than a command line may be, so on standard input alone.
    let long = format!("#v1.{}", "A".repeat(200_000));
    let done = brownout(&["run", "-"], long.as_bytes());
    assert_eq!(
        (done.code, done.err.as_str()),
        (Some(1), "brownout: standard input: link: larger than 64 KiB, the most that is read\n")
    );
}

/// Every prefix and many damaged copies of good input are refused or read, and never crash anything.
#[test]
fn damaged_copies_do_no_harm() {
    let text = std::fs::read_to_string(fixture("starter.json")).expect("exists");
    let link = brownout_scenario::link::encode(&read_any(&text).expect("valid")).expect("fits");
    let mut state = 7_u64;
    let mut next = move |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % end
    };
    for good in [text, link] {
        for end in 0..good.len() {
            let _ = read_any(&good[..end]);
        }
        for _ in 0..20_000 {
            let mut bytes = good.clone().into_bytes();
            for _ in 0..=next(3) {
                let at = next(bytes.len());
                match next(3) {
                    0 => bytes[at] = b" 0123456789{}[]\",:.-eEaAzZ_#"[next(28)],
                    1 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, b"{}[]\",:09"[next(9)]),
                }
            }
            let _ = read_any(&String::from_utf8_lossy(&bytes));
        }
    }
}

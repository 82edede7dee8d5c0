use brownout_sim::observe::{Dot, Span, Spent, Stretch, Way};
use brownout_sim::system::{Injection, Target, Verb};
use serde_json::{Value, json};

use super::*;

fn starter() -> String {
    Record::new(brownout_scenario::starter()).to_json()
}

/// The last answer to a question.
fn ask(study: &mut Study, question: &Value) -> Value {
    let mut last = study.ask(&question.to_string());
    while study.is_busy() {
        last = study.work().or(last);
    }
    last.map_or(Value::Null, |answer| serde_json::from_str(&answer).expect("an answer is JSON"))
}

/// Everything that some elements do, by the name of an attribute that they have.
fn doing(node: &Value, attribute: &str, found: &mut Vec<(String, Value)>) {
    if let Some(value) = node["a"][attribute].as_str() {
        found.push((value.to_owned(), node["do"].clone()));
    }
    for child in node["k"].as_array().into_iter().flatten() {
        doing(child, attribute, found);
    }
}

fn text_of(node: &Value) -> String {
    let inner = node["k"].as_array().into_iter().flatten().map(text_of).collect::<Vec<_>>().join(" ");
    node.as_str().map_or(inner, str::to_owned)
}

#[test]
fn a_request_of_the_list_has_a_story_whose_steps_lead_from_issue_to_answer() {
    let mut study = Study::new();
    let now: Ns = 20_000_000_000;
    let list = ask(&mut study, &json!({ "do": "list", "record": starter(), "now": now, "lang": "en" }));
    let mut requests = Vec::new();
    doing(&list["panel"], "data-request", &mut requests);
    assert!(requests.len() >= 8, "{list}");
    for (name, does) in requests {
        let answer = ask(&mut study, &does[0]["ask"]);
        assert_eq!(answer["panel"]["a"]["data-request"], json!(name));
        let story = study.story.as_ref().expect("a story");
        let (first, last) = (&story.steps[0], &story.steps[story.steps.len() - 1]);
        assert_eq!(first.from, story.trace.name.issued);
        assert_eq!(Some(last.from), story.trace.ended);
        assert!(story.steps.len() > 5, "{:?}", story.steps);
        assert!(!story.is_ahead);
        for step in &story.steps {
            assert!(!step.words.contains("#0") && step.words.contains(':'), "{}", step.words);
        }
    }
}

#[test]
fn steps_are_told_in_both_languages_and_one_after_another() {
    let mut study = Study::new();
    let list = ask(
        &mut study,
        &json!({ "do": "list", "record": starter(), "now": 9_000_000_000_u64, "lang": "ko" }),
    );
    assert!(text_of(&list["panel"]).contains("가장 느린"), "{list}");
    let mut requests = Vec::new();
    doing(&list["panel"], "data-request", &mut requests);
    let story = ask(&mut study, &requests[0].1[0]["ask"]);
    assert!(text_of(&story["panel"]).contains("처리합니다"), "{story}");
    let english = ask(&mut study, &json!({ "do": "words", "lang": "en" }));
    assert!(text_of(&english["panel"]).contains("worked on for"), "{english}");
    let third = ask(&mut study, &json!({ "do": "step", "at": 2 }));
    assert!(text_of(&third["panel"]).contains("3 / "), "{third}");
    let file = ask(&mut study, &json!({ "do": "export" }));
    let saved: Value = serde_json::from_str(file["save"]["text"].as_str().expect("a file")).expect("JSON");
    assert!(saved["resourceSpans"].as_array().is_some_and(|all| all.len() > 2), "{saved}");
}

#[test]
fn every_dot_has_the_story_of_the_request_that_it_belongs_to() {
    let record = Record::new(brownout_scenario::starter());
    let mut timeline = Timeline::new(record.simulation().expect("valid"));
    let now: Ns = 3_141_000_000;
    timeline.run_until(now);
    let picture = timeline.simulation().picture(1_000);
    let mut study = Study::new();
    let mut told = 0;
    for dot in &picture.dots {
        let question = json!({ "do": "dot", "key": dot.key, "record": record.to_json(), "now": now });
        let answer = ask(&mut study, &question);
        let Some(story) = study.story.as_ref().filter(|_| answer["error"].is_null()) else { continue };
        told += 1;
        assert!(shows(&story.trace, dot, now), "{dot:?}: {:?}", story.trace);
        assert!(story.is_ahead && story.trace.ended.is_some_and(|ended| ended > now));
    }
    assert!(told > 0, "{} dots", picture.dots.len());
}

/// Everything that a picture shows is a call of the engine's own record, and every call on its way is shown.
#[test]
fn dots_are_calls_by_request_time_edge_and_outcome_and_no_call_is_left_out() {
    let starter = brownout_scenario::starter();
    let web =
        starter.parts.iter().find(|part| part.params.kind().spec().name == "web").expect("a web server").id;
    let mut killed = starter.clone();
    killed.timeline.push(brownout_scenario::Entry {
        id: 900,
        at: 5_000_000_000,
        verb: Verb::Kill,
        target: Target::whole(web),
        lasts: Some(9_000_000_000),
        factor: Verb::FACTOR,
        injection: Injection::default(),
    });
    let (mut seen, mut failed) = (0, 0);
    for document in [starter, killed] {
        let mut timeline = Timeline::new(Record::new(document).simulation().expect("valid"));
        for sample in 1..=60_u64 {
            let now = sample * 333_333_333;
            timeline.seek(now);
            let picture = timeline.simulation().picture(20_000);
            assert_eq!((picture.one_in, picture.dots.len()), (1, picture.messages as usize));
            let behind = |dot: &Dot| timeline.simulation().request_behind(dot.key);
            let named: Vec<(Dot, RequestName)> =
                picture.dots.iter().filter_map(|dot| Some((*dot, behind(dot)?))).collect();
            let names: Vec<RequestName> = named.iter().map(|(_, name)| *name).collect();
            timeline.run_until(now + 2_000_000_000);
            let traces = timeline.traces(&names);
            for (dot, name) in &named {
                let trace = traces.iter().find(|trace| trace.name == *name).expect("it has a story");
                assert!(shows(trace, dot, now), "at {now}: {dot:?}: {trace:?}");
                seen += 1;
                failed += usize::from(!dot.outcome.is_ok());
            }
            for trace in &traces {
                let dots = named.iter().filter(|(_, name)| *name == trace.name).count();
                let awaited = |span: &&Span| span.end.is_none_or(|end| end > now);
                let travels = |span: &&Span| is_on_its_way(span, now);
                let calls = trace.spans.iter().filter(awaited).filter(travels).count();
                assert_eq!(dots, calls, "at {now}: {trace:?}");
            }
        }
    }
    assert!(seen > 60 && failed > 0, "{seen} dots, {failed} of them failures");
}

/// Whether a message of this span is somewhere between its ends.
fn is_on_its_way(span: &Span, now: Ns) -> bool {
    let travels = |one: &&Stretch| matches!(one.spent, Spent::There | Spent::Back);
    span.stretches.iter().filter(travels).any(|one| one.from <= now && now < one.to)
}

/// Whether the record has this message at this moment, on this edge, that way.
fn shows(trace: &Trace, dot: &Dot, now: Ns) -> bool {
    let spans = &trace.spans;
    // The answer to a call that was handed over passes all the edges that the call came by.
    let came_by = |mut at: usize| loop {
        match (spans[at].edge == Some(dot.edge), spans[at].before) {
            (false, Some(before)) if dot.way == Way::Reply => at = before,
            (found, _) => return found,
        }
    };
    let spent = if dot.way == Way::Reply { Spent::Back } else { Spent::There };
    (0..spans.len()).any(|at| {
        let span = &spans[at];
        let on_it = |one: &&Stretch| one.spent == spent && one.from <= now && now < one.to;
        let Some(stretch) = span.stretches.iter().find(on_it) else { return false };
        let share = (now - stretch.from) as f64 / (stretch.to - stretch.from) as f64;
        let is_there = dot.way == Way::Reply || (share - f64::from(dot.position)).abs() < 1e-3;
        let ends_so = dot.way == Way::Request || span.outcome == Some(dot.outcome);
        came_by(at) && is_there && ends_so
    })
}

#[test]
fn a_stretch_of_time_has_requests_of_its_own_also_after_a_jump_back() {
    let mut study = Study::new();
    let (from, to): (Ns, Ns) = (4_000_000_000, 5_000_000_000);
    let whole = json!({ "do": "list", "record": starter(), "now": 30_000_000_000_u64 });
    let before = ask(&mut study, &whole);
    let some = json!({ "do": "list", "from": from, "to": to });
    let mut requests = Vec::new();
    doing(&ask(&mut study, &some)["panel"], "data-request", &mut requests);
    assert!(requests.len() >= 8);
    for (name, _) in requests {
        let name: RequestName = name.parse().expect("a name");
        assert!(name.issued < to, "{name}");
    }
    ask(&mut study, &json!({ "do": "list", "now": 2_000_000_000_u64 }));
    assert_eq!(ask(&mut study, &whole), before);
}

#[test]
fn nonsense_is_answered_with_a_sentence() {
    let mut study = Study::new();
    for question in
        ["", "{}", r#"{"do":"list"}"#, r#"{"do":"list","record":"{}"}"#, r#"{"do":"story","request":"x"}"#]
    {
        let answer = study.ask(question).unwrap_or_default();
        let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        assert!(answer["error"].as_str().is_some_and(|reason| !reason.is_empty()), "{question}: {answer}");
    }
    let missing =
        json!({ "do": "story", "request": "0000000000000001@5", "record": starter(), "now": 1_000 });
    let answer = ask(&mut study, &missing);
    assert!(answer["error"].as_str().is_some_and(|reason| reason.contains("no request")), "{answer}");
}

#[test]
fn a_fork_is_compared_with_its_parent_by_parameters_deeds_results_and_charts() {
    let parent = Record::new(brownout_scenario::starter());
    let web = parent
        .start
        .parts
        .iter()
        .find(|part| part.params.kind().spec().name == "web")
        .expect("a web server")
        .id;
    let mut fork = parent.clone();
    fork.log.push(brownout_scenario::LogEntry {
        seq: 1,
        at: 4_000_000_001,
        done: brownout_scenario::Done::Fault {
            verb: Verb::Kill,
            target: Target::whole(web),
            factor: Verb::FACTOR,
        },
    });
    let mut study = Study::new();
    let question = |record: &Record, now: Ns| json!({ "do": "compare", "record": record.to_json(), "other": parent.to_json(), "name": "parent", "now": now, "lang": "en" });
    let same = ask(&mut study, &question(&parent, 3_000_000_000));
    assert!(text_of(&same["panel"]).contains("to the last request"), "{same}");
    let told = text_of(&ask(&mut study, &question(&fork, 9_000_000_000))["panel"]);
    assert!(told.contains("web-1") && told.contains("kill, "), "{told}");
    // What both came to is what each comes to alone.
    for record in [&fork, &parent] {
        let mut alone = record.simulation().expect("valid");
        alone.run_until(9_000_000_000);
        let failed: u64 = alone.requests().failed.iter().sum();
        assert!(told.contains(&failed.to_string()), "{failed}: {told}");
    }
}

/// As threads would do it: every unit by another instance, from the last to the first.
fn spread(study: &mut Study, question: &Value) -> Value {
    let answer = study.ask(&question.to_string()).expect("an answer");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    let mut last = answer.clone();
    for unit in answer["spread"].as_array().expect("questions").iter().rev() {
        let mut helper = Study::new();
        let question: Value = serde_json::from_str(unit.as_str().expect("a question")).expect("JSON");
        last = ask(study, &ask(&mut helper, &question));
    }
    last
}

fn of_queue() -> String {
    r#"{"version":1,"duration_s":60,"warmup_s":5,"parts":[
        {"id":1,"type":"client","params":{"rate_rps":200,"static_share":0,"read_share":1}},
        {"id":2,"type":"db","params":{"workers":4,"read_time":{"exp":{"mean_ms":10}}}}],
        "edges":[{"id":3,"from":1,"to":2,"net":{"latency_ms":0}}]}"#
        .to_owned()
}

#[test]
fn a_sweep_finds_the_knee_that_erlang_c_has() {
    let mut study = Study::new();
    let answer = spread(
        &mut study,
        &json!({
            "do": "sweep", "record": of_queue(), "now": 1_000_000_000_u64, "lang": "en", "path": "parts.1.rate_rps",
            "values": "60..380", "each": "3", "seconds": "60",
        }),
    );
    let exact = brownout_why::theory::knee(0.01, 4);
    let mut found = Vec::new();
    attributes(&answer["panel"], "data-span", &mut found);
    let knee: f64 = found[0].parse().expect("a number");
    // 16 loads, 3 runs of 55 s each: 9,000 to 60,000 answers a load.
    assert!((knee - exact).abs() < 0.05 * exact, "{knee} beside {exact}");
}

#[test]
fn replications_have_bands_and_one_run_says_that_it_is_one() {
    let mut study = Study::new();
    let question = |runs: &str| {
        json!({
            "do": "runs", "record": of_queue(), "now": 1_000_000_000_u64, "lang": "en", "runs": runs, "seconds": "20",
        })
    };
    let text = text_of(&spread(&mut study, &question("6"))["panel"]);
    assert!(text.contains("6 × 20 s") && text.contains('±') && text.contains("too few samples"), "{text}");
    let csv = ask(&mut study, &json!({ "do": "save", "as": "csv" }));
    assert_eq!(csv["save"]["text"].as_str().map(|text| text.lines().count()), Some(7));
    let text = text_of(&spread(&mut study, &question("1"))["panel"]);
    assert!(text.contains("1 run") && !text.contains('±'), "{text}");
}

#[test]
fn why_and_charts_are_panels_in_both_languages() {
    let mut study = Study::new();
    let now: Ns = 20_000_000_000;
    for what in ["why", "scan", "charts"] {
        let answer = ask(&mut study, &json!({ "do": what, "record": starter(), "now": now, "lang": "en" }));
        let english = text_of(&answer["panel"]);
        let korean = text_of(&ask(&mut study, &json!({ "do": "words", "lang": "ko" }))["panel"]);
        assert!(english.len() > 200 && !english.contains("다."), "{english}");
        assert!(korean.contains("다.") && korean != english, "{korean}");
    }
    let svg = ask(&mut study, &json!({ "do": "save", "as": "svg" }));
    assert!(svg["save"]["text"].as_str().is_some_and(|text| text.matches("<g ").count() >= 5), "{svg}");
}

fn attributes(node: &Value, name: &str, found: &mut Vec<String>) {
    found.extend(node["a"][name].as_str().map(str::to_owned));
    for child in node["k"].as_array().into_iter().flatten() {
        attributes(child, name, found);
    }
}

//! Documents as they are written and read.

use brownout_scenario::{Scenario, Shared, link};
use brownout_sim::component::Kind;

fn fixture(name: &str) -> (String, Scenario) {
    let path = format!("{}/../../fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let scenario = Scenario::from_json(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    if std::env::var_os("REWRITE_FIXTURES").is_some() {
        std::fs::write(&path, scenario.to_json()).expect("the fixture can be written");
        return (scenario.to_json(), scenario);
    }
    (text, scenario)
}

#[test]
fn sixty_parts_fit_into_a_link() {
    let (text, scenario) = fixture("parts60.json");
    assert_eq!(scenario.to_json(), text, "the fixture is in canonical form");
    let rate = scenario.parts.len();
    assert_eq!(rate, 60);
    assert!(scenario.edges.len() >= 90);
    assert_eq!((scenario.timeline.len(), scenario.goals.len()), (8, 3));
    assert_ne!(scenario.view, brownout_scenario::View::default());
    for kind in Kind::ALL {
        let has_it = scenario.parts.iter().any(|part| part.params.kind() == *kind);
        assert!(has_it, "no part is of type `{}`: budgets hold for all types together", kind.spec().name);
    }
    let link = link::encode(&Shared::Design(scenario)).expect("fits");
    println!("fixtures/parts60.json: {} bytes as a file, {} characters as a link", text.len(), link.len());
    assert!(link.len() <= 2_400, "{} characters", link.len());
}

#[test]
fn fixtures_are_canonical_and_of_every_version() {
    for name in ["v1-minimal.json", "starter.json", "single-server.json", "tandem.json", "balanced.json"] {
        let (text, scenario) = fixture(name);
        assert_eq!(scenario.to_json(), text, "{name}");
        assert!(scenario.advice().is_empty(), "{name}: {:?}", scenario.advice());
        scenario.system().validate().unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let (_, minimal) = fixture("v1-minimal.json");
    assert_eq!(minimal.settings, brownout_scenario::Settings::default());
    assert_eq!(minimal.edges.len(), 1);
}

#[test]
fn order_and_layout_of_the_text_do_not_matter() {
    let (_, sorted) = fixture("v1-minimal.json");
    let text = r#"{"edges":[{"to":2,"from":1,"id":3,"mode":"sync","kind":"calls"}],
        "parts":[{"type":"web","id":2,"count":1,"params":{}},{"id":1.0,"type":"client"}],"seed":1e0,"version":1}"#;
    assert_eq!(Scenario::from_json(text), Ok(sorted));
}

#[test]
fn times_keep_every_nanosecond() {
    let text = r#"{"version":1,"duration_s":315576000,"parts":[{"id":1,"type":"web"}],
        "timeline":[{"id":2,"at_s":315575999.999999999,"do":"kill","target":"1/1","for_s":0.000000001}]}"#;
    let scenario = Scenario::from_json(text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(scenario.timeline[0].at, 315_575_999_999_999_999);
    assert_eq!(scenario.timeline[0].lasts, Some(1));
    assert!(scenario.to_json().contains(
        "\"at_s\": 315575999.999999999, \"do\": \"kill\", \"target\": \"1/1\", \"for_s\": 0.000000001"
    ));
    assert_eq!(scenario.plan().len(), 2);
}

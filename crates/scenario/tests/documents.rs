//! Documents as they are written and read.

use brownout_scenario::{Scenario, Shared, link};

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
    let link = link::encode(&Shared::Design(scenario)).expect("fits");
    println!("fixtures/parts60.json: {} bytes as a file, {} characters as a link", text.len(), link.len());
    assert!(link.len() <= 2_400, "{} characters", link.len());
}

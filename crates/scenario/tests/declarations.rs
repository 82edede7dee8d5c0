//! One declaration is everything: a parameter that exists only here is found in the struct, the document,
//! the link, the schema, the form and the reference.

use brownout_scenario::form::{Control, rows};
use brownout_scenario::{Lang, keys, params, reference, schema};
use brownout_sim::param::{Law, ParamSet, Seconds, Unit};
use serde_json::json;

brownout_sim::params! {
    /// Settings of nothing that exists.
    pub struct Dummy {
        patience_s: Seconds = Seconds(2.5), [0, 60], key "pa", since 1,
            en "Patience" "How long the dummy waits.",
            ko "인내심" "더미가 기다리는 시간입니다.";
        hands: Count = Count(2), [1, 8], key "ha", since 1,
            en "Hands" "How many hands it has.",
            ko "손" "손의 개수입니다.";
        pace: Law = Law::Exponential { mean_ms: 4.0 }, [0, 1_000], key "pc", since 1,
            en "Pace" "Time from one thing to the next.",
            ko "속도" "다음 일까지의 시간입니다.";
    }
}

brownout_sim::params! {
    /// A dummy that has everything that other dummies have.
    pub struct Double with dummy: Dummy {
        echo: Flag = Flag(false), [], key "ec", since 1,
            en "Echo" "Whether everything happens twice.",
            ko "메아리" "모든 일이 두 번 일어나는지 여부입니다.";
    }
}

#[test]
fn a_shared_group_is_one_flat_list_with_the_own_parameters() {
    let mut double = Double::default();
    assert_eq!(params::to_json(&double), "{}");
    double.echo.0 = true;
    double.dummy.hands.0 = 3;
    double.dummy.pace = Law::Constant { ms: 1.0 };
    let text = r#"{"echo":true,"hands":3,"pace":{"const":{"ms":1}}}"#;
    assert_eq!(params::to_json(&double), text);
    assert_eq!(params::from_json::<Double>(text), Ok(double));
    let names: Vec<&str> = Double::SPECS.iter().map(|spec| spec.name).collect();
    assert_eq!(names, ["echo", "patience_s", "hands", "pace"]);
}

#[test]
fn in_the_struct() {
    assert_eq!(Dummy::default().patience_s, Seconds(2.5));
    assert_eq!(Dummy::SPECS.len(), 3);
}

#[test]
fn in_the_document_and_in_the_link() {
    let mut dummy = Dummy::default();
    assert_eq!(params::to_json(&dummy), "{}", "defaults are left out");
    dummy.patience_s = Seconds(7.25);
    dummy.pace = Law::Lognormal { mean_ms: 3.0, cv: 2.0 };
    let text = r#"{"patience_s":7.25,"pace":{"lognormal":{"mean_ms":3,"cv":2}}}"#;
    assert_eq!(params::to_json(&dummy), text);
    assert_eq!(params::from_json::<Dummy>(text), Ok(dummy.clone()));
    let short = r#"{"pa":7.25,"pc":{"l":{"m":3,"v":2}}}"#;
    assert_eq!(params::to_link_json(&dummy), short);
    assert_eq!(params::from_link_json::<Dummy>(short), Ok(dummy.clone()));
    let percentiles = Law::Empirical { points: [[0.5, 3.0], [0.99, 40.0]].into() };
    dummy.pace =
        Law::Mixture { parts: [(3.0, Law::Exponential { mean_ms: 2.0 }), (1.0, percentiles)].into() };
    let text = r#"{"patience_s":7.25,"pace":{"mix":{"of":[{"weight":3,"law":{"exp":{"mean_ms":2}}},{"weight":1,"law":{"empirical":{"points":[[0.5,3],[0.99,40]]}}}]}}}"#;
    assert_eq!(params::to_json(&dummy), text);
    assert_eq!(params::from_json::<Dummy>(text), Ok(dummy.clone()));
    let short = r#"{"pa":7.25,"pc":{"x":{"o":[{"w":3,"l":{"e":{"m":2}}},{"w":1,"l":{"q":{"p":[[0.5,3],[0.99,40]]}}}]}}}"#;
    assert_eq!(params::to_link_json(&dummy), short);
    assert_eq!(params::from_link_json::<Dummy>(short), Ok(dummy));
}

#[test]
fn in_refusals() {
    let refused = |text: &str| params::from_json::<Dummy>(text).expect_err("not valid").to_string();
    assert_eq!(refused(r#"{"patiense_s":1}"#), "patiense_s: unknown field; did you mean `patience_s`?");
    assert_eq!(refused(r#"{"patience_s":61}"#), "patience_s: must be from 0 to 60, but is 61");
    assert_eq!(
        refused(r#"{"patience_s":1e999}"#),
        "patience_s: must be a finite number that fits into 64 bits"
    );
    assert_eq!(refused(r#"{"hands":1.5}"#), "hands: must be a whole number");
    assert_eq!(refused(r#"{"hands":"two"}"#), "hands: must be a whole number");
    assert_eq!(refused(r#"{"pace":{"exp":{}}}"#), "pace.exp.mean_ms: is missing");
    assert_eq!(
        refused(r#"{"pace":{"zipf":{}}}"#),
        "pace: must be one of const, exp, uniform, lognormal, gamma, pareto, weibull, hyperexp, folded_normal, \
         empirical, mix, but is `zipf`"
    );
    assert_eq!(
        refused(r#"{"pace":{"mix":{"of":[{"weight":1,"law":{"exp":{}}}]}}}"#),
        "pace.mix.of[0].law.exp.mean_ms: is missing"
    );
    assert_eq!(refused(r#"{"pace":{"mix":{"of":[]}}}"#), "pace: must not be empty");
    assert_eq!(
        refused(r#"{"pace":{"empirical":{"points":[[0.5]]}}}"#),
        "pace.empirical.points[0]: is missing"
    );
    let error = params::from_json::<Dummy>(r#"{"hands":9}"#).expect_err("not valid");
    assert_eq!(error.sentence(Lang::Ko), "hands: 1 이상 8 이하여야 하는데 9입니다");
}

#[test]
fn in_the_schema() {
    let schema = schema::params(Dummy::SPECS);
    let patience = &schema["properties"]["patience_s"];
    assert_eq!(patience["minimum"], json!(0.0));
    assert_eq!(patience["maximum"], json!(60.0));
    assert_eq!(patience["default"], json!(2.5));
    assert_eq!(patience["description"], json!("How long the dummy waits."));
    assert_eq!(schema["properties"]["hands"]["type"], json!("integer"));
    assert_eq!(schema["properties"]["pace"]["$ref"], json!("#/$defs/law"));
    assert_eq!(schema["additionalProperties"], json!(false));
}

#[test]
fn in_the_list_of_keys() {
    let lines: Vec<String> = keys::keys_of("dummy", Dummy::SPECS).iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        ["dummy patience_s pa 2.5 1", "dummy hands ha 2 1", r#"dummy pace pc {"exp":{"mean_ms":4}} 1"#]
    );
}

#[test]
fn in_the_form() {
    let english = rows(Dummy::SPECS, Lang::En);
    assert_eq!((english[0].label, english[0].unit, english[0].default.as_str()), ("Patience", "s", "2.5"));
    assert_eq!(Dummy::SPECS[0].unit, Unit::Seconds);
    assert_eq!(english[1].control, Control::Whole { min: 1, max: 8 });
    assert!(matches!(english[2].control, Control::Law { .. }));
    assert_eq!(rows(Dummy::SPECS, Lang::Ko)[0].label, "인내심");
}

#[test]
fn in_the_reference() {
    let table = reference::table(Dummy::SPECS, Lang::En);
    assert!(
        table.contains("| `patience_s` | **Patience.** How long the dummy waits. | s | 0 – 60 | `2.5` |"),
        "{table}"
    );
    assert!(reference::table(Dummy::SPECS, Lang::Ko).contains("인내심"));
}

#[test]
fn the_reference_holds_every_type_in_both_languages() {
    for lang in [Lang::En, Lang::Ko] {
        let text = reference::reference(lang);
        for kind in brownout_sim::component::Kind::ALL {
            let spec = kind.spec();
            assert!(text.contains(&format!("(`{}`)", spec.name)));
            for param in spec.params {
                assert!(text.contains(&format!("| `{}` | **", param.name)), "{}", param.name);
            }
        }
    }
}

/// `WRITE_DOCS=1 cargo test -p brownout-scenario --test declarations` writes them anew.
#[test]
fn the_reference_pages_are_those_of_the_declarations() {
    for (lang, name) in [(Lang::En, "components.md"), (Lang::Ko, "components.ko.md")] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
        let text = reference::reference(lang);
        if std::env::var_os("WRITE_DOCS").is_some() {
            std::fs::write(&path, &text).expect("docs/ can be written");
        }
        let page = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            page == text,
            "docs/{name} is old: WRITE_DOCS=1 cargo test -p brownout-scenario --test declarations"
        );
    }
}

#[test]
fn every_type_says_where_its_model_comes_from() {
    for kind in brownout_sim::component::Kind::ALL {
        assert!(!kind.spec().sources.is_empty(), "{}", kind.spec().name);
    }
}

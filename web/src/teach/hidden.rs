//! What only the teacher's own file holds: seeds and faults for checking.

use brownout_sim::system::Verb;
use serde_json::{Value, json};
use yew::{Html, html};

use super::form::{act, choice, elements, field, line, list, name, plain, seeds, take_away};
use super::{FAULTS, words};
use crate::app::Dispatch;
use crate::state::Lab;

/// From here on, ids of hidden faults: far from those that documents come to.
const IDS: usize = 900_000_000;

pub(super) fn view(lab: &Lab, dispatch: &Dispatch) -> Html {
    let lang = lab.prefs.lang;
    let rest = Verb::ALL.iter().filter(|verb| verb.runs() && !matches!(verb, Verb::Kill | Verb::Restore));
    let verbs = std::iter::once(&Verb::Kill).chain(rest).map(|verb| &Verb::CHOICES[*verb as usize]);
    let verbs = verbs.map(|verb| (verb.name.to_owned(), lang.of(verb.label).to_owned())).collect();
    let faults = lab.teach.draft["hidden"]["runs"][FAULTS].as_array().into_iter().flatten();
    let lines = faults.enumerate().map(|(index, fault)| {
        let word = fault["do"].as_str().unwrap_or_default();
        let verb = Verb::CHOICES.iter().find(|choice| choice.name == word).map_or("", |choice| lang.of(choice.label));
        let target = fault["target"].as_u64().unwrap_or_default() as u32;
        let lasts = fault["for_s"].as_f64().map(|lasts| format!(" – {lasts} s")).unwrap_or_default();
        let words = html! { { format!("{} s{lasts}: {verb}, {}", plain(&fault["at_s"]), name(&lab.document, target, lang)) } };
        line(lang, words, dispatch, move |draft| take_away(&mut draft["hidden"]["runs"][FAULTS], index))
    });
    let targets = elements(&lab.document, lang);
    let ready = lab.teach.number("fault-at").is_some();
    html! {
        <section class="teach-section" aria-label={lang.of(words::HIDDEN)}>
            <h3>{ lang.of(words::HIDDEN) }</h3>
            <p class="dim">{ lang.of(words::HIDDEN_HELP) }</p>
            <div class="form-grid">{ seeds(lab, dispatch, true, words::HIDDEN_SEEDS) }</div>
            <ul class="teach-list" data-testid="teach-faults">{ for lines }</ul>
            <div class="form-grid teach-form">
                { choice(lab, dispatch, "fault-do", words::FAULT, verbs) }
                { choice(lab, dispatch, "fault-target", words::TARGET, targets) }
                { field(lab, dispatch, "fault-at", words::AT, "20") }
                { field(lab, dispatch, "fault-for", words::LASTS, "") }
                <button class="button framed teach-wide" data-testid="add-fault" disabled={!ready} onclick={act(dispatch, Lab::add_fault)}>{ lang.of(words::ADD_FAULT) }</button>
            </div>
        </section>
    }
}

impl Lab {
    fn add_fault(&mut self) {
        let teach = &self.teach;
        let (Some(at), lasts) = (teach.number("fault-at"), teach.number("fault-for")) else { return };
        let verb = Some(teach.field("fault-do")).filter(|verb| !verb.is_empty());
        let kill = Verb::CHOICES[Verb::Kill as usize].name;
        let first = self.document.parts.first().map(|part| part.id);
        let Some(target) = teach.field("fault-target").parse().ok().or(first) else { return };
        let known: Vec<u64> = teach.draft["hidden"]["runs"][FAULTS]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|fault| fault["id"].as_u64())
            .collect();
        let id = known.iter().max().map_or(IDS as u64, |last| last + 1);
        let mut fault = json!({ "id": id, "at_s": at, "do": verb.unwrap_or(kill), "target": target });
        if let Some(lasts) = lasts {
            fault["for_s"] = lasts.into();
        }
        for name in ["fault-at", "fault-for"] {
            self.teach.form.remove(name);
        }
        self.draft(|draft| {
            let hidden = &mut draft["hidden"];
            if !hidden["runs"].is_object() {
                hidden["runs"] = Value::Object(serde_json::Map::new());
            }
            list(&mut hidden["runs"][FAULTS]).push(fault);
        });
    }
}

//! Goals, built by form.

use brownout_scenario::Op;
use brownout_sim::system::Id;
use serde_json::{Value, json};
use yew::{Html, html};

use super::form::{act, choice, elements, field, line, list, name, plain, switch, take_away};
use super::{FAULTS, metrics, words};
use crate::app::Dispatch;
use crate::state::Lab;
use crate::words::Lang;

/// A formula instead of a figure of the list.
const CUSTOM: &str = "custom";

pub(super) fn view(lab: &Lab, dispatch: &Dispatch) -> Html {
    let lang = lab.prefs.lang;
    let lines = [false, true].into_iter().flat_map(|hidden| {
        let goals = lab.teach.goals(hidden).iter().enumerate();
        goals.map(move |(index, goal)| {
            let faults = goal["run"] == FAULTS;
            let words = html! {
                <>
                    { goal["say"][lang.code()].as_str().unwrap_or_default().to_owned() }
                    if hidden { { " " }<em class="teach-tag">{ lang.of(if faults { words::FAULTS_TAG } else { words::HIDDEN_TAG }) }</em> }
                    <br /><code>{ formula(goal) }</code>
                </>
            };
            line(lang, words, dispatch, move |draft| {
                take_away(if hidden { &mut draft["hidden"]["goals"] } else { &mut draft["goals"] }, index);
            })
        })
    });
    let lines: Vec<Html> = lines.collect();
    html! {
        <section class="teach-section" aria-label={lang.of(words::GOALS)}>
            <h3>{ lang.of(words::GOALS) }</h3>
            if lines.is_empty() { <p class="dim">{ lang.of(words::NO_GOALS) }</p> }
            <ul class="teach-list" data-testid="teach-goals">{ for lines }</ul>
            { form(lab, dispatch) }
        </section>
    }
}

/// As a table has it: the figure and what it is to be.
fn formula(goal: &Value) -> String {
    let text = |name: &str| goal[name].as_str().unwrap_or_default();
    let tolerance = goal["tol"].as_f64().map(|tolerance| format!(" ± {tolerance}")).unwrap_or_default();
    let over = goal["over"]
        .as_array()
        .map(|over| format!(" [{}, {}]", plain(&over[0]), plain(&over[1])))
        .unwrap_or_default();
    format!("{} {} {}{tolerance}{over}", text("metric"), text("op"), plain(&goal["value"]))
}

fn subject(lab: &Lab) -> Option<Id> {
    lab.teach.field("goal-subject").parse().ok()
}

fn form(lab: &Lab, dispatch: &Dispatch) -> Html {
    let lang = lab.prefs.lang;
    let whole = (String::new(), lang.of(words::WHOLE).to_owned());
    let subjects = std::iter::once(whole).chain(elements(&lab.document, lang)).collect();
    let figures = metrics::of(&lab.document, subject(lab)).into_iter();
    let figures = figures.map(|(name, label)| (name.to_owned(), lang.of(label).to_owned()));
    let custom = (CUSTOM.to_owned(), lang.of(words::CUSTOM).to_owned());
    let ops = Op::CHOICES.iter().map(|op| (op.name.to_owned(), lang.of(op.label).to_owned())).collect();
    let equal = lab.teach.field("goal-op") == "==";
    html! {
        <div class="form-grid teach-form">
            { choice(lab, dispatch, "goal-subject", words::SUBJECT, subjects) }
            { choice(lab, dispatch, "goal-metric", words::METRIC, figures.chain([custom]).collect()) }
            if lab.teach.field("goal-metric") == CUSTOM {
                <div class="teach-wide">{ field(lab, dispatch, "goal-formula", words::FORMULA, "edges.3.issued / requests.issued") }</div>
            }
            { choice(lab, dispatch, "goal-op", words::COMPARISON, ops) }
            { field(lab, dispatch, "goal-value", words::BOUND, "0.99") }
            if equal { { field(lab, dispatch, "goal-tol", words::TOLERANCE, "0.01") } }
            { field(lab, dispatch, "goal-from", words::FROM, "") }
            { field(lab, dispatch, "goal-to", words::TO, "") }
            <p class="dim teach-wide">{ lang.of(words::OVER_HELP) }</p>
            { field(lab, dispatch, "goal-en", words::SAY_EN, lang.of(words::SAY_BY_ITSELF)) }
            { field(lab, dispatch, "goal-ko", words::SAY_KO, lang.of(words::SAY_BY_ITSELF)) }
            { switch(lab, dispatch, "goal-hidden", words::HIDE_GOAL) }
            { switch(lab, dispatch, "goal-faults", words::UNDER_FAULTS) }
            <button class="button framed teach-wide" data-testid="add-goal" disabled={lab.teach.number("goal-value").is_none()}
                onclick={act(dispatch, Lab::add_goal)}>{ lang.of(words::ADD_GOAL) }</button>
        </div>
    }
}

impl Lab {
    /// Adds the goal that stands in the form.
    fn add_goal(&mut self) {
        let Some(goal) = self.goal_of_form() else { return };
        let faults = goal["run"] == FAULTS;
        let hidden = faults || !self.teach.field("goal-hidden").is_empty();
        for name in ["goal-value", "goal-en", "goal-ko", "goal-formula", "goal-tol"] {
            self.teach.form.remove(name);
        }
        self.draft(|draft| {
            list(if hidden { &mut draft["hidden"]["goals"] } else { &mut draft["goals"] }).push(goal);
        });
    }

    fn goal_of_form(&self) -> Option<Value> {
        let (teach, document) = (&self.teach, &self.document);
        let subject = subject(self);
        let figures = metrics::of(document, subject);
        let wanted = teach.field("goal-metric");
        let figure = figures.iter().find(|(name, _)| *name == wanted).or(figures.first()).copied()?;
        let custom = wanted == CUSTOM;
        let metric = if custom {
            teach.field("goal-formula").to_owned()
        } else {
            metrics::path(document, subject, figure.0)
        };
        let at = Op::CHOICES.iter().position(|op| op.name == teach.field("goal-op")).unwrap_or(0);
        let value = teach.number("goal-value")?;
        let over = teach.number("goal-from").zip(teach.number("goal-to")).map(|(from, to)| [from, to]);
        let what = |lang: Lang| match subject {
            _ if custom => metric.clone(),
            Some(id) => format!("{}: {}", name(document, id, lang), lang.of(figure.1)),
            None => lang.of(figure.1).to_owned(),
        };
        let whats = [what(Lang::En), what(Lang::Ko)];
        let [en, ko] = metrics::sentences([&whats[0], &whats[1]], Op::ALL[at], &value.to_string(), over);
        let own = |name: &str, made: String| {
            Some(teach.field(name).trim()).filter(|own| !own.is_empty()).map_or(made, str::to_owned)
        };
        let say = json!({ "en": own("goal-en", en), "ko": own("goal-ko", ko) });
        let mut goal = json!({ "id": self.free_goal_id(), "metric": metric, "op": Op::CHOICES[at].name, "value": value, "say": say });
        if let Some(over) = over {
            goal["over"] = json!(over);
        }
        if let Some(tolerance) = teach.number("goal-tol").filter(|_| Op::ALL[at] == Op::Equal) {
            goal["tol"] = tolerance.into();
        }
        if !teach.field("goal-faults").is_empty() {
            goal["run"] = FAULTS.into();
        }
        Some(goal)
    }

    fn free_goal_id(&self) -> String {
        let taken = |id: &str| {
            [false, true].iter().any(|hidden| self.teach.goals(*hidden).iter().any(|goal| goal["id"] == id))
        };
        let goals = self.teach.goals(false).len() + self.teach.goals(true).len();
        // Among so many, one is free.
        (1..=goals + 1).map(|number| format!("goal-{number}")).find(|id| !taken(id)).unwrap_or_default()
    }
}

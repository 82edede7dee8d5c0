//! A field and what fits it: the command palette, and the search for parts and connections.

use brownout_sim::param::Choice;
use brownout_sim::system::{EdgeKind, Id};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, InputEvent, KeyboardEvent};
use yew::{Component, Context, Html, NodeRef, Properties, TargetCast, html};

use super::Dialog;
use crate::actions::{Act, Key, actions};
use crate::app::Dispatch;
use crate::canvas::icon::Icon;
use crate::state::Lab;
use crate::state::lab::ends_of;
use crate::words::Lang;

/// What choosing a row does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Choose {
    Perform(Act),
    /// Selects a part or a connection and brings it into view.
    Show(Id),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    choose: Choose,
    icon: &'static str,
    label: String,
    /// What stands at the end: a topic, a type.
    note: &'static str,
    keys: &'static [Key],
    enabled: bool,
    /// Where words are looked for, in lower case.
    text: String,
}

/// Every action but the one that opens this list.
pub fn commands(lab: &Lab) -> Vec<Row> {
    let lang = lab.prefs.lang;
    let others = actions().iter().filter(|action| action.act != Act::Commands);
    let rows = others.map(|action| Row {
        choose: Choose::Perform(action.act),
        icon: action.icon,
        label: lang.of(action.words).to_owned(),
        note: lang.of(action.topic.words()),
        keys: action.keys,
        enabled: action.is_enabled(lab),
        // Both languages: many say "undo" whatever they speak.
        text: format!("{} {} {}", action.words.en, action.words.ko, lang.of(action.topic.words()))
            .to_lowercase(),
    });
    rows.collect()
}

/// Every part and every connection.
pub fn elements(lab: &Lab) -> Vec<Row> {
    let lang = lab.prefs.lang;
    let row = |id: Id, icon: &'static str, name: String, note: &'static str, more: &str| {
        let text = format!("{name} {note} {more} {id}").to_lowercase();
        Row { choose: Choose::Show(id), icon, label: name, note, keys: &[], enabled: true, text }
    };
    let parts = lab.document.parts.iter().map(|part| {
        let spec = part.params.kind().spec();
        let name = if part.name.is_empty() { lang.of(spec.label).to_owned() } else { part.name.clone() };
        row(part.id, spec.icon, name, lang.of(spec.label), spec.name)
    });
    let edges = lab.document.edges.iter().map(|edge| {
        let Choice { name, label, .. } = &EdgeKind::CHOICES[edge.kind as usize];
        let words = format!("{name} {}", ends_of(&lab.document, edge.id));
        row(edge.id, "wire", lab.name_of(edge.id), lang.of(*label), &words)
    });
    parts.chain(edges).collect()
}

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub title: &'static str,
    pub rows: Vec<Row>,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

pub enum Msg {
    Typed(String),
    Step(i32),
    Choose(usize),
    Enter,
}

pub struct Finder {
    text: String,
    /// Of what fits, by its place.
    chosen: usize,
    list: NodeRef,
}

impl Component for Finder {
    type Message = Msg;
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        Self { text: String::new(), chosen: 0, list: NodeRef::default() }
    }

    fn update(&mut self, context: &Context<Self>, message: Msg) -> bool {
        let Props { rows, dispatch, .. } = context.props();
        match message {
            Msg::Typed(text) => {
                self.text = text;
                self.chosen = 0;
            }
            Msg::Step(step) => {
                let count = fitting(rows, &self.text).len().max(1) as i32;
                self.chosen = (self.chosen as i32 + step).rem_euclid(count) as usize;
            }
            Msg::Choose(index) => choose(dispatch, &rows[index]),
            Msg::Enter => {
                if let Some(index) = fitting(rows, &self.text).get(self.chosen) {
                    choose(dispatch, &rows[*index]);
                }
            }
        }
        true
    }

    fn rendered(&mut self, _: &Context<Self>, _: bool) {
        // The list follows the arrows.
        let Some(list) = self.list.cast::<web_sys::HtmlElement>() else { return };
        let chosen = list.query_selector("[aria-selected=true]").ok().flatten();
        let Some(row) = chosen.and_then(|row| row.dyn_into::<web_sys::HtmlElement>().ok()) else { return };
        let (top, bottom) = (row.offset_top(), row.offset_top() + row.offset_height());
        if top < list.scroll_top() {
            list.set_scroll_top(top);
        } else if bottom > list.scroll_top() + list.client_height() {
            list.set_scroll_top(bottom - list.client_height());
        }
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let Props { title, rows, lang, dispatch } = context.props();
        let link = context.link();
        let typed = link.callback(|event: InputEvent| {
            Msg::Typed(event.target_unchecked_into::<HtmlInputElement>().value())
        });
        let keys = link.batch_callback(|event: KeyboardEvent| {
            let message = match event.key().as_str() {
                "ArrowDown" => Msg::Step(1),
                "ArrowUp" => Msg::Step(-1),
                // While Hangul is being composed, Enter ends the syllable.
                "Enter" if !event.is_composing() => Msg::Enter,
                _ => return None,
            };
            event.prevent_default();
            Some(message)
        });
        let fitting = fitting(rows, &self.text);
        let chosen = (!fitting.is_empty()).then(|| format!("find-{}", self.chosen));
        html! {
            <Dialog {title} finder=true lang={*lang} dispatch={dispatch.clone()}>
                <input class="input finder-input" type="text" role="combobox" aria-expanded="true" aria-controls="finder-list"
                    aria-autocomplete="list" aria-activedescendant={chosen} aria-label={*title} placeholder={*title}
                    autocomplete="off" spellcheck="false" data-first="true" data-testid="finder-text"
                    value={self.text.clone()} oninput={typed} onkeydown={keys} />
                <div ref={&self.list} id="finder-list" class="finder-list" role="listbox" aria-label={*title}>
                    { for fitting.iter().enumerate().map(|(place, index)| {
                        let index = *index;
                        view_row(&rows[index], place, place == self.chosen, link.callback(move |_| Msg::Choose(index)))
                    }) }
                </div>
                if fitting.is_empty() { <p class="finder-none" role="status">{ lang.messages().find_none }</p> }
            </Dialog>
        }
    }
}

fn view_row(row: &Row, place: usize, chosen: bool, onclick: yew::Callback<yew::MouseEvent>) -> Html {
    let id = match row.choose {
        Choose::Perform(act) => act.entry().id.to_owned(),
        Choose::Show(id) => id.to_string(),
    };
    html! {
        <div key={id.clone()} id={format!("find-{place}")} class="finder-row" role="option" aria-selected={chosen.to_string()}
            aria-disabled={(!row.enabled).then_some("true")} data-row={id} {onclick}>
            <Icon name={row.icon} />
            <span class="finder-label" title={row.label.clone()}>{ &row.label }</span>
            <span class="finder-note">{ row.note }</span>
            { for row.keys.first().map(|key| html! { <kbd>{ key.shown() }</kbd> }) }
        </div>
    }
}

fn choose(dispatch: &Dispatch, row: &Row) {
    if !row.enabled {
        return;
    }
    let choose = row.choose;
    dispatch.act(move |lab| {
        lab.dialog = None;
        match choose {
            Choose::Perform(act) => lab.perform(act),
            Choose::Show(id) => lab.show_element(id),
        }
    });
}

/// The rows that have all the words, by their places: those that can be chosen before the others, and among them those
/// that begin with the text.
fn fitting(rows: &[Row], text: &str) -> Vec<usize> {
    let text = text.trim().to_lowercase();
    let fits = |row: &Row| text.split_whitespace().all(|word| row.text.contains(word));
    let mut places: Vec<usize> = (0..rows.len()).filter(|index| fits(&rows[*index])).collect();
    let begins = |row: &Row| !text.is_empty() && row.label.to_lowercase().starts_with(&text);
    brownout_sim::order::sort_by_key(&mut places, |index| (!rows[*index].enabled, !begins(&rows[*index])));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(label: &str, enabled: bool) -> Row {
        Row {
            choose: Choose::Show(1),
            icon: "wire",
            label: label.to_owned(),
            note: "",
            keys: &[],
            enabled,
            text: label.to_lowercase(),
        }
    }

    #[test]
    fn words_in_any_order_fit_and_what_begins_with_them_comes_first() {
        let rows = [row("Cut to the clipboard", true), row("Copy", false), row("Clip the wire", true)];
        assert_eq!(fitting(&rows, "clip"), [2, 0]);
        assert_eq!(fitting(&rows, "board cut"), [0]);
        assert_eq!(fitting(&rows, ""), [0, 2, 1], "what cannot be chosen comes last");
        assert!(fitting(&rows, "xyz").is_empty());
    }
}

//! The visitor's documents, the earlier versions of the open one, and templates.

use brownout_sim::param::Words;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use yew::{Component, Context, Html, Properties, html};

use super::{Dialog, files};
use crate::actions::Act;
use crate::app::Dispatch;
use crate::canvas::icon::Icon;
use crate::state::lab::{self, Shelf};
use crate::state::shelf::Label;
use crate::state::storage::SHELF;
use crate::templates::{TEMPLATES, Template};
use crate::words::Lang;

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub shelf: Shelf,
    /// The id of the open document, where it is kept.
    pub open: Option<String>,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

pub enum Msg {
    /// The first press of a button that destroys only asks.
    Ask(String),
    Delete(String),
}

pub struct Documents {
    asked: Option<String>,
}

impl Component for Documents {
    type Message = Msg;
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        Self { asked: None }
    }

    fn update(&mut self, context: &Context<Self>, message: Msg) -> bool {
        match message {
            Msg::Ask(id) => self.asked = Some(id),
            Msg::Delete(id) => {
                self.asked = None;
                context.props().dispatch.act(move |lab| lab.delete_document(&id));
            }
        }
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let Props { shelf, lang, dispatch, .. } = context.props();
        let m = lang.messages();
        let tab = |one: Shelf, label: &'static str, id: &'static str| {
            let dispatch = dispatch.clone();
            let show = move |_| dispatch.act(move |lab| lab.dialog = Some(lab::Dialog::Documents(one)));
            html! {
                <button role="radio" aria-checked={(*shelf == one).to_string()} data-testid={id} onclick={show}>{ label }</button>
            }
        };
        let act = |act: Act, class: &'static str| {
            let dispatch = dispatch.clone();
            html! { <button class={yew::classes!("button", class)} data-action={act.entry().id} onclick={move |_| dispatch.perform(act)}>{ act.label(*lang) }</button> }
        };
        html! {
            <Dialog title={m.documents} wide=true lang={*lang} dispatch={dispatch.clone()}>
                <div class="segments" role="radiogroup" aria-label={m.documents}>
                    { tab(Shelf::Own, m.documents_own, "documents-own") }
                    { tab(Shelf::Versions, m.documents_versions, "documents-versions") }
                    { tab(Shelf::Templates, m.documents_templates, "documents-templates") }
                </div>
                { match shelf {
                    Shelf::Own => self.own(context),
                    Shelf::Versions => versions(context.props()),
                    Shelf::Templates => templates(context.props()),
                } }
                <div class="dialog-actions"><span class="grow"></span>{ act(Act::Open, "framed") }{ act(Act::New, "primary") }</div>
            </Dialog>
        }
    }
}

const COMPARE: Words = Words::new("Compare", "비교");

impl Documents {
    fn own(&self, context: &Context<Self>) -> Html {
        let Props { open, lang, dispatch, .. } = context.props();
        let m = lang.messages();
        let all = SHELF.list();
        if all.is_empty() {
            return html! { <p class="dim">{ m.documents_none }</p> };
        }
        let row = |(id, label): (String, Label)| {
            let is_open = open.as_deref() == Some(&id);
            let name = if label.name.is_empty() { m.untitled.to_owned() } else { label.name.clone() };
            let note = format!("{} · {}", (m.parts_count)(label.parts), when(&label, *lang));
            let note = if is_open { format!("{note} · {}", m.document_open) } else { note };
            let (show, opened) = (dispatch.clone(), id.clone());
            let show = move |_| {
                let id = opened.clone();
                show.act(move |lab| {
                    lab.dialog = None;
                    lab.open_kept(&id, true);
                });
            };
            let (comparing, other) = (dispatch.clone(), id.clone());
            let compare = move |_| {
                let id = other.clone();
                comparing.act(move |lab| lab.compare_document(&id));
            };
            let asked = self.asked.as_ref() == Some(&id);
            let title = format!("{}: {name}", m.document_delete);
            let message = id.clone();
            let delete = context.link().callback(move |_| {
                if asked { Msg::Delete(message.clone()) } else { Msg::Ask(message.clone()) }
            });
            html! {
                <li key={id.clone()} class="shelf-row" data-document={id}>
                    <button class="shelf-main" aria-current={is_open.to_string()} onclick={show}>
                        <span class="shelf-name" title={name.clone()}>{ name }</span><span class="dim">{ note }</span>
                    </button>
                    if !is_open {
                        <button class="button framed" data-testid="compare-document" onclick={compare}>{ lang.of(COMPARE) }</button>
                    }
                    if asked {
                        <button class="button danger framed" data-testid="delete-document" onclick={delete}>{ m.document_delete_sure }</button>
                    } else {
                        <button class="button icon-only" title={title.clone()} aria-label={title} data-testid="delete-document" onclick={delete}><Icon name="delete" /></button>
                    }
                </li>
            }
        };
        html! { <ul class="shelf">{ for all.into_iter().map(row) }</ul> }
    }
}

fn versions(props: &Props) -> Html {
    let m = props.lang.messages();
    let all = props.open.as_deref().map(|id| SHELF.versions(id)).unwrap_or_default();
    if all.is_empty() {
        return html! { <p class="dim">{ m.versions_none }</p> };
    }
    let row = |label: Label| {
        let (dispatch, at_ms) = (props.dispatch.clone(), label.at_ms);
        let restore = move |_| dispatch.act(move |lab| lab.restore_version(at_ms));
        let when = when(&label, props.lang);
        html! {
            <li key={at_ms.to_string()} class="shelf-row">
                <div class="shelf-main"><span class="shelf-name">{ &when }</span><span class="dim">{ (m.parts_count)(label.parts) }</span></div>
                <button class="button framed" data-testid="restore-version" aria-label={format!("{}: {when}", m.version_restore)} onclick={restore}>{ m.version_restore }</button>
            </li>
        }
    };
    html! {
        <>
            <p class="dim">{ m.versions_help }</p>
            <ul class="shelf">{ for all.into_iter().map(row) }</ul>
        </>
    }
}

fn templates(props: &Props) -> Html {
    let card = |template: &'static Template| {
        let (dispatch, lang) = (props.dispatch.clone(), props.lang);
        let title = lang.of(template.title);
        let choose = move |_| {
            let dispatch = dispatch.clone();
            spawn_local(async move {
                let text = files::fetched(&template.address()).await;
                dispatch.act(move |lab| match text {
                    Some(text) => lab.open_template(title, &text),
                    None => lab.complain(lab.words().template_failed),
                });
            });
        };
        html! {
            <button key={template.file} class="template" data-template={template.file} onclick={choose}>
                <Icon name={template.icon} /><strong>{ title }</strong><span class="dim">{ lang.of(template.text) }</span>
            </button>
        }
    };
    html! { <div class="templates">{ for TEMPLATES.iter().map(card) }</div> }
}

/// Day and time as the reader writes them.
fn when(label: &Label, lang: Lang) -> String {
    let options = js_sys::Object::new();
    for (name, value) in [("dateStyle", "medium"), ("timeStyle", "short")] {
        let _ = js_sys::Reflect::set(&options, &name.into(), &value.into());
    }
    let date = js_sys::Date::new(&JsValue::from_f64(label.at_ms as f64));
    date.to_locale_string(lang.code(), &options).into()
}

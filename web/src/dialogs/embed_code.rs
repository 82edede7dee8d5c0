//! The code that puts this design into another page.

use std::rc::Rc;

use brownout_scenario::{Scenario, Shared, link};
use web_sys::{Event, HtmlInputElement, HtmlSelectElement};
use yew::{Component, Context, Html, Properties, TargetCast, html};

use super::{Dialog, files};
use crate::actions::Act;
use crate::app::Dispatch;
use crate::words::Lang;

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub design: Rc<Scenario>,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

pub enum Msg {
    Set(&'static str, String),
    Copy,
    Copied(bool),
}

pub struct EmbedDialog {
    link: Result<String, String>,
    ui: String,
    theme: String,
    frame_lang: String,
    run: bool,
    edit: bool,
    width: String,
    height: String,
    copied: Option<bool>,
}

impl Component for EmbedDialog {
    type Message = Msg;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let props = context.props();
        let link = link::encode(&Shared::Design((*props.design).clone()))
            .map_err(|error| props.lang.sentence(&error));
        Self {
            link,
            ui: "controls".to_owned(),
            theme: "auto".to_owned(),
            frame_lang: props.lang.code().to_owned(),
            run: true,
            edit: false,
            width: "800".to_owned(),
            height: "460".to_owned(),
            copied: None,
        }
    }

    fn update(&mut self, context: &Context<Self>, message: Msg) -> bool {
        match message {
            Msg::Set(name, value) => {
                self.copied = None;
                match name {
                    "ui" => self.ui = value,
                    "theme" => self.theme = value,
                    "lang" => self.frame_lang = value,
                    "run" => self.run = value == "1",
                    "edit" => self.edit = value == "1",
                    "width" => self.width = digits(&value),
                    _ => self.height = digits(&value),
                }
            }
            Msg::Copy => {
                if let Ok(link) = &self.link {
                    files::copy(self.code(context.props(), link), context.link().callback(Msg::Copied));
                }
                return false;
            }
            Msg::Copied(done) => self.copied = Some(done),
        }
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let Props { lang, dispatch, .. } = context.props();
        let m = lang.messages();
        let state = match self.copied {
            Some(true) => m.copied,
            Some(false) => m.copy_failed,
            None => "",
        };
        html! {
            <Dialog title={Act::Embed.label(*lang)} lang={*lang} dispatch={dispatch.clone()}>
                <p class="dim">{ m.embed_help }</p>
                <div class="form-grid">
                    { select(context, "ui", m.embed_ui, &self.ui, &[("full", m.embed_full), ("controls", m.embed_controls), ("none", m.embed_none)]) }
                    { select(context, "theme", m.theme_word, &self.theme, &[("auto", m.theme_auto), ("light", m.theme_light), ("dark", m.theme_dark)]) }
                    { select(context, "lang", m.language, &self.frame_lang, &[("en", "English"), ("ko", "한국어")]) }
                    <span></span>
                    { text(context, "width", m.width, &self.width) }
                    { text(context, "height", m.height, &self.height) }
                    { check(context, "run", m.embed_run, self.run) }
                    { check(context, "edit", m.embed_edit, self.edit) }
                </div>
                { match &self.link {
                    Err(sentence) => html! { <p class="dialog-error" role="alert">{ sentence }</p> },
                    Ok(link) => html! {
                        <>
                            <textarea class="input" readonly=true aria-label={Act::Embed.label(*lang)} data-testid="embed-code" value={self.code(context.props(), link)} />
                            <div class="dialog-actions">
                                <span class="grow" role="status">{ state }</span>
                                <button class="button primary" onclick={context.link().callback(|_| Msg::Copy)}>{ m.copy_code }</button>
                            </div>
                        </>
                    },
                } }
            </Dialog>
        }
    }
}

impl EmbedDialog {
    fn code(&self, props: &Props, link: &str) -> String {
        let Self { ui, theme, frame_lang, width, height, .. } = self;
        let (run, edit) = (u8::from(self.run), u8::from(self.edit));
        let title = if props.design.name.is_empty() { "Brownout" } else { &props.design.name };
        let title = title.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
        let page = files::page_address();
        format!(
            "<iframe src=\"{page}?embed=1&amp;ui={ui}&amp;theme={theme}&amp;lang={frame_lang}&amp;run={run}&amp;edit={edit}{link}\" \
             title=\"{title}\" width=\"{width}\" height=\"{height}\" loading=\"lazy\" style=\"border:0\"></iframe>"
        )
    }
}

fn digits(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).take(4).collect();
    if digits.is_empty() { "460".to_owned() } else { digits }
}

fn select(
    context: &Context<EmbedDialog>,
    name: &'static str,
    label: &'static str,
    value: &str,
    options: &[(&'static str, &'static str)],
) -> Html {
    let change = context.link().callback(move |event: Event| {
        Msg::Set(name, event.target_unchecked_into::<HtmlSelectElement>().value())
    });
    html! {
        <label>{ label }<select class="input" onchange={change}>
            { for options.iter().map(|(code, word)| html! { <option value={*code} selected={*code == value}>{ *word }</option> }) }
        </select></label>
    }
}

fn text(context: &Context<EmbedDialog>, name: &'static str, label: &'static str, value: &str) -> Html {
    let change = context.link().callback(move |event: Event| {
        Msg::Set(name, event.target_unchecked_into::<HtmlInputElement>().value())
    });
    html! { <label>{ label }<input class="input" inputmode="numeric" value={value.to_owned()} onchange={change} /></label> }
}

fn check(context: &Context<EmbedDialog>, name: &'static str, label: &'static str, on: bool) -> Html {
    let change = context.link().callback(move |event: Event| {
        let on = event.target_unchecked_into::<HtmlInputElement>().checked();
        Msg::Set(name, if on { "1" } else { "0" }.to_owned())
    });
    html! { <label class="inline"><input type="checkbox" class="switch" role="switch" checked={on} onchange={change} />{ label }</label> }
}

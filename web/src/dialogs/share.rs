//! A link to this design, or to this run.

use std::rc::Rc;

use brownout_scenario::{Record, Scenario, Shared, link};
use web_sys::HtmlTextAreaElement;
use yew::{Component, Context, Html, NodeRef, Properties, html};

use super::{Dialog, files};
use crate::actions::Act;
use crate::app::Dispatch;
use crate::words::{Lang, format};

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub design: Rc<Scenario>,
    pub record: Rc<Record>,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

pub enum Msg {
    Choose(bool),
    Copy,
    Copied(bool),
}

pub struct ShareDialog {
    run: bool,
    link: Result<String, String>,
    copied: Option<bool>,
    field: NodeRef,
}

impl Component for ShareDialog {
    type Message = Msg;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let link = make_link(context.props(), false);
        Self { run: false, link, copied: None, field: NodeRef::default() }
    }

    fn update(&mut self, context: &Context<Self>, message: Msg) -> bool {
        match message {
            Msg::Choose(run) => {
                self.run = run;
                self.copied = None;
                self.link = make_link(context.props(), run);
            }
            Msg::Copy => {
                if let Ok(link) = &self.link {
                    files::copy(link.clone(), context.link().callback(Msg::Copied));
                }
                return false;
            }
            Msg::Copied(done) => {
                self.copied = Some(done);
                if !done && let Some(field) = self.field.cast::<HtmlTextAreaElement>() {
                    field.select();
                }
            }
        }
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let Props { lang, dispatch, record, .. } = context.props();
        let m = lang.messages();
        let choice = |run: bool, label: &'static str| {
            html! {
                <button role="radio" aria-checked={(self.run == run).to_string()} data-testid={if run { "share-run" } else { "share-design" }}
                    onclick={context.link().callback(move |_| Msg::Choose(run))}>{ label }</button>
            }
        };
        html! {
            <Dialog title={Act::Share.label(*lang)} lang={*lang} dispatch={dispatch.clone()}>
                <div class="segments" role="radiogroup" aria-label={m.share_what}>
                    { choice(false, m.share_design) }{ choice(true, m.share_run) }
                </div>
                <p class="dim">{ if self.run { (m.share_run_help)(record.log.len()) } else { m.share_design_help.to_owned() } }</p>
                { match &self.link {
                    Ok(link) => self.view_link(context, link),
                    Err(sentence) => html! { <p class="dialog-error" role="alert">{ sentence }</p> },
                } }
                { self.buttons(context) }
            </Dialog>
        }
    }
}

impl ShareDialog {
    fn view_link(&self, context: &Context<Self>, link: &str) -> Html {
        let m = context.props().lang.messages();
        let state = match self.copied {
            Some(true) => m.copied.to_owned(),
            Some(false) => m.copy_failed.to_owned(),
            None => (m.link_size)(&format::count(link.len() as u64)),
        };
        html! {
            <>
                <textarea ref={&self.field} class="input" readonly=true aria-label={m.link} data-testid="share-link" value={link.to_owned()} />
                <p class="dim" role="status">{ state }</p>
            </>
        }
    }

    fn buttons(&self, context: &Context<Self>) -> Html {
        let Props { lang, dispatch, .. } = context.props();
        let m = lang.messages();
        let (run, save, embed) = (self.run, dispatch.clone(), dispatch.clone());
        let save = move |_| if run { save.act(files::save_run) } else { save.perform(Act::Save) };
        html! {
            <div class="dialog-actions">
                <span class="grow"></span>
                <button class="button framed" data-testid="share-file" onclick={save}>{ Act::Save.label(*lang) }</button>
                <button class="button framed" onclick={move |_| embed.perform(Act::Embed)}>{ Act::Embed.label(*lang) }</button>
                <button class="button primary" data-first="true" data-testid="copy-link" disabled={self.link.is_err()}
                    onclick={context.link().callback(|_| Msg::Copy)}>{ m.copy_link }</button>
            </div>
        }
    }
}

fn make_link(props: &Props, run: bool) -> Result<String, String> {
    let shared =
        if run { Shared::Run((*props.record).clone()) } else { Shared::Design((*props.design).clone()) };
    link::encode(&shared)
        .map(|fragment| format!("{}{fragment}", files::page_address()))
        .map_err(|error| props.lang.sentence(&error))
}

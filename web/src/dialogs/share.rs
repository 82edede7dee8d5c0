//! A link to this design, or to this run: as text, as a QR code, or what else there is where it is too long.

use std::fmt::Write as _;
use std::rc::Rc;

use brownout_scenario::{Record, Scenario, Shared, View, link};
use brownout_sim::param::Flag;
use qrcodegen::{QrCode, QrCodeEcc};
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::{Component, Context, Html, NodeRef, Properties, TargetCast, html};

use super::{Dialog, files};
use crate::actions::Act;
use crate::app::Dispatch;
use crate::words::{Lang, format};

/// Beyond, a code is too dense for the camera of a phone.
const QR_LIMIT: usize = 1_000;
/// The quiet zone around a code, in its own squares (ISO/IEC 18004).
const QUIET: i32 = 4;

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub design: Rc<Scenario>,
    pub record: Rc<Record>,
    /// Where the visitor looks.
    pub view: View,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

/// What the link holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Choice {
    run: bool,
    camera: bool,
    charts: bool,
}

pub enum Msg {
    Run(bool),
    Camera(bool),
    Charts(bool),
    Code,
    Copy,
    Copied(bool),
}

pub struct ShareDialog {
    choice: Choice,
    link: Result<String, String>,
    copied: Option<bool>,
    /// The QR code is shown.
    code: bool,
    field: NodeRef,
}

impl Component for ShareDialog {
    type Message = Msg;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let choice = Choice::default();
        let link = make_link(context.props(), choice);
        Self { choice, link, copied: None, code: false, field: NodeRef::default() }
    }

    fn update(&mut self, context: &Context<Self>, message: Msg) -> bool {
        match message {
            Msg::Run(on) => self.choice.run = on,
            Msg::Camera(on) => self.choice.camera = on,
            Msg::Charts(on) => self.choice.charts = on,
            Msg::Code => {
                self.code = !self.code;
                return true;
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
                return true;
            }
        }
        self.copied = None;
        self.link = make_link(context.props(), self.choice);
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let Props { lang, dispatch, record, .. } = context.props();
        let m = lang.messages();
        let choice = |run: bool, label: &'static str| {
            html! {
                <button role="radio" aria-checked={(self.choice.run == run).to_string()} data-testid={if run { "share-run" } else { "share-design" }}
                    onclick={context.link().callback(move |_| Msg::Run(run))}>{ label }</button>
            }
        };
        let check = |on: bool, label: &'static str, id: &'static str, message: fn(bool) -> Msg| {
            let change = context.link().callback(move |event: yew::Event| {
                message(event.target_unchecked_into::<HtmlInputElement>().checked())
            });
            html! { <label class="inline"><input type="checkbox" class="switch" role="switch" data-testid={id} checked={on} onchange={change} />{ label }</label> }
        };
        html! {
            <Dialog title={Act::Share.label(*lang)} lang={*lang} dispatch={dispatch.clone()}>
                <div class="segments" role="radiogroup" aria-label={m.share_what}>
                    { choice(false, m.share_design) }{ choice(true, m.share_run) }
                </div>
                <p class="dim">{ if self.choice.run { (m.share_run_help)(record.log.len()) } else { m.share_design_help.to_owned() } }</p>
                <div class="form-grid">
                    { check(self.choice.camera, m.share_camera, "share-camera", Msg::Camera) }
                    { check(self.choice.charts, m.share_charts, "share-charts", Msg::Charts) }
                </div>
                { match &self.link {
                    Ok(link) => self.view_link(context, link),
                    Err(sentence) => html! { <p class="dialog-error" role="alert">{ sentence }{ " " }{ m.share_file_instead }</p> },
                } }
                { self.buttons(context) }
            </Dialog>
        }
    }
}

impl ShareDialog {
    fn view_link(&self, context: &Context<Self>, link: &str) -> Html {
        let m = context.props().lang.messages();
        let size = format::count(link.len() as u64);
        let state = match self.copied {
            Some(true) => m.copied.to_owned(),
            Some(false) => m.copy_failed.to_owned(),
            None => (m.link_size)(&size),
        };
        let code = || match qr_code(link) {
            Some((squares, path)) => html! {
                <svg class="qr" role="img" aria-label={m.qr_code} data-testid="qr" viewBox={format!("0 0 {squares} {squares}")}>
                    <rect width="100%" height="100%" fill="#ffffff" /><path d={path} fill="#000000" />
                </svg>
            },
            None => {
                html! { <p class="dim" data-testid="qr-too-long">{ (m.qr_too_long)(&size, &format::count(QR_LIMIT as u64)) }</p> }
            }
        };
        html! {
            <>
                <textarea ref={&self.field} class="input" readonly=true aria-label={m.link} data-testid="share-link" value={link.to_owned()} />
                <p class="dim" role="status">{ state }</p>
                if self.code { { code() } }
            </>
        }
    }

    fn buttons(&self, context: &Context<Self>) -> Html {
        let Props { lang, dispatch, .. } = context.props();
        let m = lang.messages();
        let (run, save) = (self.choice.run, dispatch.clone());
        let save = move |_| if run { save.act(files::save_run) } else { save.perform(Act::Save) };
        let act = |act: Act, label: &'static str| {
            let dispatch = dispatch.clone();
            html! { <button class="button framed" title={act.label(*lang)} data-action={act.entry().id} onclick={move |_| dispatch.perform(act)}>{ label }</button> }
        };
        html! {
            <div class="dialog-actions">
                <button class="button framed" data-testid="share-file" title={Act::Save.label(*lang)} onclick={save}>{ m.file }</button>
                { act(Act::SavePng, "PNG") }
                { act(Act::SaveSvg, "SVG") }
                { act(Act::Embed, Act::Embed.label(*lang)) }
                <span class="grow"></span>
                <button class="button framed" data-testid="show-qr" aria-expanded={self.code.to_string()} disabled={self.link.is_err()}
                    onclick={context.link().callback(|_| Msg::Code)}>{ m.qr_code }</button>
                <button class="button primary" data-first="true" data-testid="copy-link" disabled={self.link.is_err()}
                    onclick={context.link().callback(|_| Msg::Copy)}>{ m.copy_link }</button>
            </div>
        }
    }
}

/// The squares along a side, quiet zone included, and the dark ones as a path.
fn qr_code(link: &str) -> Option<(i32, String)> {
    let code = QrCode::encode_text(link, QrCodeEcc::Low).ok().filter(|_| link.len() <= QR_LIMIT)?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        for x in (0..size).filter(|x| code.get_module(*x, y)) {
            let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    Some((size + 2 * QUIET, path))
}

fn make_link(props: &Props, choice: Choice) -> Result<String, String> {
    let look = |document: &mut Scenario| {
        document.view = if choice.camera { props.view.clone() } else { View::default() };
        document.view.charts = Flag(choice.charts);
    };
    let shared = if choice.run {
        let mut record = (*props.record).clone();
        look(&mut record.start);
        Shared::Run(record)
    } else {
        let mut design = (*props.design).clone();
        look(&mut design);
        Shared::Design(design)
    };
    link::encode(&shared)
        .map(|fragment| format!("{}{fragment}", files::page_address()))
        .map_err(|error| props.lang.sentence(&error))
}

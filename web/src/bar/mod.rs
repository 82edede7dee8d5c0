//! The top bar: name, transport, undo, share, and everything else in a menu.

mod clock;
pub mod speed;

use wasm_bindgen::JsCast;
use yew::{Callback, Html, Properties, TargetCast, classes, component, html};

use self::clock::Clock;
use self::speed::Speed;
use crate::actions::Act;
use crate::app::Dispatch;
use crate::canvas::geometry::Point;
use crate::canvas::icon::{Icon, Mark};
use crate::look::Theme;
use crate::state::lab::About;
use crate::state::run::Run;
use crate::state::{Live, Menu};
use crate::words::Lang;

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub name: String,
    pub run: Run,
    /// What undo would take back; `None` where there is nothing.
    pub undo: Option<String>,
    pub redo: Option<String>,
    pub editable: bool,
    /// The menu at the end is open.
    pub more: bool,
    /// A frame in another page: only what a reader needs.
    pub frame: Option<FrameBar>,
    pub live: Live,
    /// More messages than this are not drawn one by one.
    pub dots: u32,
    pub lang: Lang,
    pub theme: Theme,
    pub dispatch: Dispatch,
}

/// What the bar shows in a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameBar {
    pub title: String,
    /// The same document in the whole lab, where a link may lead there.
    pub lab: Option<String>,
}

#[component]
pub fn Bar(props: &Props) -> Html {
    let m = props.lang.messages();
    let lang = props.lang;
    let perform = |act: Act| {
        let dispatch = props.dispatch.clone();
        Callback::from(move |_| dispatch.perform(act))
    };
    let icon = |act: Act, name: &'static str| {
        html! {
            <button class="button icon-only" title={act.tip(lang)} aria-label={act.label(lang)} data-action={act.entry().id} onclick={perform(act)}>
                <Icon {name} />
            </button>
        }
    };
    let worded = |act: Act, class: &'static str| {
        html! {
            <button class={classes!("button", class)} title={act.tip(lang)} data-action={act.entry().id} onclick={perform(act)}>{ act.label(lang) }</button>
        }
    };
    let (play_icon, play_label) = if props.run.playing { ("pause", m.pause) } else { ("play", m.play) };
    html! {
        <header class="bar">
            { start(props) }
            <div class="transport" role="group" aria-label={m.transport}>
                <button class="button icon-only play" title={Act::Play.tip(lang)} aria-label={play_label} data-testid="play"
                    data-playing={props.run.playing.to_string()} onclick={perform(Act::Play)}><Icon name={play_icon} /></button>
                { icon(Act::Step, "step") }
                { icon(Act::Reset, "reset") }
                <Clock live={props.live.clone()} lang={props.lang} dots={props.dots} dispatch={props.dispatch.clone()} />
                <Speed speed={props.run.speed} live={props.live.clone()} lang={props.lang} dispatch={props.dispatch.clone()} />
            </div>
            <div class="bar-end">
                if props.editable {
                    { history(props, Act::Undo, props.undo.as_ref()) }
                    { history(props, Act::Redo, props.redo.as_ref()) }
                }
                if let Some(frame) = &props.frame {
                    if let Some(lab) = &frame.lab { <a class="button framed" href={lab.clone()} target="_blank" rel="noopener">{ m.open_in_lab }</a> }
                } else {
                    <span class="separator bar-medium"></span>
                    { worded(Act::Course, "bar-medium") }
                    { worded(Act::New, "bar-wide") }
                    { worded(Act::Open, "bar-wide") }
                    { worded(Act::Share, "primary") }
                    <span class="separator bar-medium"></span>
                    { language(props) }
                    <span class="bar-medium">{ icon(Act::Theme, if props.theme == Theme::Dark { "sun" } else { "moon" }) }</span>
                    <span class="bar-medium">{ icon(Act::Help, "help") }</span>
                    { more(props) }
                }
            </div>
        </header>
    }
}

/// Undo or redo; the tip says what.
fn history(props: &Props, act: Act, what: Option<&String>) -> Html {
    let (dispatch, label) = (props.dispatch.clone(), act.label(props.lang));
    let title = what.map_or_else(|| act.tip(props.lang), |what| format!("{label}: {what}"));
    html! {
        <button class="button icon-only" {title} aria-label={label} disabled={what.is_none()} data-action={act.entry().id}
            onclick={move |_| dispatch.perform(act)}><Icon name={act.entry().icon} /></button>
    }
}

/// What is needed seldom, in a menu at the end of the bar.
fn more(props: &Props) -> Html {
    let (dispatch, label) = (props.dispatch.clone(), props.lang.messages().more);
    let onclick = move |event: yew::MouseEvent| {
        let button = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let Some(bounds) = button.map(|button| button.get_bounding_client_rect()) else { return };
        let at = Point::new(bounds.right(), bounds.bottom() + 6.0);
        dispatch.act(move |lab| lab.menu = Some(Menu { at, about: About::More }));
    };
    html! {
        <button class="button icon-only" title={label} aria-label={label} aria-haspopup="menu"
            aria-expanded={props.more.to_string()} data-testid="more" {onclick}><Icon name="more" /></button>
    }
}

fn start(props: &Props) -> Html {
    if let Some(frame) = &props.frame {
        return html! {
            <div class="bar-start"><span class="mark"><Mark /></span><h1 class="embed-title" title={frame.title.clone()}>{ &frame.title }</h1></div>
        };
    }
    html! {
        <div class="bar-start">
            <h1 class="mark"><Mark /><span class="mark-name">{ "Brownout" }</span></h1>
            <NameField name={props.name.clone()} lang={props.lang} dispatch={props.dispatch.clone()} />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct NameProps {
    name: String,
    lang: Lang,
    dispatch: Dispatch,
}

/// The document's name. Rendered only when the name changes: while somebody types, nothing is written over it.
#[component]
fn NameField(props: &NameProps) -> Html {
    let m = props.lang.messages();
    let dispatch = props.dispatch.clone();
    let rename = Callback::from(move |event: yew::Event| {
        let name = event.target_unchecked_into::<web_sys::HtmlInputElement>().value();
        dispatch.act(move |lab| lab.set_document_name(name));
    });
    html! {
        <input class="document-name" value={props.name.clone()} placeholder={m.untitled} aria-label={m.document_name}
            maxlength="120" title={props.name.clone()} onchange={rename} />
    }
}

/// The other language, in its own words.
fn language(props: &Props) -> Html {
    let other = match props.lang {
        Lang::En => Lang::Ko,
        Lang::Ko => Lang::En,
    };
    let dispatch = props.dispatch.clone();
    let onclick = move |_| {
        dispatch.act(move |lab| lab.set_lang(other));
    };
    html! {
        <button class={classes!("button")} lang={other.code()} data-testid="language" {onclick}>{ other.own_name() }</button>
    }
}

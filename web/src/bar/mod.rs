//! The top bar: name, transport, undo, share, and everything else in a menu.

mod clock;
mod overflow;
pub mod speed;

use yew::{Callback, Html, Properties, TargetCast, classes, component, html};

use self::clock::Clock;
use self::overflow::Overflow;
use self::speed::Speed;
use crate::app::Dispatch;
use crate::canvas::icon::{Icon, Mark};
use crate::look::Theme;
use crate::state::Live;
use crate::state::run::Run;
use crate::words::Lang;

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub name: String,
    pub run: Run,
    /// What undo would take back; `None` where there is nothing.
    pub undo: Option<String>,
    pub redo: Option<String>,
    pub editable: bool,
    /// A frame in another page: only what a reader needs.
    pub frame: Option<FrameBar>,
    pub live: Live,
    pub lang: Lang,
    pub theme: Theme,
    pub dispatch: Dispatch,
}

/// What the bar shows in a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameBar {
    pub title: String,
    /// The same document in the whole lab.
    pub lab: String,
}

#[component]
pub fn Bar(props: &Props) -> Html {
    let m = props.lang.messages();
    let act = |id: &'static str| {
        let dispatch = props.dispatch.clone();
        Callback::from(move |_| dispatch.perform(id))
    };
    let icon = |id: &'static str, name: &'static str, label: &'static str, enabled: bool| {
        html! {
            <button class="button icon-only" title={label} aria-label={label} disabled={!enabled} data-action={id} onclick={act(id)}>
                <Icon {name} />
            </button>
        }
    };
    let (play_icon, play_label) = if props.run.playing { ("pause", m.pause) } else { ("play", m.play) };
    html! {
        <header class="bar">
            { start(props) }
            <div class="transport" role="group" aria-label={m.transport}>
                <button class="button icon-only play" title={play_label} aria-label={play_label} data-testid="play"
                    data-playing={props.run.playing.to_string()} onclick={act("play")}><Icon name={play_icon} /></button>
                { icon("step", "step", m.step, true) }
                { icon("reset", "reset", m.reset, true) }
                <Clock live={props.live.clone()} lang={props.lang} dispatch={props.dispatch.clone()} />
                <Speed speed={props.run.speed} live={props.live.clone()} lang={props.lang} dispatch={props.dispatch.clone()} />
            </div>
            <div class="bar-end">
                if props.editable {
                    { history(props, "undo", m.undo, props.undo.as_ref()) }
                    { history(props, "redo", m.redo, props.redo.as_ref()) }
                }
                if let Some(frame) = &props.frame {
                    <a class="button framed" href={frame.lab.clone()} target="_blank" rel="noopener">{ m.open_in_lab }</a>
                } else {
                    <span class="separator bar-medium"></span>
                    <button class="button bar-wide" onclick={act("new")} data-action="new">{ m.new }</button>
                    <button class="button bar-wide" onclick={act("open")} data-action="open">{ m.open }</button>
                    <button class="button primary" onclick={act("share")} data-action="share">{ m.share }</button>
                    <span class="separator bar-medium"></span>
                    { language(props) }
                    <span class="bar-medium">{ icon("theme", if props.theme == Theme::Dark { "sun" } else { "moon" }, m.theme, true) }</span>
                    <span class="bar-medium">{ icon("help", "help", m.help, true) }</span>
                    <Overflow lang={props.lang} dispatch={props.dispatch.clone()} />
                }
            </div>
        </header>
    }
}

/// Undo or redo; the tip says what.
fn history(props: &Props, id: &'static str, label: &'static str, what: Option<&String>) -> Html {
    let dispatch = props.dispatch.clone();
    let title = what.map_or_else(|| label.to_owned(), |what| format!("{label}: {what}"));
    html! {
        <button class="button icon-only" {title} aria-label={label} disabled={what.is_none()} data-action={id}
            onclick={move |_| dispatch.perform(id)}><Icon name={id} /></button>
    }
}

fn start(props: &Props) -> Html {
    let m = props.lang.messages();
    if let Some(frame) = &props.frame {
        return html! {
            <div class="bar-start"><span class="mark"><Mark /></span><h1 class="embed-title" title={frame.title.clone()}>{ &frame.title }</h1></div>
        };
    }
    let dispatch = props.dispatch.clone();
    let rename = Callback::from(move |event: yew::Event| {
        let name = event.target_unchecked_into::<web_sys::HtmlInputElement>().value();
        dispatch.act(move |lab| lab.set_document_name(name));
    });
    html! {
        <div class="bar-start">
            <h1 class="mark"><Mark /><span class="mark-name">{ "Brownout" }</span></h1>
            <input class="document-name" value={props.name.clone()} placeholder={m.untitled} aria-label={m.document_name}
                maxlength="120" title={props.name.clone()} onchange={rename} />
        </div>
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

//! Keys and gestures, from the list of actions.

use web_sys::HtmlInputElement;
use yew::{Html, Properties, TargetCast, component, html};

use super::Dialog;
use crate::actions::{Act, Action, Key, Topic, actions};
use crate::app::Dispatch;
use crate::words::Lang;

#[derive(Properties, PartialEq)]
pub struct Props {
    /// Keys of a single letter do something.
    pub letters: bool,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

#[component]
pub fn HelpDialog(props: &Props) -> Html {
    let (m, lang) = (props.lang.messages(), props.lang);
    let open = |act: Act| {
        let dispatch = props.dispatch.clone();
        let onclick = move |_| dispatch.perform(act);
        html! { <button class="link-button" {onclick}>{ act.label(lang) }</button> }
    };
    let dispatch = props.dispatch.clone();
    let letters = move |event: yew::Event| {
        let on = event.target_unchecked_into::<HtmlInputElement>().checked();
        dispatch.act(move |lab| {
            lab.prefs.letters = on;
            lab.prefs.keep();
        });
    };
    html! {
        <Dialog title={Act::Help.label(lang)} wide=true {lang} dispatch={props.dispatch.clone()}>
            <ul class="prose">{ for m.help_gestures.iter().map(|line| html! { <li>{ *line }</li> }) }</ul>
            <p class="help-links">{ open(Act::Commands) }{ open(Act::Limits) }</p>
            <label class="help-letters">
                <input type="checkbox" class="switch" role="switch" data-testid="letters" checked={props.letters} onchange={letters} />
                { m.letters }
            </label>
            <div class="keys-columns">{ for Topic::ALL.into_iter().map(|topic| section(topic, props)) }</div>
        </Dialog>
    }
}

/// The keys of a topic; entries of one family share a line.
fn section(topic: Topic, props: &Props) -> Html {
    let mut lines: Vec<(&'static str, Vec<Shown>)> = Vec::new();
    for Action { words, family, keys, .. } in actions().iter().filter(|action| action.topic == topic) {
        let label = props.lang.of(family.unwrap_or(*words));
        match (lines.last_mut(), keys.first()) {
            // The same keys held, another arrow: Ctrl+←↑→↓.
            (Some((last, shown)), Some(key)) if *last == label => {
                if let (Some(first), Some(arrow)) = (shown.first_mut(), key.shown().chars().last())
                    && first.key.shift == key.shift
                {
                    first.text.push(arrow);
                }
            }
            _ => lines.push((label, keys.iter().map(|key| Shown { key, text: key.shown() }).collect())),
        }
    }
    lines.retain(|(_, keys)| !keys.is_empty());
    if lines.is_empty() {
        return html! {};
    }
    let shown = |Shown { key, text }: Shown| {
        let off = key.is_letter() && !props.letters;
        html! { <>{ " " }<kbd class={off.then_some("off")}>{ text }</kbd></> }
    };
    html! {
        <section>
            <h3>{ props.lang.of(topic.words()) }</h3>
            <table class="keys-table"><tbody>
                { for lines.into_iter().map(|(label, keys)| html! {
                    <tr><td>{ label }</td><td>{ for keys.into_iter().map(shown) }</td></tr>
                }) }
            </tbody></table>
        </section>
    }
}

struct Shown {
    key: &'static Key,
    text: String,
}

//! Keys and gestures, from the table of actions.

use yew::{Html, Properties, component, html};

use super::Dialog;
use crate::app::Dispatch;
use crate::state::actions::{ACTIONS, Topic};
use crate::words::Lang;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lang: Lang,
    pub dispatch: Dispatch,
}

#[component]
pub fn HelpDialog(props: &Props) -> Html {
    let m = props.lang.messages();
    let limits = {
        let dispatch = props.dispatch.clone();
        move |_| dispatch.perform("limits")
    };
    let topic = |topic: Topic, title: &'static str| {
        let rows = ACTIONS.iter().filter(|action| action.topic == topic && !action.keys.is_empty());
        html! {
            <section>
                <h3>{ title }</h3>
                <table class="keys-table"><tbody>
                    { for rows.map(|action| html! {
                        <tr><td>{ (action.label)(m) }</td><td>{ for action.keys.iter().map(|key| html! { <>{ " " }<kbd>{ key.shown() }</kbd></> }) }</td></tr>
                    }) }
                </tbody></table>
            </section>
        }
    };
    html! {
        <Dialog title={m.help} wide=true lang={props.lang} dispatch={props.dispatch.clone()}>
            <ul class="prose">{ for m.help_gestures.iter().map(|line| html! { <li>{ *line }</li> }) }</ul>
            <p><button class="link-button" onclick={limits}>{ m.limits }</button></p>
            <div class="keys-columns">
                { topic(Topic::Run, m.topic_run) }
                { topic(Topic::Edit, m.topic_edit) }
                { topic(Topic::View, m.topic_view) }
                { topic(Topic::Document, m.topic_document) }
            </div>
        </Dialog>
    }
}

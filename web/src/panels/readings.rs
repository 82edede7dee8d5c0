//! What the selected part or edge is doing right now.

use std::rc::Rc;

use brownout_sim::observe::Picture;
use brownout_sim::system::Id;
use yew::{Component, Context, Html, Properties, html};

use crate::state::{Live, Subscription};
use crate::words::{Lang, format};
use crate::worker::Frame;

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub id: Id,
    pub live: Live,
    pub lang: Lang,
}

/// A name and a value.
type Reading = (&'static str, String);

pub struct Readings {
    readings: Vec<Reading>,
    _subscription: Subscription,
}

pub struct Refresh;

impl Component for Readings {
    type Message = Refresh;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let link = context.link().clone();
        let subscription = context.props().live.subscribe_calmly(move |_| link.send_message(Refresh));
        Self { readings: read(context.props()), _subscription: subscription }
    }

    fn update(&mut self, context: &Context<Self>, _: Refresh) -> bool {
        let readings = read(context.props());
        let differs = readings != self.readings;
        self.readings = readings;
        differs
    }

    fn changed(&mut self, context: &Context<Self>, _: &Props) -> bool {
        self.readings = read(context.props());
        true
    }

    fn view(&self, _: &Context<Self>) -> Html {
        if self.readings.is_empty() {
            return html! {};
        }
        html! {
            <dl class="readings" data-testid="readings">
                { for self.readings.iter().map(|(name, value)| html! {
                    <div><dt title={*name}>{ *name }</dt><dd>{ value }</dd></div>
                }) }
            </dl>
        }
    }
}

fn read(props: &Props) -> Vec<Reading> {
    let frame: Option<Rc<Frame>> = props.live.last();
    frame.map_or_else(Vec::new, |frame| of(&frame.picture, props.id, props.lang))
}

fn of(picture: &Picture, id: Id, lang: Lang) -> Vec<Reading> {
    let m = lang.messages();
    if let Some(edge) = picture.edges.iter().find(|edge| edge.id == id) {
        let state = if edge.cut { m.is_cut } else { m.is_up };
        return vec![(m.state, state.to_owned()), (m.calls_sent, format::rate(lang, f64::from(edge.rate)))];
    }
    let Some(part) = picture.parts.iter().find(|part| part.id == id) else { return Vec::new() };
    let up = part.up.iter().filter(|up| **up).count();
    let mut readings = vec![
        (m.arriving, format::rate(lang, f64::from(part.rate))),
        (m.errors, format::rate(lang, f64::from(part.errors))),
        (m.instances_up, format!("{up}/{}", part.up.len())),
    ];
    let [_, parked] = part.count_down();
    if parked > 0 {
        readings.push((m.parked, format::count(parked as u64)));
    }
    if let Some(share) = part.utilisation {
        readings.push((m.utilisation, format::share(f64::from(share))));
        readings.push((m.busy, format!("{}/{}", part.busy, part.workers)));
        readings.push((m.waiting, format::count(u64::from(part.queued))));
    }
    readings
}

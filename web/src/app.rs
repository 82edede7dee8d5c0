//! The first page: runs the starter and says how far it is.

use brownout_scenario::{Record, starter};
use yew::{Component, Context, Html, html};

use crate::worker::{Event, Simulator};

pub struct App {
    _simulator: Simulator,
    said: String,
}

impl Component for App {
    type Message = Event;
    type Properties = ();

    fn create(context: &Context<Self>) -> Self {
        let simulator = Simulator::spawn(context.link().callback(|event| event));
        simulator.load(&Record::new(starter()), true);
        Self { _simulator: simulator, said: "Starting the worker.".to_owned() }
    }

    fn update(&mut self, _: &Context<Self>, event: Event) -> bool {
        self.said = match event {
            Event::Ready => "The worker is ready.".to_owned(),
            Event::Frame(frame) => format!(
                "The worker answered: {:.1} s, {} requests, {} messages under way, digest {}",
                frame.now as f64 / 1e9,
                frame.requests.issued,
                frame.picture.messages,
                frame.digest,
            ),
            Event::Broken { reason } => reason,
            _ => return false,
        };
        true
    }

    fn view(&self, _: &Context<Self>) -> Html {
        html! {
            <main>
                <h1>{ "Brownout" }</h1>
                <p id="worker-state">{ &self.said }</p>
            </main>
        }
    }
}

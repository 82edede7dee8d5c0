//! The first page: says that page and worker have found each other.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};
use yew::{Callback, Component, Context, Html, html};

pub struct App {
    worker: Option<Worker>,
    _listener: Closure<dyn FnMut(MessageEvent)>,
    ready: bool,
    answer: Option<String>,
}

pub enum Message {
    FromWorker(Option<String>),
}

impl Component for App {
    type Message = Message;
    type Properties = ();

    fn create(context: &Context<Self>) -> Self {
        let heard: Callback<Option<String>> = context.link().callback(Message::FromWorker);
        let listener = Closure::new(move |event: MessageEvent| heard.emit(event.data().as_string()));
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options("./worker.js", &options).ok();
        if let Some(worker) = &worker {
            worker.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        }
        Self { worker, _listener: listener, ready: false, answer: None }
    }

    fn update(&mut self, _: &Context<Self>, message: Message) -> bool {
        match message {
            // A module worker hears nothing until its wasm is up; its first message is empty and says so.
            Message::FromWorker(None) => {
                self.ready = true;
                if let Some(worker) = &self.worker {
                    let _ = worker.post_message(&"hello".into());
                }
            }
            Message::FromWorker(Some(text)) => self.answer = Some(text),
        }
        true
    }

    fn view(&self, _: &Context<Self>) -> Html {
        let state = match (&self.answer, self.ready) {
            (Some(answer), _) => format!("The worker answered: {answer}"),
            (None, true) => "The worker is ready.".to_owned(),
            (None, false) => "Starting the worker.".to_owned(),
        };
        html! {
            <main>
                <h1>{ "Brownout" }</h1>
                <p id="worker-state" aria-live="polite">{ state }</p>
            </main>
        }
    }
}

//! A thread of the page with a wasm file of its own, which is loaded when it is first needed: the course, and what
//! looks closely at a run. Both speak JSON.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

pub struct Aside {
    worker: Option<Worker>,
    /// Asked before the thread was ready; none once it is.
    early: Rc<RefCell<Option<Vec<String>>>>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Aside {
    /// Starts the script, and passes on every answer.
    pub fn start(script: &str, heard: impl Fn(String) + 'static) -> Self {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(script, &options).ok();
        let early = Rc::new(RefCell::new(Some(Vec::<String>::new())));
        let (waiting, answering) = (Rc::clone(&early), worker.clone());
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            // The first message says that it is ready.
            if let (Some(early), Some(worker)) = (waiting.borrow_mut().take(), &answering) {
                for question in early {
                    let _ = worker.post_message(&question.into());
                }
            } else if let Some(answer) = event.data().as_string() {
                heard(answer);
            }
        });
        if let Some(worker) = &worker {
            worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        }
        Self { worker, early, _on_message: on_message }
    }

    /// Asks, now or as soon as the thread is ready.
    pub fn ask(&self, question: String) {
        match (&mut *self.early.borrow_mut(), &self.worker) {
            (Some(early), _) => early.push(question),
            (None, Some(worker)) => {
                let _ = worker.post_message(&question.into());
            }
            (None, None) => {}
        }
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if let Some(worker) = &self.worker {
            worker.set_onmessage(None);
            worker.terminate();
        }
    }
}

//! The worker's thread: hands messages to the engine room and lets it work in slices.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessagePort};

use super::engine_room::{EngineRoom, Next};
use super::protocol::{Answer, Request, of_its_own};

thread_local! {
    /// What a panic reports: the run, and the events executed before the slice that failed.
    static LAST_KNOWN: Cell<(u32, u64)> = const { Cell::new((0, 0)) };
}

struct Thread {
    scope: DedicatedWorkerGlobalScope,
    room: RefCell<EngineRoom>,
    answers: RefCell<Vec<Answer>>,
    /// A message to oneself is the fastest way back after the page's messages have been heard.
    wake: MessagePort,
    woken: Cell<bool>,
    timer: Cell<Option<i32>>,
    on_timer: RefCell<Option<Closure<dyn FnMut()>>>,
}

/// Starts the worker's side and says that it is ready, with an empty message.
pub fn start() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let Ok(channel) = MessageChannel::new() else { return };
    report_panics();
    let thread = Rc::new(Thread {
        scope: scope.clone(),
        room: RefCell::default(),
        answers: RefCell::default(),
        wake: channel.port2(),
        woken: Cell::new(false),
        timer: Cell::new(None),
        on_timer: RefCell::new(None),
    });
    let listening = Rc::clone(&thread);
    listen(move |event| listening.hear(&event), |listener| scope.set_onmessage(Some(listener)));
    let waking = Rc::clone(&thread);
    listen(move |_| waking.wake(), |listener| channel.port1().set_onmessage(Some(listener)));
    let timed = Rc::clone(&thread);
    *thread.on_timer.borrow_mut() = Some(Closure::new(move || {
        timed.timer.set(None);
        timed.work();
    }));
    let _ = scope.post_message(&JsValue::NULL);
}

/// Listeners live as long as the worker does.
fn listen(heard: impl FnMut(MessageEvent) + 'static, set: impl FnOnce(&js_sys::Function)) {
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(heard);
    set(listener.as_ref().unchecked_ref());
    listener.forget();
}

/// A panic ends the wasm for good; the page is told why before it does.
fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        let (run, events) = LAST_KNOWN.get();
        web_sys::console::error_1(&info.to_string().into());
        let reason = of_its_own(info);
        if let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() {
            post(&scope, &Answer::Broken { reason, events }.encode(run));
        }
    }));
}

fn post(scope: &DedicatedWorkerGlobalScope, bytes: &[u8]) {
    let array = js_sys::Uint8Array::from(bytes);
    let buffer = array.buffer();
    let _ = scope.post_message_with_transfer(&array, &js_sys::Array::of1(&buffer));
}

impl Thread {
    fn now_ms(&self) -> f64 {
        self.scope.performance().map_or(0.0, |performance| performance.now())
    }

    fn hear(&self, event: &MessageEvent) {
        let bytes = js_sys::Uint8Array::new(&event.data()).to_vec();
        let mut answers = self.answers.borrow_mut();
        match Request::decode(&bytes) {
            Ok(request) => self.room.borrow_mut().handle(request, self.now_ms(), &mut answers),
            Err(error) => answers.push(Answer::Broken { reason: error.sentence(), events: 0 }),
        }
        drop(answers);
        if self.woken.get() {
            self.send();
        } else {
            self.work();
        }
    }

    fn wake(&self) {
        self.woken.set(false);
        self.work();
    }

    fn work(&self) {
        if let Some(timer) = self.timer.take() {
            self.scope.clear_timeout_with_handle(timer);
        }
        let mut room = self.room.borrow_mut();
        LAST_KNOWN.set((room.run(), room.events()));
        let next = room.work(&|| self.now_ms(), &mut self.answers.borrow_mut());
        drop(room);
        self.send();
        match next {
            Next::Now => {
                self.woken.set(true);
                let _ = self.wake.post_message(&JsValue::NULL);
            }
            Next::In(ms) => self.set_timer(ms),
            Next::Wait => {}
        }
    }

    fn set_timer(&self, ms: f64) {
        let on_timer = self.on_timer.borrow();
        let Some(closure) = on_timer.as_ref() else { return };
        let handle = self.scope.set_timeout_with_callback_and_timeout_and_arguments_0(
            closure.as_ref().unchecked_ref(),
            ms.ceil() as i32,
        );
        self.timer.set(handle.ok());
    }

    fn send(&self) {
        let run = self.room.borrow().run();
        for answer in self.answers.borrow_mut().drain(..) {
            post(&self.scope, &answer.encode(run));
        }
    }
}

//! The page's handle on the simulator: sends requests, passes on what comes back, and outlives its worker.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use brownout_scenario::Record;
use brownout_sim::Ns;
use brownout_sim::param::Sentence;
use brownout_sim::sentence;
use brownout_sim::system::Action;
use gloo::render::{AnimationFrame, request_animation_frame};
use gloo::timers::callback::Interval;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};
use yew::Callback;

use super::action::{Stamped, WireAction};
use super::frame::Frame;
use super::protocol::{Answer, Request, of_its_own};
use super::recovery::{Deaths, Watchdog};

/// Relative to the page, so that any sub-path of any host will do.
const WORKER_SCRIPT: &str = "./worker.js";

/// What the simulator tells the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The worker has started.
    Ready,
    /// The record is built; frames follow.
    Loaded,
    Frame(Rc<Frame>),
    /// Command `seq` happens at this time.
    Applied {
        seq: u64,
        at: Ns,
    },
    Refused {
        seq: u64,
        reason: Sentence,
    },
    /// The end of the run is reached.
    Finished,
    /// On the way to the time asked for, or back to it after the worker had died; 0 to 1.
    Replaying {
        done: f32,
    },
    /// The simulator cannot go on with this run. Document and record are the page's and are safe.
    Broken {
        reason: Sentence,
    },
}

/// The page's handle. Clones are the same simulator.
#[derive(Clone)]
pub struct Simulator {
    inner: Rc<RefCell<Inner>>,
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulator").finish_non_exhaustive()
    }
}

impl PartialEq for Simulator {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner)
    }
}

/// A worker with the listeners that must live as long as it does.
struct Thread {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

/// What a fresh worker must be told to be where the last one was.
struct Run {
    record: String,
    applied: Vec<Stamped>,
    /// Sent, and not yet answered.
    open: Vec<(u64, WireAction)>,
    /// The last frame's time and events.
    now: Ns,
    events: u64,
    playing: bool,
    deaths: Deaths,
}

struct Inner {
    on_event: Callback<Event>,
    thread: Option<Thread>,
    ready: bool,
    queue: Vec<Request>,
    number: u32,
    run: Option<Run>,
    speed: f64,
    most: u32,
    watchdog: Watchdog,
    to_show: Option<AnimationFrame>,
    _tick: Option<Interval>,
}

impl Simulator {
    /// Starts a worker. Requests may follow at once; they wait until it is ready.
    pub fn spawn(on_event: Callback<Event>) -> Self {
        let inner = Rc::new_cyclic(|weak: &Weak<RefCell<Inner>>| {
            let ticking = Weak::clone(weak);
            let tick = Interval::new(Watchdog::TICK_MS, move || {
                if let Some(inner) = ticking.upgrade() {
                    Self { inner }.tick();
                }
            });
            RefCell::new(Inner {
                on_event,
                thread: None,
                ready: false,
                queue: Vec::new(),
                number: 0,
                run: None,
                speed: 1.0,
                most: super::frame::FIRST_DOTS,
                watchdog: Watchdog::default(),
                to_show: None,
                _tick: Some(tick),
            })
        });
        let simulator = Self { inner };
        simulator.start_worker();
        simulator
    }

    /// Begins a run of this record, from its start. What an earlier run still had to say is dropped.
    pub fn load(&self, record: &Record, play: bool) {
        self.load_json(record.to_json(), play);
    }

    /// The same for a record as text.
    pub fn load_json(&self, record: String, play: bool) {
        let mut inner = self.inner.borrow_mut();
        inner.run = Some(Run {
            record,
            applied: Vec::new(),
            open: Vec::new(),
            now: 0,
            events: 0,
            playing: play,
            deaths: Deaths::default(),
        });
        inner.to_show = None;
        let request = inner.load_request();
        let dead = inner.thread.is_none();
        drop(inner);
        if dead {
            self.start_worker();
        }
        if let Some(request) = request {
            self.send(request);
        }
    }

    pub fn play(&self) {
        self.set_playing(true);
        self.send(Request::Play);
    }

    pub fn pause(&self) {
        self.set_playing(false);
        self.send(Request::Pause);
    }

    /// Executes the next single event, and pauses.
    pub fn step(&self) {
        self.set_playing(false);
        self.send(Request::Step);
    }

    /// Goes to this time, forwards or backwards.
    pub fn seek(&self, at: Ns) {
        if let Some(run) = &mut self.inner.borrow_mut().run {
            run.now = at;
        }
        self.send(Request::Seek(at));
    }

    /// Simulated time per wall time.
    pub fn set_speed(&self, speed: f64) {
        self.inner.borrow_mut().speed = speed;
        self.send(Request::Speed(speed));
    }

    /// How many messages a frame shows one by one, at most.
    pub fn set_most(&self, most: u32) {
        self.inner.borrow_mut().most = most;
        self.send(Request::Most(most));
    }

    /// Intervenes now. The answer is `Applied` or `Refused` with the same number.
    #[expect(clippy::needless_pass_by_value, reason = "whoever gives a command is done with it")]
    pub fn command(&self, seq: u64, action: Action) {
        let action = WireAction::from(&action);
        if let Some(run) = &mut self.inner.borrow_mut().run {
            run.open.push((seq, action.clone()));
        }
        self.send(Request::Command { seq, action });
    }

    fn set_playing(&self, playing: bool) {
        if let Some(run) = &mut self.inner.borrow_mut().run {
            run.playing = playing;
        }
    }

    fn send(&self, request: Request) {
        let mut inner = self.inner.borrow_mut();
        if inner.ready {
            inner.post(&request);
        } else {
            inner.queue.push(request);
        }
    }

    fn emit(&self, event: Event) {
        let on_event = self.inner.borrow().on_event.clone();
        on_event.emit(event);
    }

    fn start_worker(&self) {
        let weak = Rc::downgrade(&self.inner);
        let failing = Weak::clone(&weak);
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(inner) = weak.upgrade() {
                Self { inner }.heard(&event);
            }
        });
        let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            if let Some(inner) = failing.upgrade() {
                Self { inner }.died(of_its_own(event.message()), None);
            }
        });
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let Ok(worker) = Worker::new_with_options(WORKER_SCRIPT, &options) else {
            self.emit(Event::Broken {
                reason: sentence!("The simulator could not be started.", "시뮬레이터를 시작하지 못했습니다."),
            });
            return;
        };
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let mut inner = self.inner.borrow_mut();
        inner.ready = false;
        inner.watchdog.heard();
        inner.thread = Some(Thread { worker, _on_message: on_message, _on_error: on_error });
    }

    fn heard(&self, event: &MessageEvent) {
        self.inner.borrow_mut().watchdog.heard();
        let data = event.data();
        if data.is_null() {
            let mut inner = self.inner.borrow_mut();
            inner.ready = true;
            inner.post(&Request::Most(inner.most));
            for request in std::mem::take(&mut inner.queue) {
                inner.post(&request);
            }
            drop(inner);
            self.emit(Event::Ready);
            return;
        }
        match Answer::decode(&js_sys::Uint8Array::new(&data).to_vec()) {
            Ok((run, answer)) if run == self.inner.borrow().number => self.answered(answer),
            Ok(_) => {}
            Err(error) => self.died(error.sentence(), None),
        }
    }

    fn answered(&self, answer: Answer) {
        let event = match answer {
            Answer::Loaded { .. } => Event::Loaded,
            Answer::Frame(mut frame) => {
                self.frame_came(&mut frame);
                Event::Frame(Rc::new(*frame))
            }
            Answer::Applied { seq, at } => {
                self.settle(seq, Some(at));
                Event::Applied { seq, at }
            }
            Answer::Refused { seq, reason } => {
                self.settle(seq, None);
                Event::Refused { seq, reason }
            }
            Answer::Finished => {
                self.set_playing(false);
                Event::Finished
            }
            Answer::Replaying { done } => Event::Replaying { done },
            Answer::Broken { reason, events } => return self.died(reason, Some(events)),
            Answer::Pong => return,
        };
        self.emit(event);
    }

    /// Remembers where the run is, and tells the worker once the frame is on the screen.
    fn frame_came(&self, frame: &mut Frame) {
        let weak = Rc::downgrade(&self.inner);
        let number = frame.seq;
        let to_show = request_animation_frame(move |_| {
            if let Some(inner) = weak.upgrade() {
                Self { inner }.send(Request::Shown { frame: number });
            }
        });
        let mut inner = self.inner.borrow_mut();
        inner.to_show = Some(to_show);
        if let Some(run) = &mut inner.run {
            (run.now, run.events) = (frame.now, frame.events);
            // A frame from before the visitor's last word on it must not contradict them; of an end, the worker
            // has told before.
            frame.playing = run.playing;
        }
    }

    /// Command `seq` has been answered: done at `at`, or refused.
    fn settle(&self, seq: u64, at: Option<Ns>) {
        let mut inner = self.inner.borrow_mut();
        let Some(run) = &mut inner.run else { return };
        let Some(position) = run.open.iter().position(|(open, _)| *open == seq) else { return };
        let (_, action) = run.open.remove(position);
        if let Some(at) = at {
            run.applied.push(Stamped { at, action });
        }
    }

    fn tick(&self) {
        let mut inner = self.inner.borrow_mut();
        if inner.thread.is_none() {
            return;
        }
        if inner.watchdog.tick() {
            drop(inner);
            self.died(sentence!("The simulator did not answer.", "시뮬레이터가 응답하지 않았습니다."), None);
        } else if inner.ready {
            inner.post(&Request::Ping);
        }
    }

    /// The worker is lost. A fresh one goes on where the page was, unless that is where the last one died too.
    fn died(&self, reason: Sentence, events: Option<u64>) {
        let mut inner = self.inner.borrow_mut();
        inner.thread = None;
        inner.ready = false;
        inner.queue.clear();
        inner.to_show = None;
        let Some(run) = &mut inner.run else {
            drop(inner);
            return self.emit(Event::Broken { reason });
        };
        let events = events.unwrap_or(run.events);
        if !run.deaths.may_retry(events) {
            run.playing = false;
            inner.run = None;
            drop(inner);
            return self.emit(Event::Broken { reason });
        }
        let open: Vec<_> = run.open.clone();
        let load = inner.load_request();
        drop(inner);
        self.start_worker();
        if let Some(load) = load {
            self.send(load);
        }
        for (seq, action) in open {
            self.send(Request::Command { seq, action });
        }
        self.emit(Event::Replaying { done: 0.0 });
    }
}

impl Inner {
    /// The request that brings a worker to where the run is, under a new number.
    fn load_request(&mut self) -> Option<Request> {
        self.number = self.number.wrapping_add(1);
        let run = self.run.as_ref()?;
        Some(Request::Load {
            run: self.number,
            record: run.record.clone(),
            applied: run.applied.clone(),
            until: run.now,
            play: run.playing,
            speed: self.speed,
        })
    }

    fn post(&self, request: &Request) {
        let Some(thread) = &self.thread else { return };
        let array = js_sys::Uint8Array::from(request.encode().as_slice());
        let buffer = array.buffer();
        let _ = thread.worker.post_message_with_transfer(&array, &js_sys::Array::of1(&buffer));
    }
}

//! The log of what happened, in sentences, the latest first.

use std::rc::Rc;

use brownout_scenario::Scenario;
use brownout_sim::Ns;
use brownout_sim::observe::Happening;
use brownout_sim::param::Words;
use brownout_sim::system::Id;
use gloo::timers::callback::Timeout;
use web_sys::{Event, HtmlInputElement, HtmlSelectElement, InputEvent};
use yew::{Callback, Component, Context, Html, Properties, TargetCast, classes, html};

use super::sentences::{Line, Names, Teller, Tone, time};
use super::words::words;
use crate::state::{Live, Subscription};
use crate::words::Lang;

/// More lines than this are not read by anybody; the log of a run file has them all.
const MOST_LINES: usize = 200;
/// The simulator keeps this many.
const FULL: usize = 10_000;
const REFRESH_MS: u32 = 120;

/// What is shown of the log.
const SHOWN: [(&str, Words); 4] = [
    ("all", Words::new("Everything", "전체")),
    ("bad", Words::new("Failures", "장애")),
    ("warning", Words::new("Warnings", "경고")),
    ("alert", Words::new("Alerts", "알림")),
];
const SHOW: Words = Words::new("Show", "표시");
const FILTER: Words = Words::new("Filter by words", "단어로 찾기");
const NO_LINE: Words = Words::new("No line of the log fits.", "조건에 맞는 기록이 없습니다.");

#[derive(Clone, Debug, PartialEq, Properties)]
pub struct Props {
    pub live: Live,
    pub document: Rc<Scenario>,
    pub lang: Lang,
    /// A line was chosen: its moment, and the part or edge that it is about.
    #[prop_or_default]
    pub on_choose: Callback<(Ns, Option<Id>)>,
}

/// Tells what happened so far.
pub struct EventLog {
    teller: Teller,
    told: usize,
    /// The last one told, to notice a log that is no longer the one that was told.
    last: Option<Happening>,
    timer: Option<Timeout>,
    live: Live,
    subscription: Option<Subscription>,
    /// Which lines are shown: the position in `SHOWN`, and words in them, in small letters.
    show: usize,
    words: String,
}

#[derive(Debug)]
pub enum Message {
    Came,
    Refresh,
    Show(String),
    Words(String),
}

fn listen(context: &Context<EventLog>, live: &Live) -> Subscription {
    let came = context.link().callback(|()| Message::Came);
    let known = std::cell::Cell::new(usize::MAX);
    live.subscribe(move |frame| {
        let count = frame.happenings_from + frame.new_happenings.len();
        if known.replace(count) != count || !frame.new_happenings.is_empty() {
            came.emit(());
        }
    })
}

/// Names of a document's parts and edges for its sentences.
pub fn names_of(document: &Scenario, lang: Lang) -> Names {
    let part = |part: &brownout_scenario::Part| {
        let own = lang.of(part.params.kind().spec().label);
        let name = if part.name.is_empty() { own.to_owned() } else { part.name.clone() };
        (part.id, name, part.count)
    };
    Names::new(document.parts.iter().map(part), &document.edges)
}

impl Component for EventLog {
    type Message = Message;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let props = context.props();
        let live = props.live.clone();
        let mut log = Self {
            teller: Teller::new(names_of(&props.document, props.lang), props.lang),
            told: 0,
            last: None,
            timer: None,
            subscription: Some(listen(context, &live)),
            live,
            show: 0,
            words: String::new(),
        };
        log.tell();
        log
    }

    fn update(&mut self, context: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Came => {
                if self.timer.is_none() {
                    let link = context.link().clone();
                    self.timer = Some(Timeout::new(REFRESH_MS, move || link.send_message(Message::Refresh)));
                }
                false
            }
            Message::Show(code) => {
                self.show = SHOWN.iter().position(|(known, _)| *known == code).unwrap_or(0);
                true
            }
            Message::Words(words) => {
                self.words = words.trim().to_lowercase();
                true
            }
            Message::Refresh => {
                self.timer = None;
                self.tell()
            }
        }
    }

    fn changed(&mut self, context: &Context<Self>, _: &Props) -> bool {
        let props = context.props();
        if self.live != props.live {
            self.live = props.live.clone();
            drop(self.subscription.replace(listen(context, &self.live)));
        }
        let names = names_of(&props.document, props.lang);
        if self.teller.tells(&names, props.lang) {
            return false;
        }
        self.begin(Teller::new(names, props.lang));
        self.tell();
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let props = context.props();
        let texts = words(props.lang);
        if self.teller.lines().is_empty() {
            return html! { <p class="log-empty dim">{ texts.log_empty }</p> };
        }
        let line = |(index, line): (usize, &Line)| {
            let (at, about) = (line.at, line.about);
            let choose = props.on_choose.reform(move |_| (at, about));
            let times = (line.times > 1).then(|| (texts.sentences.times)(line.times));
            html! {
                <li key={index} class={classes!("log-line", tone(line.tone), line.alert.then_some("alert"))}>
                    <button type="button" onclick={choose}>
                        <time>{ (texts.sentences.at)(&time(line.at)) }</time>
                        { " " }<span>{ &line.text }</span>
                        if let Some(times) = times { { " " }<b>{ times }</b> }
                    </button>
                </li>
            }
        };
        let fitting = self.teller.lines().iter().enumerate().rev().filter(|(_, line)| self.fits(line));
        let lines: Vec<Html> = fitting.take(MOST_LINES).map(line).collect();
        html! {
            <>
                { self.view_filter(context) }
                <div role="log" aria-label={texts.log}>
                    if self.told >= FULL {
                        <p class="log-empty dim">{ texts.log_full }</p>
                    }
                    if lines.is_empty() {
                        <p class="log-empty dim">{ props.lang.of(NO_LINE) }</p>
                    }
                    <ol class="log" reversed=true>{ for lines }</ol>
                </div>
            </>
        }
    }
}

const fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Bad => "bad",
        Tone::Warning => "warning",
        Tone::Good => "good",
        Tone::Plain => "plain",
    }
}

impl EventLog {
    fn fits(&self, line: &Line) -> bool {
        let kind = match self.show {
            0 => true,
            1 => line.tone == Tone::Bad,
            2 => matches!(line.tone, Tone::Bad | Tone::Warning),
            _ => line.alert,
        };
        kind && (self.words.is_empty() || line.text.to_lowercase().contains(&self.words))
    }

    fn view_filter(&self, context: &Context<Self>) -> Html {
        let (link, lang) = (context.link(), context.props().lang);
        let show = link.callback(|event: Event| {
            Message::Show(event.target_unchecked_into::<HtmlSelectElement>().value())
        });
        let search = link.callback(|event: InputEvent| {
            Message::Words(event.target_unchecked_into::<HtmlInputElement>().value())
        });
        html! {
            <div class="log-filter">
                <input type="search" class="input" placeholder={lang.of(FILTER)} aria-label={lang.of(FILTER)} data-testid="log-words" oninput={search} />
                <select class="input" aria-label={lang.of(SHOW)} data-testid="log-show" onchange={show}>
                    { for SHOWN.iter().enumerate().map(|(at, (code, words))| html! {
                        <option value={*code} selected={at == self.show}>{ lang.of(*words) }</option>
                    }) }
                </select>
            </div>
        }
    }

    fn begin(&mut self, teller: Teller) {
        self.teller = teller;
        self.told = 0;
        self.last = None;
    }

    /// Tells what is new, or everything after the run went back. Says whether anything changed.
    fn tell(&mut self) -> bool {
        let live = self.live.clone();
        let history = live.history();
        let happenings = &history.happenings;
        let before = self.told;
        let goes_on = before == 0 || happenings.get(before - 1) == self.last.as_ref();
        if !goes_on {
            let afresh = self.teller.afresh();
            self.begin(afresh);
        }
        self.teller.tell(&happenings[self.told..]);
        self.told = happenings.len();
        self.last = happenings.last().cloned();
        !goes_on || self.told > before
    }
}

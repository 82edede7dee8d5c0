//! The code that puts this design into another page: every parameter of `docs/embed.md`, and the frame as it will be.

use std::rc::Rc;

use brownout_scenario::{Scenario, Shared, link};
use brownout_sim::param::Words;
use brownout_sim::system::Verb;
use web_sys::{Event, HtmlInputElement, HtmlSelectElement};
use yew::{Component, Context, Html, Properties, TargetCast, html};

use super::{Dialog, files};
use crate::actions::Act;
use crate::app::Dispatch;
use crate::canvas::geometry::{Camera, Point};
use crate::embed::Embed;
use crate::words::Lang;

/// What a parameter may be. The first choice, and the given state of a switch, are the default and left out.
enum Domain {
    Choice(&'static [(&'static str, Words)]),
    Switch(bool),
    /// With an example.
    Text(&'static str),
    /// An entry of the plan.
    Entry,
    /// What the visitor sees now.
    View,
}

use Domain::{Choice, Entry, Switch, Text, View};

struct Field {
    name: &'static str,
    label: Words,
    domain: Domain,
}

const fn field(name: &'static str, en: &'static str, ko: &'static str, domain: Domain) -> Field {
    Field { name, label: Words::new(en, ko), domain }
}

/// Every parameter, and the size of the frame.
const FIELDS: &[Field] = &[
    field(
        "ui",
        "Shown",
        "표시",
        Choice(&[
            ("controls", Words::new("Bar and canvas", "막대와 캔버스")),
            ("full", Words::new("Everything", "전체")),
            ("none", Words::new("Canvas alone", "캔버스만")),
        ]),
    ),
    field(
        "panel",
        "Charts",
        "차트",
        Choice(&[
            ("", Words::new("None", "없음")),
            ("rates", Words::new("Rates", "처리량")),
            ("latency", Words::new("Latency", "지연 시간")),
            ("errors", Words::new("Errors", "오류")),
            ("rates,latency,errors", Words::new("All", "모두")),
        ]),
    ),
    field(
        "theme",
        "Colours",
        "색",
        Choice(&[
            ("auto", Words::new("As the reader prefers", "보는 사람 설정")),
            ("light", Words::new("Light", "밝게")),
            ("dark", Words::new("Dark", "어둡게")),
        ]),
    ),
    field(
        "lang",
        "Language",
        "언어",
        Choice(&[
            ("", Words::new("The reader's", "보는 사람 설정")),
            ("en", Words::new("English", "English")),
            ("ko", Words::new("한국어", "한국어")),
        ]),
    ),
    field(
        "wheel",
        "The wheel",
        "마우스 휠",
        Choice(&[
            ("page", Words::new("Scrolls the page", "페이지 스크롤")),
            ("zoom", Words::new("Belongs to the frame", "프레임 확대/축소")),
        ]),
    ),
    field("signal", "Strikes at once", "시작할 때 일으킬 장애", Entry),
    field("speed", "Speed", "속도", Text("1/50")),
    field("at", "Begins at (s)", "시작 시점(초)", Text("60")),
    field("seed", "Seed", "시드", Text("1")),
    field("title", "Title", "제목", Text("")),
    field("lock", "Locked (ids)", "잠글 항목(id)", Text("4,5")),
    field("origin", "Only this origin", "허용할 출처", Text("https://example.org")),
    field("events", "Only these messages", "보낼 메시지", Text("metric,fault")),
    field("tag", "Tag of messages", "메시지 태그", Text("a")),
    field("width", "Width", "너비", Text("800")),
    field("height", "Height", "높이", Text("460")),
    field("run", "Runs at once", "바로 실행", Switch(true)),
    field("edit", "Can be edited", "편집 허용", Switch(false)),
    field("fit", "Always shows everything", "항상 전체 보기", Switch(true)),
    field("view", "Shows what I see now", "지금 보는 곳 고정", View),
    field("links", "A link to the whole lab", "전체 화면으로 가는 링크", Switch(true)),
];

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub design: Rc<Scenario>,
    /// What else can be put there, as the address names it: the open lesson, its step, an assignment.
    pub lesson: Vec<(Words, String)>,
    pub camera: Camera,
    /// Of the canvas, in CSS pixels.
    pub canvas: Option<Point>,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

pub enum Msg {
    Set(usize, String),
    Element(bool),
    /// The design, or one of the others.
    What(usize),
    Copy,
    Copied(bool),
}

pub struct EmbedDialog {
    link: Result<String, String>,
    /// 0 is the design.
    what: usize,
    /// Of each field; empty is the default.
    values: Vec<String>,
    /// The custom element instead of the frame.
    element: bool,
    copied: Option<bool>,
}

impl Component for EmbedDialog {
    type Message = Msg;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let props = context.props();
        let link = link::encode(&Shared::Design((*props.design).clone()))
            .map_err(|error| props.lang.sentence(&error));
        let first = |field: &Field| match field.name {
            "width" => "800".to_owned(),
            "height" => "460".to_owned(),
            _ => String::new(),
        };
        // Who has a lesson open means the lesson.
        let what = usize::from(!props.lesson.is_empty());
        Self { link, what, values: FIELDS.iter().map(first).collect(), element: false, copied: None }
    }

    fn update(&mut self, context: &Context<Self>, message: Msg) -> bool {
        match message {
            Msg::Set(index, value) => {
                let is_size = matches!(FIELDS[index].name, "width" | "height");
                let size = || value.chars().filter(char::is_ascii_digit).take(4).collect();
                self.values[index] = if is_size { size() } else { value.trim().to_owned() };
                self.copied = None;
            }
            Msg::Element(element) => {
                self.element = element;
                self.copied = None;
            }
            Msg::What(what) => {
                self.what = what;
                self.copied = None;
            }
            Msg::Copy => {
                if let Ok(link) = self.link(context.props()) {
                    files::copy(self.code(context.props(), &link), context.link().callback(Msg::Copied));
                }
                return false;
            }
            Msg::Copied(done) => self.copied = Some(done),
        }
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let Props { lang, dispatch, .. } = context.props();
        let m = lang.messages();
        let rows = FIELDS.iter().enumerate().map(|(index, field)| self.row(context, index, field));
        html! {
            <Dialog title={Act::Embed.label(*lang)} wide=true lang={*lang} dispatch={dispatch.clone()}>
                <p class="dim">{ m.embed_help }</p>
                { self.whats(context) }
                <div class="form-grid embed-grid">{ for rows }</div>
                { match self.link(context.props()) {
                    Err(sentence) => html! { <p class="dialog-error" role="alert">{ sentence }</p> },
                    Ok(link) => self.result(context, &link),
                } }
            </Dialog>
        }
    }
}

/// What is on the canvas.
const DESIGN: Words = Words::new("This design", "이 설계");

impl EmbedDialog {
    /// What the frame shows, as the end of its address.
    fn link(&self, props: &Props) -> Result<String, String> {
        match self.what.checked_sub(1).and_then(|at| props.lesson.get(at)) {
            Some((_, fragment)) => Ok(fragment.clone()),
            None => self.link.clone(),
        }
    }

    fn whats(&self, context: &Context<Self>) -> Html {
        let props = context.props();
        if props.lesson.is_empty() {
            return html! {};
        }
        let all = std::iter::once(DESIGN).chain(props.lesson.iter().map(|(words, _)| *words));
        let choice = |(index, words): (usize, Words)| {
            html! {
                <button role="radio" aria-checked={(self.what == index).to_string()} data-testid={format!("embed-what-{index}")}
                    onclick={context.link().callback(move |_| Msg::What(index))}>{ props.lang.of(words) }</button>
            }
        };
        html! { <div class="segments" role="radiogroup" aria-label={props.lang.messages().share_what}>{ for all.enumerate().map(choice) }</div> }
    }

    fn result(&self, context: &Context<Self>, link: &str) -> Html {
        let props = context.props();
        let m = props.lang.messages();
        let state = match self.copied {
            Some(true) => m.copied,
            Some(false) => m.copy_failed,
            None => "",
        };
        let pairs = self.pairs();
        let unknown = Embed::read(&pairs).unknown;
        // Elsewhere than in the preview, the origin is that of the other page.
        let shown: Vec<_> = pairs.into_iter().filter(|(name, _)| name != "origin").collect();
        let address = format!("{}?{}{link}", files::page_address(), query(&shown));
        let choice = |element: bool, label: &'static str| {
            html! {
                <button role="radio" aria-checked={(self.element == element).to_string()} data-testid={if element { "embed-element" } else { "embed-iframe" }}
                    onclick={context.link().callback(move |_| Msg::Element(element))}>{ label }</button>
            }
        };
        html! {
            <>
                if !unknown.is_empty() { <p class="dialog-error" role="alert" data-testid="embed-unknown">{ (m.unknown_parameters)(&unknown.join(", ")) }</p> }
                <iframe key={address.clone()} class="embed-preview" title={m.preview} data-testid="embed-preview" src={address}></iframe>
                <div class="segments" role="radiogroup" aria-label={m.code}>{ choice(false, "<iframe>") }{ choice(true, "<brownout-lab>") }</div>
                <textarea class="input" readonly=true aria-label={m.code} data-testid="embed-code" value={self.code(props, link)} />
                <div class="dialog-actions">
                    <span class="grow" role="status">{ state }</span>
                    <button class="button primary" onclick={context.link().callback(|_| Msg::Copy)}>{ m.copy_code }</button>
                </div>
            </>
        }
    }

    fn row(&self, context: &Context<Self>, index: usize, field: &Field) -> Html {
        let props = context.props();
        let (label, value) = (props.lang.of(field.label), &self.values[index]);
        let set = |read: fn(&Event) -> String| {
            context.link().callback(move |event: Event| Msg::Set(index, read(&event)))
        };
        let options = |options: Vec<(String, String)>| {
            let first = options.first().map(|(code, _)| code.clone()).unwrap_or_default();
            let chosen = if value.is_empty() { &first } else { value };
            let change = set(|event| event.target_unchecked_into::<HtmlSelectElement>().value());
            html! {
                <label>{ label }<select class="input" data-embed-field={field.name} onchange={change}>
                    { for options.into_iter().map(|(code, word)| {
                        let selected = code == *chosen;
                        html! { <option {selected} value={code}>{ word }</option> }
                    }) }
                </select></label>
            }
        };
        let switch = |on: bool, read: fn(&Event) -> String| {
            html! { <label class="inline"><input type="checkbox" class="switch" role="switch" data-embed-field={field.name} checked={on} onchange={set(read)} />{ label }</label> }
        };
        match &field.domain {
            Choice(all) => options(
                all.iter()
                    .map(|(code, word)| ((*code).to_owned(), props.lang.of(*word).to_owned()))
                    .collect(),
            ),
            Entry => {
                let plan = props.design.timeline.iter().map(|entry| {
                    let verb = props.lang.of(Verb::CHOICES[entry.verb as usize].label);
                    let name = crate::state::lab::name_of(&props.design, entry.target.id);
                    (entry.id.to_string(), format!("{verb}: {name}"))
                });
                let none = (String::new(), props.lang.messages().nothing.to_owned());
                options(std::iter::once(none).chain(plan).collect())
            }
            Switch(default) => {
                let on = if value.is_empty() { *default } else { value == "1" };
                switch(on, |event| {
                    let on = event.target_unchecked_into::<HtmlInputElement>().checked();
                    if on { "1" } else { "0" }.to_owned()
                })
            }
            View => {
                let now = view_of(props);
                let link = context.link().clone();
                let change = move |event: Event| {
                    let on = event.target_unchecked_into::<HtmlInputElement>().checked();
                    link.send_message(Msg::Set(index, if on { now.clone() } else { String::new() }));
                };
                html! { <label class="inline"><input type="checkbox" class="switch" role="switch" data-embed-field={field.name} checked={!value.is_empty()} onchange={change} />{ label }</label> }
            }
            Text(example) => {
                let change = set(|event| event.target_unchecked_into::<HtmlInputElement>().value());
                html! { <label>{ label }<input class="input" data-embed-field={field.name} placeholder={*example} value={value.clone()} onchange={change} /></label> }
            }
        }
    }

    /// The parameters that are not at their defaults.
    fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = vec![("embed".to_owned(), "1".to_owned())];
        for (field, value) in FIELDS.iter().zip(&self.values) {
            let default = match &field.domain {
                Choice(all) => all[0].0,
                Switch(true) => "1",
                Switch(false) => "0",
                _ => "",
            };
            if !value.is_empty() && value != default && !matches!(field.name, "width" | "height") {
                pairs.push((field.name.to_owned(), value.clone()));
            }
        }
        pairs
    }

    fn size(&self, name: &str) -> &str {
        FIELDS.iter().position(|field| field.name == name).map_or("", |at| self.values[at].as_str())
    }

    fn code(&self, props: &Props, link: &str) -> String {
        let page = files::page_address();
        let (width, height) = (self.size("width"), self.size("height"));
        let title = if props.design.name.is_empty() { "Brownout" } else { &props.design.name };
        if self.element {
            let pairs = self.pairs();
            let rest = pairs.iter().filter(|(name, _)| !matches!(name.as_str(), "embed" | "origin" | "tag"));
            let attributes: Vec<String> =
                rest.map(|(name, value)| format!(" {name}=\"{}\"", escape(value))).collect();
            let attributes = attributes.concat();
            return format!(
                "<script src=\"{page}embed/brownout-lab.js\" defer></script>\n\
                 <brownout-lab{attributes} style=\"max-width: {width}px; height: {height}px\" link=\"{}\"></brownout-lab>",
                escape(link)
            );
        }
        format!(
            "<iframe src=\"{}\" title=\"{}\" width=\"{width}\" height=\"{height}\" loading=\"lazy\" style=\"border:0\"></iframe>",
            escape(&format!("{page}?{}{link}", query(&self.pairs()))),
            escape(title),
        )
    }
}

/// What the visitor sees, in whole units of the canvas.
fn view_of(props: &Props) -> String {
    let size = props.canvas.unwrap_or(Point::new(800.0, 460.0));
    let (origin, zoom) = (props.camera.origin, props.camera.zoom);
    format!("{:.0}.{:.0}.{:.0}.{:.0}", origin.x, origin.y, size.x / zoom, size.y / zoom)
}

fn query(pairs: &[(String, String)]) -> String {
    let pair = |(name, value): &(String, String)| {
        let value: String = js_sys::encode_uri_component(value).into();
        format!("{name}={}", value.replace("%2C", ",").replace("%2F", "/").replace("%3A", ":"))
    };
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

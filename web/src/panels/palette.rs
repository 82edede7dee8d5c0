//! The palette: every type that exists, grouped, searchable, to be dragged or clicked onto the canvas.

use brownout_sim::component::{Group, Kind};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, InputEvent, PointerEvent};
use yew::{Component, Context, Html, Properties, TargetCast, html};

use crate::app::Dispatch;
use crate::canvas::geometry::Point;
use crate::canvas::gesture::TREMBLE;
use crate::canvas::icon::Icon;
use crate::words::Lang;

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub lang: Lang,
    pub dispatch: Dispatch,
}

pub enum Msg {
    Search(String),
    Down(Kind, PointerEvent),
    Moved(PointerEvent),
    Up(PointerEvent),
    Cancel,
    Click(Kind),
}

/// A part on its way from the palette to the canvas.
struct Drag {
    kind: Kind,
    start: Point,
    now: Point,
    moved: bool,
}

pub struct Palette {
    search: String,
    drag: Option<Drag>,
    /// The click that follows a drag is not one.
    dropped: bool,
}

impl Component for Palette {
    type Message = Msg;
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        Self { search: String::new(), drag: None, dropped: false }
    }

    fn update(&mut self, context: &Context<Self>, message: Msg) -> bool {
        let dispatch = &context.props().dispatch;
        match message {
            Msg::Search(text) => self.search = text,
            Msg::Down(kind, event) => {
                if event.button() == 0 {
                    self.dropped = false;
                    self.drag = Some(Drag { kind, start: client(&event), now: client(&event), moved: false });
                    if let Some(item) = event
                        .target_dyn_into::<Element>()
                        .and_then(|target| target.closest("button").ok().flatten())
                    {
                        let _ = item.set_pointer_capture(event.pointer_id());
                    }
                }
                return false;
            }
            Msg::Moved(event) => {
                let Some(drag) = &mut self.drag else { return false };
                drag.now = client(&event);
                drag.moved |= drag.start.distance(drag.now) > TREMBLE;
                return drag.moved;
            }
            Msg::Up(event) => {
                let Some(drag) = self.drag.take() else { return false };
                if drag.moved {
                    self.dropped = true;
                    if let Some(at) = on_canvas(&event) {
                        dispatch.act(move |lab| {
                            let world = lab.camera.world(at);
                            lab.add_part(drag.kind, Some(world));
                        });
                    }
                }
            }
            Msg::Cancel => self.drag = None,
            Msg::Click(kind) => {
                if !std::mem::take(&mut self.dropped) {
                    dispatch.act(move |lab| lab.add_part(kind, None));
                }
                return false;
            }
        }
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let m = context.props().lang.messages();
        let link = context.link();
        let search = link.callback(|event: InputEvent| {
            Msg::Search(event.target_unchecked_into::<HtmlInputElement>().value())
        });
        let groups: Vec<Html> = Group::ALL.iter().filter_map(|group| self.group(context, *group)).collect();
        html! {
            <aside class="palette" aria-label={m.palette}>
                <div class="palette-search">
                    <input class="input" type="search" placeholder={m.find_part} aria-label={m.find_part}
                        value={self.search.clone()} oninput={search} />
                </div>
                <div class="palette-list">
                    if groups.is_empty() { <p class="palette-none">{ m.find_none }</p> }
                    { for groups }
                </div>
                { self.ghost(context.props().lang) }
            </aside>
        }
    }
}

impl Palette {
    fn group(&self, context: &Context<Self>, group: Group) -> Option<Html> {
        let lang = context.props().lang;
        let items: Vec<Html> = Kind::ALL
            .iter()
            .copied()
            .filter(|kind| kind.spec().group == group && self.finds(*kind))
            .map(|kind| item(context, kind))
            .collect();
        if items.is_empty() {
            return None;
        }
        Some(html! { <><h2>{ lang.of(group.label()) }</h2>{ for items }</> })
    }

    /// Searches names and descriptions in both languages.
    fn finds(&self, kind: Kind) -> bool {
        let wanted = self.search.trim().to_lowercase();
        let spec = kind.spec();
        let texts = [spec.name, spec.label.en, spec.label.ko, spec.help.en, spec.help.ko];
        wanted.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&wanted))
    }

    fn ghost(&self, lang: Lang) -> Html {
        let Some(drag) = self.drag.as_ref().filter(|drag| drag.moved) else { return html! {} };
        let spec = drag.kind.spec();
        let place = format!("transform:translate({}px,{}px)", drag.now.x - 60.0, drag.now.y - 20.0);
        html! {
            <div class="drag-ghost" style={place} aria-hidden="true"><Icon name={spec.icon} />{ lang.of(spec.label) }</div>
        }
    }
}

fn item(context: &Context<Palette>, kind: Kind) -> Html {
    let (lang, link) = (context.props().lang, context.link());
    let spec = kind.spec();
    html! {
        <button key={spec.name} class="palette-item" data-kind={spec.name} title={lang.of(spec.help)}
            onpointerdown={link.callback(move |event| Msg::Down(kind, event))} onpointermove={link.callback(Msg::Moved)}
            onpointerup={link.callback(Msg::Up)} onpointercancel={link.callback(|_| Msg::Cancel)}
            onclick={link.callback(move |_| Msg::Click(kind))}>
            <Icon name={spec.icon} />{ lang.of(spec.label) }
        </button>
    }
}

fn client(event: &PointerEvent) -> Point {
    Point::new(f64::from(event.client_x()), f64::from(event.client_y()))
}

/// Where on the canvas the pointer is; `None` beside it.
fn on_canvas(event: &PointerEvent) -> Option<Point> {
    let at = client(event);
    let document = gloo::utils::document();
    let canvas = document.get_element_by_id("canvas")?;
    let under = document.element_from_point(at.x as f32, at.y as f32)?;
    if !canvas.contains(Some(under.unchecked_ref())) {
        return None;
    }
    let bounds = canvas.get_bounding_client_rect();
    Some(Point::new(at.x - bounds.left(), at.y - bounds.top()))
}

//! The context menu of a part, an edge or the canvas.

use std::cell::Cell;
use std::rc::Rc;

use brownout_sim::component::Kind;
use brownout_sim::system::{Id, Target, Verb};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, MouseEvent, PointerEvent};
use yew::{Component, Context, Html, NodeRef, Properties, html};

use crate::actions::{Act, Key, Offer, Topic, actions};
use crate::app::Dispatch;
use crate::canvas::icon::Icon;
use crate::desk::add;
use crate::state::lab::{About, Grow};
use crate::state::{Lab, Menu};
use crate::words::Lang;

/// One line of the menu, or a rule between two groups.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    Action {
        act: Act,
        enabled: bool,
    },
    /// One instance of a part.
    Instance {
        verb: Verb,
        target: Target,
        label: String,
    },
    /// A type for a part to be added.
    Kind {
        grow: Grow,
        kind: Kind,
    },
    Rule,
}

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub menu: Menu,
    pub title: String,
    pub lines: Vec<Line>,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

pub struct MenuView {
    root: NodeRef,
    /// A finger that rests opens the menu, perhaps under itself: its lifting is no choice yet.
    is_pressed: Rc<Cell<bool>>,
}

/// The lines for what a menu is about: what the list of actions offers there, a rule between two topics.
pub fn lines(lab: &Lab, about: About) -> Vec<Line> {
    let offer = match about {
        About::Element(id) if lab.is_edge(id) => Offer::EDGE,
        About::Element(_) => Offer::PART,
        About::Pane => Offer::PANE,
        About::More => Offer::MORE,
        About::Grow(grow) => {
            let kinds = add::kinds(&lab.desk(), grow.from, grow.way);
            return kinds.into_iter().map(|kind| Line::Kind { grow, kind }).collect();
        }
    };
    let mut lines = Vec::new();
    let mut topic = None;
    for action in actions().iter().filter(|action| action.offer.has(offer)) {
        let enabled = action.is_enabled(lab);
        // Only the faults that the selection knows.
        if !enabled && action.topic == Topic::Break {
            continue;
        }
        if topic.replace(action.topic).is_some_and(|before| before != action.topic) {
            lines.push(Line::Rule);
        }
        lines.push(Line::Action { act: action.act, enabled });
    }
    if let About::Element(id) = about
        && let Some(part) = lab.part(id)
        && (2..=6).contains(&part.count)
        && part.params.kind().spec().faults.contains(&Verb::Kill)
    {
        let at = lines.iter().position(|line| *line == Line::Rule).unwrap_or(lines.len());
        lines.splice(at..at, instances(lab, id, part.count));
    }
    lines
}

fn instances(lab: &Lab, id: Id, count: u32) -> Vec<Line> {
    let m = lab.words();
    let frame = lab.live.last();
    let up = |instance: u32| {
        let gauge = frame.as_ref().and_then(|frame| frame.picture.parts.iter().find(|gauge| gauge.id == id));
        gauge.and_then(|gauge| gauge.up.get(instance as usize - 1).copied()).unwrap_or(true)
    };
    (1..=count)
        .map(|instance| {
            let verb = if up(instance) { Verb::Kill } else { Verb::Restore };
            let label = (m.instance)(Act::Fault(verb).label(lab.prefs.lang), instance);
            Line::Instance { verb, target: Target::one(id, instance), label }
        })
        .collect()
}

impl Component for MenuView {
    type Message = ();
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        Self { root: NodeRef::default(), is_pressed: Rc::default() }
    }

    fn rendered(&mut self, context: &Context<Self>, _: bool) {
        let Some(root) = self.root.cast::<HtmlElement>() else { return };
        keep_inside(&root, &context.props().menu);
        if let Some(first) = root.query_selector(".menu-item:not(:disabled)").ok().flatten()
            && let Ok(first) = first.dyn_into::<HtmlElement>()
        {
            let _ = first.focus();
        }
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let props = context.props();
        let close = props.dispatch.clone();
        let pressed = Rc::clone(&self.is_pressed);
        let onpointerdown = move |_: PointerEvent| pressed.set(true);
        let onkeydown = move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                "Escape" | "Tab" => {
                    event.prevent_default();
                    close.act(Lab::close_menu);
                    0
                }
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            move_focus(&event, step);
        };
        html! {
            <div ref={&self.root} class="menu" role="menu" aria-label={props.title.clone()} {onkeydown} {onpointerdown}>
                if !props.title.is_empty() { <div class="menu-title" aria-hidden="true">{ &props.title }</div> }
                { for props.lines.iter().map(|line| view_line(line, props, &self.is_pressed)) }
            </div>
        }
    }
}

fn view_line(line: &Line, props: &Props, is_pressed: &Rc<Cell<bool>>) -> Html {
    let dispatch = props.dispatch.clone();
    let is_pressed = Rc::clone(is_pressed);
    // Keys choose with a click that no pointer made.
    let is_choice = move |event: &MouseEvent| event.detail() == 0 || is_pressed.get();
    match line {
        Line::Rule => html! { <hr /> },
        Line::Kind { grow, kind } => view_kind(props, *grow, *kind, is_choice),
        Line::Action { act, enabled } => {
            let (act, action) = (*act, act.entry());
            let onclick = move |event: MouseEvent| {
                if is_choice(&event) {
                    dispatch.act(move |lab| lab.choose_in_menu(act));
                }
            };
            html! {
                <button class={yew::classes!("menu-item", action.is_danger().then_some("danger"))} role="menuitem" tabindex="-1"
                    title={matches!(act, Act::Fault(_)).then(|| act.tip(props.lang))} disabled={!enabled} data-action={action.id} {onclick}>
                    <Icon name={action.icon} />
                    <span>{ act.label(props.lang) }</span>
                    <span>{ action.keys.first().map(Key::shown) }</span>
                </button>
            }
        }
        Line::Instance { verb, target, label } => {
            let (verb, target) = (*verb, *target);
            let onclick = move |event: MouseEvent| {
                if is_choice(&event) {
                    dispatch.act(move |lab| {
                        lab.close_menu();
                        lab.try_fault(verb, &[target]);
                    });
                }
            };
            html! { <button class="menu-item" role="menuitem" tabindex="-1" title={Act::Fault(verb).tip(props.lang)} {onclick}><Icon name={Act::Fault(verb).entry().icon} /><span>{ label }</span></button> }
        }
    }
}

fn view_kind(
    props: &Props,
    grow: Grow,
    kind: Kind,
    is_choice: impl Fn(&MouseEvent) -> bool + 'static,
) -> Html {
    let (spec, dispatch) = (kind.spec(), props.dispatch.clone());
    let onclick = move |event: MouseEvent| {
        if is_choice(&event) {
            dispatch.act(move |lab| {
                lab.close_menu();
                lab.add_connected(grow, kind);
            });
        }
    };
    html! {
        <button class="menu-item" role="menuitem" tabindex="-1" data-grow={spec.name} {onclick}>
            <Icon name={spec.icon} /><span>{ props.lang.of(spec.label) }</span>
        </button>
    }
}

/// Opens where it was asked for, but always whole.
fn keep_inside(root: &HtmlElement, menu: &Menu) {
    let window = gloo::utils::window();
    let size = |value: Result<wasm_bindgen::JsValue, _>| {
        value.ok().and_then(|value| value.as_f64()).unwrap_or(800.0)
    };
    let (width, height) = (size(window.inner_width()), size(window.inner_height()));
    let x = menu.at.x.min(width - f64::from(root.offset_width()) - 8.0).max(8.0);
    let y = menu.at.y.min(height - f64::from(root.offset_height()) - 8.0).max(8.0);
    let style = root.style();
    let _ = style.set_property("left", &format!("{x}px"));
    let _ = style.set_property("top", &format!("{y}px"));
}

fn move_focus(event: &KeyboardEvent, step: i32) {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else {
        return;
    };
    let Some(root) = target.closest(".menu").ok().flatten() else { return };
    let Ok(items) = root.query_selector_all(".menu-item:not(:disabled)") else { return };
    let count = items.length() as i32;
    let at = (0..count).find(|index| {
        items.item(*index as u32).is_some_and(|item| item.is_same_node(Some(target.unchecked_ref())))
    });
    let next = (at.unwrap_or(-1) + step).rem_euclid(count.max(1));
    if let Some(item) = items.item(next as u32).and_then(|item| item.dyn_into::<HtmlElement>().ok()) {
        let _ = item.focus();
    }
}

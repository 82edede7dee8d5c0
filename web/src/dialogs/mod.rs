//! The dialogs, and the frame that they share.

mod broken;
mod documents;
mod embed_code;
pub mod files;
pub mod finder;
mod help;
mod limits;
mod open;
mod share;
mod summary;

pub use broken::BrokenDialog;
pub use documents::Documents;
pub use embed_code::EmbedDialog;
pub use finder::Finder;
pub use help::HelpDialog;
pub use limits::LimitsDialog;
pub use open::OpenDialog;
pub use share::ShareDialog;
pub use summary::SummaryDialog;

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent};
use yew::{Children, Component, Context, Html, NodeRef, Properties, classes, html};

use crate::app::Dispatch;
use crate::canvas::icon::Icon;
use crate::words::Lang;

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub title: &'static str,
    #[prop_or_default]
    pub wide: bool,
    /// A field and a list: no title above them, near the top of the page.
    #[prop_or_default]
    pub finder: bool,
    pub lang: Lang,
    pub dispatch: Dispatch,
    pub children: Children,
}

/// A modal dialog: takes the focus, keeps it, gives it back.
pub struct Dialog {
    root: NodeRef,
    before: Option<HtmlElement>,
}

impl Component for Dialog {
    type Message = ();
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        let before = gloo::utils::document().active_element().and_then(|element| element.dyn_into().ok());
        Self { root: NodeRef::default(), before }
    }

    fn rendered(&mut self, _: &Context<Self>, first: bool) {
        if !first {
            return;
        }
        let Some(root) = self.root.cast::<HtmlElement>() else { return };
        let wanted = root
            .query_selector("[data-first], .dialog-body button, .dialog-body input, .dialog-body textarea");
        let wanted = wanted.ok().flatten().and_then(|element| element.dyn_into::<HtmlElement>().ok());
        let _ = wanted.unwrap_or(root).focus();
    }

    fn destroy(&mut self, _: &Context<Self>) {
        if let Some(before) = &self.before {
            let _ = before.focus();
        }
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let Props { title, wide, finder, lang, dispatch, children } = context.props();
        let close = {
            let dispatch = dispatch.clone();
            move |_: MouseEvent| dispatch.act(|lab| lab.dialog = None)
        };
        let keys = {
            let (dispatch, root) = (dispatch.clone(), self.root.clone());
            move |event: KeyboardEvent| match event.key().as_str() {
                "Escape" => {
                    event.stop_propagation();
                    dispatch.act(|lab| lab.dialog = None);
                }
                "Tab" => keep_focus(&root, &event),
                _ => event.stop_propagation(),
            }
        };
        let veil = {
            let dispatch = dispatch.clone();
            move |event: MouseEvent| {
                if event.target() == event.current_target() {
                    dispatch.act(|lab| lab.dialog = None);
                }
            }
        };
        html! {
            <div class={classes!("dialog-veil", finder.then_some("top"))} onmousedown={veil}>
                <div ref={&self.root} class={classes!("dialog", wide.then_some("wide"), finder.then_some("finder"))} role="dialog" aria-modal="true"
                    aria-label={*title} tabindex="-1" onkeydown={keys}>
                    if !finder {
                        <header>
                            <h2>{ *title }</h2>
                            <button class="button icon-only" aria-label={lang.messages().close} title={lang.messages().close}
                                data-testid="close-dialog" onclick={close}><Icon name="close" /></button>
                        </header>
                    }
                    <div class="dialog-body">{ children.clone() }</div>
                </div>
            </div>
        }
    }
}

/// Tab goes round inside the dialog.
fn keep_focus(root: &NodeRef, event: &KeyboardEvent) {
    let Some(root) = root.cast::<Element>() else { return };
    let Ok(all) = root.query_selector_all("button:not(:disabled), input, select, textarea, a[href]") else {
        return;
    };
    let node = |index: u32| all.item(index).and_then(|node| node.dyn_into::<HtmlElement>().ok());
    let (Some(first), Some(last)) = (node(0), node(all.length().saturating_sub(1))) else { return };
    let active = gloo::utils::document().active_element();
    let is = |element: &HtmlElement| active.as_ref().is_some_and(|active| active.is_same_node(Some(element)));
    let goal = if event.shift_key() && is(&first) {
        last
    } else if !event.shift_key() && is(&last) {
        first
    } else {
        return;
    };
    event.prevent_default();
    let _ = goal.focus();
}

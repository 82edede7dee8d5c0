//! What a lesson points at, and what may not be changed: rings and locks over the cards, and at connections.

use brownout_sim::param::Words;
use brownout_sim::system::Id;
use yew::{Html, html};

use super::geometry::{Geometry, Point};
use super::icon::Icon;
use crate::words::Lang;

const LOCKED: Words = Words::new("Locked", "잠김");

/// Parts and connections that bear a mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    pub pointed: Vec<Id>,
    pub locked: Vec<Id>,
}

impl Marks {
    /// As elements of the world; `middle` is where a connection's own element is.
    pub(super) fn view(&self, geometry: &Geometry, middle: impl Fn(Id) -> Option<Point>, lang: Lang) -> Html {
        let ring = |id: &Id| {
            let (style, of) = if let Some(card) = geometry.card(*id) {
                let (x, y) = (card.x - 7.0, card.y - 7.0);
                (
                    format!(
                        "left:{x}px;top:{y}px;width:{}px;height:{}px",
                        card.width + 14.0,
                        card.height + 14.0
                    ),
                    "part",
                )
            } else {
                let Point { x, y } = middle(*id)?;
                (format!("left:{}px;top:{}px;width:36px;height:36px", x - 18.0, y - 18.0), "edge")
            };
            Some(
                html! { <span class="mark-pointed" data-pointed={id.to_string()} data-of={of} {style} aria-hidden="true"></span> },
            )
        };
        let lock = |id: &Id| {
            let at = geometry.card(*id).map(|card| Point::new(card.right() - 12.0, card.y - 10.0));
            let Point { x, y } = at.or_else(|| middle(*id).map(|at| at + Point::new(8.0, -24.0)))?;
            let style = format!("left:{x}px;top:{y}px");
            Some(html! {
                <span class="mark-locked" data-locked={id.to_string()} {style} role="img" title={lang.of(LOCKED)} aria-label={lang.of(LOCKED)}><Icon name="lock" /></span>
            })
        };
        html! { <>{ for self.pointed.iter().filter_map(ring) }{ for self.locked.iter().filter_map(lock) }</> }
    }
}

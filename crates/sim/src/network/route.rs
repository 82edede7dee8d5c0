//! The edges that a call came by, for the reply's way back.
//!
//! A forwarded call crosses several edges before somebody answers; the reply crosses them again, backwards,
//! without stopping at the parts between. Routes are interned: a frame carries two bytes. One that comes
//! back to an edge that it has crossed before forgets the detour, so that a loop does not lengthen it.

use std::collections::BTreeMap;

use super::EdgeSlot;

pub(crate) type RouteId = u16;

/// So many routes are remembered that lead to an edge.
const WAYS: usize = 4;

/// Which of these a route is.
#[inline(always)]
fn way(before: Option<RouteId>) -> usize {
    usize::from(before.unwrap_or(0)) % WAYS
}

/// Of a route that was extended: which, and to what.
type Extended = Option<(Option<RouteId>, RouteId)>;

/// One step of a route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hop {
    /// The edge that it ends with, and what comes before that.
    pub(crate) edge: EdgeSlot,
    pub(crate) before: Option<RouteId>,
    /// The edge on which the caller sent it.
    entry: EdgeSlot,
}

/// All routes that calls have taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes {
    rows: Vec<Hop>,
    known: BTreeMap<(Option<RouteId>, EdgeSlot), RouteId>,
    /// Of each edge, some of the routes that were extended by it of late, and to what.
    last: Vec<[Extended; WAYS]>,
}

impl Routes {
    /// The route that goes on over `edge`; `None` where there are too many routes.
    #[inline]
    pub(crate) fn extend(&mut self, before: Option<RouteId>, edge: EdgeSlot) -> Option<RouteId> {
        match self.last.get(edge as usize).map(|last| last[way(before)]) {
            Some(Some((known, route))) if known == before => Some(route),
            _ => RouteId::try_from(self.extend_out_of_line(before, edge)).ok(),
        }
    }

    /// In one word, beyond all routes where there is none: see [`Flow`](crate::engine::Flow).
    #[cold]
    #[inline(never)]
    fn extend_out_of_line(&mut self, before: Option<RouteId>, edge: EdgeSlot) -> u32 {
        self.extend_slow(before, edge).map_or(u32::MAX, u32::from)
    }

    fn extend_slow(&mut self, before: Option<RouteId>, edge: EdgeSlot) -> Option<RouteId> {
        let route = match self.known.get(&(before, edge)) {
            Some(route) => *route,
            None => {
                let route = match self.crossed_before(before, edge) {
                    Some(earlier) => earlier,
                    None => self.intern(before, edge)?,
                };
                self.known.insert((before, edge), route);
                route
            }
        };
        if self.last.len() <= edge as usize {
            self.last.resize(edge as usize + 1, [None; WAYS]);
        }
        self.last[edge as usize][way(before)] = Some((before, route));
        Some(route)
    }

    fn crossed_before(&self, mut route: Option<RouteId>, edge: EdgeSlot) -> Option<RouteId> {
        while let Some(id) = route {
            let row = self.rows[id as usize];
            if row.edge == edge {
                return Some(id);
            }
            route = row.before;
        }
        None
    }

    fn intern(&mut self, before: Option<RouteId>, edge: EdgeSlot) -> Option<RouteId> {
        // As many extensions may be remembered as routes exist, many times over: both are bounded.
        if self.rows.len() > usize::from(RouteId::MAX) || self.known.len() > 1 << 20 {
            return None;
        }
        let entry = before.map_or(edge, |id| self.rows[id as usize].entry);
        self.rows.push(Hop { edge, before, entry });
        Some((self.rows.len() - 1) as RouteId)
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let last = self.last.capacity() * size_of::<[Extended; WAYS]>();
        let known = self.known.len() * size_of::<((Option<RouteId>, EdgeSlot), RouteId)>() * 3 / 2;
        self.rows.capacity() * size_of::<Hop>() + last + known
    }

    /// The end of a route.
    #[inline(always)]
    pub(crate) fn hop(&self, route: RouteId) -> Hop {
        self.rows[route as usize]
    }

    /// The last edge of a route: where a request is, or a reply starts.
    #[inline]
    pub(crate) fn edge(&self, route: RouteId) -> EdgeSlot {
        self.rows[route as usize].edge
    }

    /// The first edge of a route: the caller's.
    #[inline]
    pub(crate) fn entry(&self, route: RouteId) -> EdgeSlot {
        self.rows[route as usize].entry
    }

    /// Whether a route crosses an edge.
    pub(crate) fn crosses(&self, route: RouteId, edge: EdgeSlot) -> bool {
        self.crossed_before(Some(route), edge).is_some()
    }

    /// What is left of a route once its last edge is crossed backwards.
    #[inline]
    pub(crate) fn before(&self, route: RouteId) -> Option<RouteId> {
        self.rows[route as usize].before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_forgotten() -> Result<(), &'static str> {
        let full = "too many routes";
        let mut routes = Routes::default();
        let a = routes.extend(None, 4).ok_or(full)?;
        let b = routes.extend(Some(a), 5).ok_or(full)?;
        let c = routes.extend(Some(b), 6).ok_or(full)?;
        assert_eq!(routes.extend(Some(c), 5), Some(b));
        assert_eq!(routes.extend(Some(b), 6), Some(c));
        assert_eq!((routes.edge(c), routes.entry(c), routes.before(c)), (6, 4, Some(b)));
        assert_eq!(routes.extend(None, 4), Some(a));
        Ok(())
    }
}

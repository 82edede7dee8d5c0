//! What an edge loses.

/// How an edge is kept from carrying messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cut(u8);

impl Cut {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const REQUESTS: Self = Self(1);
    pub(crate) const REPLIES: Self = Self(2);
    pub(crate) const BOTH: Self = Self(3);
    /// It leads into or out of something isolated: who asks decides.
    pub(crate) const PLACES: Self = Self(4);
    /// Answers of those behind the balancer that it leads to reach the caller past it, and he throws them away.
    pub(crate) const ASTRAY: Self = Self(8);

    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn holds(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Without what was done to the edge itself.
    pub(crate) const fn mended(self) -> Self {
        self.without(Self::BOTH)
    }
}

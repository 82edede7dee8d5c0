//! Brownout: the page.

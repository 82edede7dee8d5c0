//! Brownout: scenario.

//! Brownout: sim.

//! Why a run is as it is.
//!
//! An [`Inquiry`] measures a run (windows, parts second by second, the figures of the stretch in which things were
//! wrong), suspects what the measurements allow, and tries every suspicion: the same run again, under the same random
//! numbers, without that one thing. What takes the harm away is the cause; of several that do, the more specific. So
//! nothing is named that was not seen to matter. [`Scan`] kills every part in a copy of the run and reports the damage.

mod cause;
mod inquiry;
mod knee;
mod measure;
mod scan;
mod spent;
pub mod theory;
mod words;

pub use cause::Cause;
pub use inquiry::{Diagnosis, Inquiry, Tried};
pub use knee::{Loaded, knee};
pub use measure::{Ailment, Health, Sample, Stretch, Symptom};
pub use scan::{Damage, Scan};
pub use spent::{Share, Spending, What};
pub use words::{Claim, Evidence, Said, claims, damage_said, diagnosis_json, scan_json};

//! `brownout link`: a scenario or a run record as a link.

use brownout_scenario::link::encode;

use crate::failure::Failure;
use crate::{input, output};

pub fn link(scenario: &str, page: Option<&str>) -> Result<(), Failure> {
    let fragment = encode(&input::read(scenario)?)?;
    let page = page.map_or("", |page| page.split('#').next().unwrap_or_default());
    output::print(&format!("{page}{fragment}"))
}

//! `brownout components`: the reference of component types.

use brownout_scenario::{form, reference};

use crate::arguments::{Description, Language};
use crate::failure::Failure;
use crate::output;

pub fn components(format: Description, lang: Language) -> Result<(), Failure> {
    match format {
        Description::Markdown => output::print(&reference::reference(lang.into())),
        Description::Json => output::print_json(&form::components(lang.into())),
    }
}

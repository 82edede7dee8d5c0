//! `brownout schema`: the JSON Schema of scenarios and run records.

use crate::failure::Failure;
use crate::output;

pub fn schema() -> Result<(), Failure> {
    output::print_json(&brownout_scenario::schema::schema())
}

//! `brownout decode`: what a link holds, as a file.

use crate::failure::Failure;
use crate::{input, output};

pub fn decode(link: &str) -> Result<(), Failure> {
    output::print(&input::read(link)?.to_json())
}

//! The system that a visitor meets first.

use crate::model::Scenario;

/// Three tiers behind a balancer and a name server, busy but healthy.
pub fn starter() -> Scenario {
    // A test reads it, so that the document below is always there.
    Scenario::from_json(include_str!("../../../fixtures/starter.json")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_is_valid_and_canonical() {
        let text = include_str!("../../../fixtures/starter.json");
        let starter = Scenario::from_json(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(starter.to_json(), text);
        assert_eq!(starter.parts.len(), 7);
    }
}

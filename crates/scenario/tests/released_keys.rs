//! Links that were shared must read the same for ever: their keys and the defaults that they leave out are
//! remembered in a committed list.

use std::collections::BTreeSet;

use brownout_scenario::keys::keys;

const LIST: &str = "../../fixtures/released-keys.txt";
const HEADER: &str = "# context name key default since\n";

#[test]
fn no_two_names_of_one_object_share_a_key() {
    let mut seen = BTreeSet::new();
    for key in keys() {
        assert!(!key.key.is_empty() && !key.name.is_empty(), "{key}: empty");
        assert!(seen.insert((key.context.clone(), key.key)), "{key}: the key is taken in this object");
        assert!(
            seen.insert((key.context.clone() + " names", key.name)),
            "{key}: the name is taken in this object"
        );
    }
}

/// `RELEASE_KEYS=1 cargo test -p brownout-scenario released` adds what is new to the list. It never changes
/// or removes a line.
#[test]
fn released_keys_and_defaults_stay() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/released-keys.txt");
    let mut text = std::fs::read_to_string(path).unwrap_or_else(|_| HEADER.to_owned());
    let released: BTreeSet<String> =
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let current: Vec<String> = keys().iter().map(ToString::to_string).collect();
    for line in &released {
        assert!(
            current.contains(line),
            "`{line}` of {LIST} is no longer what the declarations say. Shared links and files depend on it: give \
             the declaration its old name, key, default and version back. A new default needs a new version of the \
             format and a migration that writes the old value; a parameter that is given up keeps its key for ever."
        );
    }
    let new: Vec<&String> = current.iter().filter(|line| !released.contains(*line)).collect();
    for line in &new {
        let [context, _, key, ..] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let reused = released
            .iter()
            .find(|old| old.split(' ').next() == Some(context) && old.split(' ').nth(2) == Some(key));
        assert_eq!(reused, None, "`{line}` takes a key that was released before");
    }
    if std::env::var_os("RELEASE_KEYS").is_some() {
        for line in new {
            text += line;
            text.push('\n');
        }
        std::fs::write(path, text).expect("the list can be written");
    } else {
        assert!(new.is_empty(), "not yet in {LIST}; run this test once with RELEASE_KEYS=1: {new:#?}");
    }
}

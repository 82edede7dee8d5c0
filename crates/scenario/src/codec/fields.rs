//! The names of the document's own fields and their keys in links.
//!
//! Released keys never change and are never reused; `fixtures/released-keys.txt` remembers them.

/// A field of the document that is no parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) key: &'static str,
    /// The document version that introduced it.
    pub(crate) since: u16,
}

macro_rules! fields {
    ($( $(#[$doc:meta])* $context:ident { $( $field:ident $name:literal $key:literal since $since:literal, )* } )*) => {
        $( $(#[$doc])* pub(crate) mod $context {
            use super::Field;
            $( pub(crate) const $field: Field = Field { name: $name, key: $key, since: $since }; )*
            pub(crate) const ALL: &[Field] = &[ $( $field, )* ];
        } )*

        /// All objects with fields of their own, by name.
        pub(crate) const CONTEXTS: &[(&str, &[Field])] = &[ $( (stringify!($context), $context::ALL), )* ];
    };
}

fields! {
    /// The document itself. The settings of the run stand beside these.
    scenario {
        VERSION "version" "v" since 1,
        NAME "name" "n" since 1,
        NOTES "notes" "o" since 1,
        PARTS "parts" "p" since 1,
        EDGES "edges" "e" since 1,
        TIMELINE "timeline" "t" since 1,
        GOALS "goals" "g" since 1,
        VIEW "view" "w" since 1,
    }
    part {
        ID "id" "i" since 1,
        TYPE "type" "t" since 1,
        NAME "name" "n" since 1,
        INSIDE "inside" "h" since 1,
        COUNT "count" "c" since 1,
        PARAMS "params" "p" since 1,
        AT "at" "a" since 1,
    }
    edge {
        ID "id" "i" since 1,
        KIND "kind" "k" since 1,
        FROM "from" "f" since 1,
        TO "to" "t" since 1,
        MODE "mode" "m" since 1,
        WEIGHT "weight" "w" since 1,
        NET "net" "n" since 1,
        POLICY "policy" "p" since 1,
        NAME "name" "a" since 1,
    }
    /// The name of a connection, set by an edit.
    edge_name {
        ID "id" "i" since 1,
        NAME "name" "n" since 1,
    }
    entry {
        ID "id" "i" since 1,
        AT "at_s" "a" since 1,
        DO "do" "d" since 1,
        TARGET "target" "t" since 1,
        FOR "for_s" "f" since 1,
        FACTOR "factor" "x" since 1,
    }
    goal {
        ID "id" "i" since 1,
        METRIC "metric" "m" since 1,
        OVER "over" "o" since 1,
        OP "op" "c" since 1,
        VALUE "value" "v" since 1,
        TOLERANCE "tol" "t" since 1,
    }
    record {
        VERSION "version" "v" since 1,
        ENGINE "engine" "en" since 1,
        START "start" "st" since 1,
        LOG "log" "lg" since 1,
    }
    log {
        SEQ "seq" "q" since 1,
        AT "at_ns" "a" since 1,
        DO "do" "d" since 1,
        TARGET "target" "t" since 1,
        EDIT "edit" "e" since 1,
        FACTOR "factor" "x" since 1,
    }
    /// One element of an edit. Exactly one of these stands in it.
    set {
        PART "part" "p" since 1,
        NO_PART "remove_part" "xp" since 1,
        EDGE "edge" "e" since 1,
        NO_EDGE "remove_edge" "xe" since 1,
        EDGE_NAME "edge_name" "en" since 1,
        NO_EDGE_NAME "remove_edge_name" "xen" since 1,
        ENTRY "entry" "t" since 1,
        NO_ENTRY "remove_entry" "xt" since 1,
        GOAL "goal" "g" since 1,
        NO_GOAL "remove_goal" "xg" since 1,
        SETTINGS "settings" "s" since 1,
        NAME "name" "n" since 1,
        NOTES "notes" "o" since 1,
        VIEW "view" "w" since 1,
    }
}

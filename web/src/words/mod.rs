//! The page's own words. A language that lacks one does not compile.

mod en;
pub mod format;
mod ko;
mod lang;

pub use lang::Lang;

use crate::desk::wiring::Refusal;

/// Every text of the page that is not part of a declaration of the simulator.
pub struct Messages {
    // The bar.
    pub untitled: &'static str,
    pub document_name: &'static str,
    pub transport: &'static str,
    pub play: &'static str,
    pub pause: &'static str,
    pub speed: &'static str,
    pub speed_help: &'static str,
    pub run_details: &'static str,
    pub time_exact: &'static str,
    pub go_to: &'static str,
    pub seconds: &'static str,
    pub events: &'static str,
    pub issued: &'static str,
    pub digest: &'static str,
    pub open_in_lab: &'static str,
    pub letters: &'static str,
    pub more: &'static str,
    // Panels.
    pub palette: &'static str,
    pub panels: &'static str,
    pub find_part: &'static str,
    pub find_none: &'static str,
    pub side: &'static str,
    pub inspector: &'static str,
    pub charts: &'static str,
    pub timeline: &'static str,
    pub timeline_hint: &'static str,
    pub timeline_none: &'static str,
    pub collapse: &'static str,
    pub expand: &'static str,
    pub replaying: &'static str,
    // The canvas.
    pub canvas: &'static str,
    pub part: &'static str,
    pub empty_title: &'static str,
    pub empty_text: &'static str,
    /// The same while the list of parts is not there.
    pub empty_hidden: &'static str,
    pub empty_show: &'static str,
    /// Where there is little room.
    pub tab_stories: &'static str,
    pub tab_teach: &'static str,
    pub reroute_tip: &'static str,
    pub connect_tip: &'static str,
    pub down: &'static str,
    pub out_of_rotation: &'static str,
    pub drop_here: &'static str,
    /// Waiting calls.
    pub queued: fn(&str) -> String,
    /// How many parts a place holds, and the name of the place that a part is in.
    pub holds_parts: fn(usize) -> String,
    pub is_inside: fn(&str) -> String,
    pub scoreboard: &'static str,
    pub answered: &'static str,
    pub failed: &'static str,
    pub in_flight: &'static str,
    pub goodput: &'static str,
    pub cost: &'static str,
    pub cost_help: &'static str,
    // The inspector.
    pub name: &'static str,
    pub instances: &'static str,
    pub instances_help: &'static str,
    pub instances_up: &'static str,
    pub inside: &'static str,
    pub inside_help: &'static str,
    pub inside_nothing: &'static str,
    pub paste_nothing: &'static str,
    pub mixed: &'static str,
    pub set_all: &'static str,
    pub arrange: &'static str,
    pub state: &'static str,
    pub is_up: &'static str,
    pub is_cut: &'static str,
    pub calls_sent: &'static str,
    pub arriving: &'static str,
    pub errors: &'static str,
    pub utilisation: &'static str,
    pub busy: &'static str,
    pub waiting: &'static str,
    pub mode: &'static str,
    pub mode_help: &'static str,
    pub weighted: &'static str,
    pub weighted_help: &'static str,
    pub weight: &'static str,
    pub note_record: &'static str,
    pub note_look_up: &'static str,
    pub notes: &'static str,
    pub notes_hint: &'static str,
    pub run_settings: &'static str,
    pub run_settings_note: &'static str,
    // Sharing.
    pub share_what: &'static str,
    pub share_design: &'static str,
    pub share_run: &'static str,
    pub share_design_help: &'static str,
    pub share_camera: &'static str,
    pub share_charts: &'static str,
    pub share_file_instead: &'static str,
    pub qr_code: &'static str,
    pub file: &'static str,
    pub link: &'static str,
    pub copy_link: &'static str,
    pub copy_code: &'static str,
    pub copied: &'static str,
    pub view_only: &'static str,
    pub edit_again: &'static str,
    pub copy_failed: &'static str,
    pub embed_help: &'static str,
    pub preview: &'static str,
    pub code: &'static str,
    pub nothing: &'static str,
    // Opening and saving.
    pub open_help: &'static str,
    pub open_paste: &'static str,
    pub open_refused: &'static str,
    pub open_kept: &'static str,
    pub choose_file: &'static str,
    pub visiting: &'static str,
    pub back_to_own: &'static str,
    pub keep_visited: &'static str,
    pub save_failed: &'static str,
    // Documents.
    pub documents: &'static str,
    pub documents_own: &'static str,
    pub documents_versions: &'static str,
    pub documents_templates: &'static str,
    pub documents_none: &'static str,
    pub document_open: &'static str,
    pub document_delete: &'static str,
    pub document_delete_sure: &'static str,
    pub versions_none: &'static str,
    pub versions_help: &'static str,
    pub version_restore: &'static str,
    pub restored: &'static str,
    pub template_failed: &'static str,
    pub newer: &'static str,
    pub newer_show: &'static str,
    pub parted: &'static str,
    pub not_kept: &'static str,
    pub picture_empty: &'static str,
    pub locked: &'static str,
    pub update: &'static str,
    pub update_take: &'static str,
    // Dialogs.
    pub close: &'static str,
    pub broken_title: &'static str,
    pub broken_text: &'static str,
    pub per_second: &'static str,
    // Sentences with something in them.
    /// A rate in the smallest room.
    pub per_second_short: fn(f64) -> String,
    /// Wanted and reached.
    pub speed_short: fn(&str, &str) -> String,
    /// Busy workers, of how many.
    pub busy_of: fn(u32, u32) -> String,
    /// Instances down, of how many.
    /// Instances that an autoscaler has not started.
    pub parked: &'static str,
    pub some_down: fn(usize, usize) -> String,
    /// A rate of errors.
    pub failing: fn(&str) -> String,
    /// The label of a part's port.
    pub connect_from: fn(&str) -> String,
    /// Both ends and the kind.
    pub edge_label: fn(&str, &str, &str) -> String,
    /// A verb and the number of an instance.
    pub instance: fn(&str, u32) -> String,
    /// The number of an instance, or nothing.
    pub taken_out: fn(&str) -> String,
    /// Characters.
    pub link_size: fn(&str) -> String,
    /// Characters of the link, and as many as a code may have.
    pub qr_too_long: fn(&str, &str) -> String,
    /// Interventions in the log.
    pub share_run_help: fn(usize) -> String,
    /// Least and most.
    pub range: fn(&str, &str) -> String,
    /// How many.
    pub selected: fn(&str) -> String,
    /// As they were written.
    pub unknown_parameters: fn(&str) -> String,
    /// How many parts.
    pub parts_count: fn(usize) -> String,
    /// How many connections.
    pub edges_count: fn(usize) -> String,
    /// The title of the choice of a type: what the new part is connected with.
    pub add_connected: fn(&str) -> String,
    /// How many connections were made.
    pub connected: fn(usize) -> String,
    /// The part that a connection starts at.
    pub wiring_hint: fn(&str) -> String,
    /// Why two parts cannot be connected.
    pub refusal: fn(Refusal) -> String,
    // Longer texts.
    pub help_gestures: &'static [&'static str],
    pub limits_text: LimitsText,
}

/// What is simulated exactly, what is a model, and what is missing.
pub struct LimitsText {
    pub opening: &'static str,
    pub exact_title: &'static str,
    pub exact: &'static [&'static str],
    pub model_title: &'static str,
    pub model: &'static [&'static str],
    pub missing_title: &'static str,
    pub missing: &'static [&'static str],
    pub reading_title: &'static str,
    pub reading: &'static [&'static str],
}

impl Lang {
    pub const fn messages(self) -> &'static Messages {
        match self {
            Self::En => &en::MESSAGES,
            Self::Ko => &ko::MESSAGES,
        }
    }

    /// The language's name, in itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Ko => "한국어",
        }
    }

    /// What a refused document, link or edit says in this language.
    pub fn sentence(self, error: &brownout_scenario::Error) -> String {
        error.sentence(self.of_documents())
    }

    /// A sentence in this language.
    pub fn say(self, sentence: &brownout_sim::param::Sentence) -> String {
        match self {
            Self::En => sentence.en(),
            Self::Ko => sentence.ko(),
        }
    }

    /// The same language, as the crate of documents names it.
    pub const fn of_documents(self) -> brownout_scenario::Lang {
        match self {
            Self::En => brownout_scenario::Lang::En,
            Self::Ko => brownout_scenario::Lang::Ko,
        }
    }
}

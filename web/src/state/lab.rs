//! The one owner of the page's state. Everything that happens is a method here or beside it.

use std::collections::BTreeSet;
use std::rc::Rc;

use brownout_scenario::Scenario;
use brownout_scenario::edit::Editor;
use brownout_sim::system::Id;

use super::keep::Home;
use super::layout::Flow;
use super::run::Run;
use super::{Live, Prefs, Sheet, layout};
use crate::app::Dispatch;
use crate::canvas::geometry::{Camera, Geometry, Point};
use crate::course::Course;
use crate::desk::graph::Way;
use crate::embed::Embed;
use crate::study::Study;
use crate::teach::Teach;
use crate::words::{Lang, Messages};
use crate::worker::Simulator;

/// What the dialog of documents shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    Own,
    Versions,
    Templates,
}

/// The dialog that is open.
#[derive(Clone, Debug, PartialEq)]
pub enum Dialog {
    Share,
    Open {
        text: String,
        error: Option<String>,
    },
    Embed,
    /// The visitor's documents, their earlier versions, templates.
    Documents(Shelf),
    /// Every action there is, to be searched and performed.
    Commands,
    /// Parts and connections, to be searched and shown.
    Find,
    Help,
    Limits,
    /// The lab in sentences, as it was when it was opened.
    Summary(Vec<String>),
    /// The run cannot go on; what happened, in a sentence.
    Broken(String),
}

/// A context menu, and what it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Menu {
    /// On the screen.
    pub at: Point,
    pub about: About,
}

/// What a menu is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum About {
    /// A part or an edge.
    Element(Id),
    /// The empty canvas.
    Pane,
    /// What the bar has no room for.
    More,
    /// The type of a part to be added.
    Grow(Grow),
}

/// A part to be added, connected with another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grow {
    pub from: Id,
    pub way: Way,
    /// The middle of its card; `None` finds a free place beside the other.
    pub at: Option<Point>,
}

/// A sentence at the foot of the canvas.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    pub text: String,
    pub bad: bool,
}

/// A line across the page that stays until it is dealt with.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A document that came by link is open; the visitor's own work is kept.
    Visiting,
    /// Another tab has kept a later state of the open document.
    Newer,
    /// Another tab changed the document too: this one is kept as a document of its own.
    Parted,
    /// The browser does not keep the work.
    NotKept,
    /// A new version of the page waits.
    Update,
    /// Parts of the page's address that mean nothing.
    UnknownParameters(Vec<String>),
}

pub struct Lab {
    pub editor: Editor,
    /// The document as it is shown, shared with the components that show it.
    pub document: Rc<Scenario>,
    pub geometry: Rc<Geometry>,
    pub flow: Flow,
    pub simulator: Simulator,
    pub live: Live,
    pub run: Run,
    pub prefs: Prefs,
    pub embed: Embed,
    pub home: Home,
    /// How much of the log came with a shared run: it happens again when that run starts again.
    pub replayed: usize,
    pub selection: Rc<BTreeSet<Id>>,
    pub camera: Camera,
    /// The size of the canvas in CSS pixels, once it is known.
    pub canvas: Option<Point>,
    /// Parts that the next click on another part connects with it.
    pub wiring: Rc<BTreeSet<Id>>,
    /// The connection that is led to another part by that click, in place of a new one.
    pub rerouting: Option<Id>,
    /// A drag of the empty canvas selects an area.
    pub selecting: bool,
    /// How what takes its time has things done later.
    pub dispatch: Option<Dispatch>,
    pub dialog: Option<Dialog>,
    pub menu: Option<Menu>,
    pub hint: Option<Hint>,
    pub notices: Vec<Notice>,
    pub course: Course,
    pub teach: Teach,
    pub study: Study,
    pub toast: Option<String>,
    /// What is read aloud, and seen by nobody.
    pub announced: String,
    /// The visitor looks, and changes nothing by accident.
    pub view_only: bool,
    /// Made for projectors: large, rich in contrast, without panels.
    pub presenter: bool,
    /// Panels were opened or closed for that: the next size of the canvas is one to fit everything into.
    pub refit: bool,
    /// The camera that showed everything last.
    pub fitted: Option<Camera>,
    /// The element that gets the keyboard focus after the next render.
    pub focus: Option<Focus>,
    /// Parts with an instance down and edges that are cut, in the last frame.
    pub hurt: BTreeSet<Id>,
    /// Parts with an instance that is up.
    pub alive: BTreeSet<Id>,
    /// Parts that are paused or slow, or whose visitors are more than usual.
    pub struck: BTreeSet<Id>,
    /// Only changed work is kept.
    pub changed: bool,
    /// The history has steps that are not kept yet.
    pub history_due: bool,
    /// The document that was kept last.
    pub saved: Rc<Scenario>,
    /// The gesture that pressing arrow keys goes on with.
    pub nudging: Option<u64>,
    /// What a key of the canvas was pressed on, while its action is performed.
    pub focused: Option<Id>,
}

/// What gets the keyboard focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    Part(Id),
    Edge(Id),
    Canvas,
    Name,
    More,
}

impl Lab {
    pub fn new(simulator: Simulator, prefs: Prefs, embed: Embed) -> Self {
        let editor = Editor::new(Scenario::default());
        let home = if embed.is_frame { Home::Nowhere } else { Home::New };
        let document = Rc::new(editor.document().clone());
        simulator.set_most(prefs.dots);
        Self {
            editor,
            document,
            geometry: Rc::default(),
            flow: Flow::default(),
            simulator,
            live: Live::default(),
            run: Run::default(),
            prefs,
            embed,
            home,
            replayed: 0,
            selection: Rc::default(),
            camera: Camera::default(),
            canvas: None,
            wiring: Rc::default(),
            rerouting: None,
            selecting: false,
            dispatch: None,
            dialog: None,
            menu: None,
            hint: None,
            notices: Vec::new(),
            course: Course::default(),
            teach: Teach::default(),
            study: Study::default(),
            toast: None,
            announced: String::new(),
            view_only: false,
            presenter: false,
            refit: false,
            fitted: None,
            focus: None,
            hurt: BTreeSet::new(),
            alive: BTreeSet::new(),
            struck: BTreeSet::new(),
            changed: false,
            history_due: false,
            saved: Rc::default(),
            nudging: None,
            focused: None,
        }
    }

    pub fn words(&self) -> &'static Messages {
        self.prefs.lang.messages()
    }

    /// Whether the visitor may change the design.
    pub fn editable(&self) -> bool {
        self.embed.edit && !self.view_only
    }

    /// Takes over what the editor holds now.
    pub fn refresh(&mut self) {
        self.document = Rc::new(self.editor.document().clone());
        let geometry = layout::geometry(&self.document, self.flow);
        if *self.geometry != geometry {
            self.geometry = Rc::new(geometry);
            self.tell_size();
        }
        let exists = |id: &Id| self.is_part(*id) || self.is_edge(*id);
        if !self.selection.iter().all(exists) {
            let kept = brownout_sim::order::gather(self.selection.iter().copied().filter(exists));
            self.selection = Rc::new(kept);
        }
        let lost = self.rerouting.is_some_and(|id| !self.is_edge(id));
        if lost || !self.wiring.iter().all(|id| self.is_part(*id)) {
            self.wiring = Rc::default();
            self.rerouting = None;
        }
    }

    pub fn is_part(&self, id: Id) -> bool {
        self.document.parts.iter().any(|part| part.id == id)
    }

    pub fn is_edge(&self, id: Id) -> bool {
        self.document.edges.iter().any(|edge| edge.id == id)
    }

    pub fn part(&self, id: Id) -> Option<&brownout_scenario::Part> {
        self.document.parts.iter().find(|part| part.id == id)
    }

    pub fn edge(&self, id: Id) -> Option<&brownout_sim::system::Edge> {
        self.document.edges.iter().find(|edge| edge.id == id)
    }

    /// The name of a part, or of an edge by its ends.
    pub fn name_of(&self, id: Id) -> String {
        name_of(&self.document, id)
    }

    /// The selected parts.
    pub fn selected_parts(&self) -> Vec<Id> {
        self.selection.iter().copied().filter(|id| self.is_part(*id)).collect()
    }

    pub fn select(&mut self, ids: impl IntoIterator<Item = Id>) {
        self.nudging = None;
        let selection: BTreeSet<Id> = brownout_sim::order::gather(ids);
        if *self.selection != selection {
            self.selection = Rc::new(selection);
        }
    }

    /// Adds to the selection, or takes away what was in it.
    pub fn toggle(&mut self, id: Id) {
        let mut selection = (*self.selection).clone();
        if !selection.remove(&id) {
            selection.insert(id);
        }
        self.selection = Rc::new(selection);
    }

    /// Opens the context menu, and selects what it is about.
    pub fn open_menu(&mut self, at: Point, about: Option<Id>) {
        let about = about.map_or(About::Pane, About::Element);
        if let About::Element(id) = about
            && !self.selection.contains(&id)
        {
            self.select([id]);
        }
        self.menu = Some(Menu { at, about });
    }

    /// Closes the context menu; the focus goes back to what it was about.
    pub fn close_menu(&mut self) {
        if let Some(menu) = self.menu.take() {
            self.focus = Some(match menu.about {
                About::Element(id) | About::Grow(Grow { from: id, .. }) if self.is_part(id) => {
                    Focus::Part(id)
                }
                About::More => Focus::More,
                _ => Focus::Canvas,
            });
        }
    }

    /// Whether there is work that is not kept yet.
    pub fn unsaved(&self) -> bool {
        self.changed && !Rc::ptr_eq(&self.saved, &self.document)
    }

    pub fn set_lang(&mut self, lang: Lang) {
        self.prefs.lang = lang;
        self.prefs.keep();
        self.prefs.show();
        self.hint = None;
        self.study_words();
    }

    /// Says in sentences what there is, what flows, what fails and what is near its limit: aloud, and to be read.
    pub fn summarise(&mut self) {
        let frame = self.live.last();
        let last = self.live.history().windows.last().cloned();
        let lang = self.prefs.lang;
        let lines = crate::summary::sentences(&self.document, frame.as_deref(), last.as_ref(), lang);
        self.announced = lines.join(" ");
        self.dialog = Some(Dialog::Summary(lines));
    }

    /// Closes the design for changes, or opens it again.
    pub fn toggle_view_only(&mut self) {
        self.view_only = !self.view_only;
        self.stop_wiring();
        self.selecting = false;
        let m = self.words();
        let told = if self.view_only { m.view_only } else { m.edit_again };
        self.toast = Some(told.to_owned());
    }

    /// Large and without panels, for a room; and back.
    pub fn toggle_presenter(&mut self) {
        self.presenter = !self.presenter;
        self.prefs.sheet = None;
        self.refit = true;
        if let Some(root) = gloo::utils::document().document_element() {
            let _ = root.toggle_attribute_with_force("data-presenter", self.presenter);
        }
        self.fit(false);
    }

    /// Shows the list of parts, wherever it was.
    pub fn show_palette(&mut self) {
        (self.course.open, self.teach.open, self.study.open) = (false, false, false);
        (self.prefs.palette, self.prefs.sheet) = (true, Some(Sheet::Palette));
        self.prefs.keep();
    }

    pub fn say(&mut self, text: impl Into<String>) {
        self.hint = Some(Hint { text: text.into(), bad: false });
    }

    pub fn complain(&mut self, text: impl Into<String>) {
        self.hint = Some(Hint { text: text.into(), bad: true });
    }
}

/// The name of a part, or of an edge by its ends.
pub fn name_of(document: &Scenario, id: Id) -> String {
    if let Some(part) = document.part(id) {
        return part.name.clone();
    }
    if let Some(name) = document.edge_name(id) {
        return name.to_owned();
    }
    ends_of(document, id)
}

/// Where a connection begins and where it leads.
pub fn ends_of(document: &Scenario, id: Id) -> String {
    let part = |id: Id| document.part(id).map(|part| part.name.as_str()).unwrap_or_default();
    document
        .edge(id)
        .map_or_else(|| format!("#{id}"), |edge| format!("{} → {}", part(edge.from), part(edge.to)))
}

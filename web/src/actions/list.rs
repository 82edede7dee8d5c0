//! Every action there is, an entry each.

use std::sync::LazyLock;

use brownout_sim::component::Kind;
use brownout_sim::param::{Choice, Words};
use brownout_sim::system::Verb;

use super::Does::{Edit, Fault, Group, Nudge, Page};
use super::Topic::{Arrange, Break, Connect, Document, Run, Select, View};
use super::{Action, Key, Offer, Topic};
use crate::canvas::geometry::Point;
use crate::desk::arrange::{self, Axis, Side};
use crate::desk::graph::Arrow;
use crate::desk::{copies, frames, place};
use crate::state::lab::{Focus, Shelf};
use crate::state::prefs::Prefs;
use crate::state::{Dialog, Lab, Sheet};

/// Entries: the action and its id, topic, English and Korean words, family, icon, keys, where it is offered, when it is
/// enabled, what it does.
macro_rules! actions {
    ($(
        $act:ident $id:literal in $topic:expr, $en:literal $ko:literal $(of $family:ident)?, $icon:literal,
        [$($key:expr),*], $offer:expr, $enabled:expr, $does:expr;
    )*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Act {
            $($act,)*
            /// A fault or a repair by hand, of whatever is selected and knows it.
            Fault(Verb),
            /// What is selected into a new part of a type that holds others.
            Group(Kind),
        }

        /// In the order of menus and help, without faults and repairs.
        const ACTIONS: &[Action] = &[$(Action {
            act: Act::$act,
            id: $id,
            topic: $topic,
            words: Words::new($en, $ko),
            family: family!($($family)?),
            icon: $icon,
            keys: &[$($key),*],
            offer: $offer,
            enabled: $enabled,
            does: $does,
        },)*];
    };
}

/// Every action there is, in the order of menus and help. Faults and repairs are those that component types and edges
/// declare, and what things can be put into are the types that hold others.
static ALL: LazyLock<Vec<Action>> = LazyLock::new(|| {
    let (before, after): (Vec<&Action>, _) = ACTIONS.iter().partition(|action| action.topic == Run);
    let faults = Verb::ALL.iter().filter(|verb| verb.runs()).map(|verb| fault(*verb));
    let places = Kind::ALL.iter().filter(|kind| kind.is_place()).enumerate();
    let groups = places.map(|(index, kind)| group(*kind, index == 0));
    let at = after.iter().position(|action| action.topic == Arrange).unwrap_or(after.len());
    let (select, arrange) = after.split_at(at);
    let all = before.into_iter().cloned().chain(faults).chain(select.iter().copied().cloned());
    all.chain(groups).chain(arrange.iter().copied().cloned()).collect()
});

pub fn actions() -> &'static [Action] {
    &ALL
}

/// The keys that some of them have.
const FAULT_KEYS: &[(Verb, &[Key])] = &[
    (Verb::Kill, &[key("k", "KeyK")]),
    (Verb::Cut, &[key("x", "KeyX")]),
    (Verb::Restore, &[key("r", "KeyR")]),
];

/// The entry of a fault or a repair, from its declaration.
fn fault(verb: Verb) -> Action {
    let Choice { name, label, .. } = &Verb::CHOICES[verb as usize];
    let of_parts = verb == Verb::Restore || Kind::ALL.iter().any(|kind| kind.spec().faults.contains(&verb));
    let of_edges = verb == Verb::Restore || Verb::OF_EDGES.contains(&verb);
    let offers = [
        (of_parts, PART),
        (of_edges, Offer::EDGE),
        (FAULT_KEYS.iter().any(|(of, _)| *of == verb), Offer::INSPECTOR),
    ];
    let offer = offers.into_iter().filter(|(is, _)| *is).fold(NOWHERE, |all, (_, one)| all.and(one));
    let keys = FAULT_KEYS.iter().find(|(of, _)| *of == verb).map_or(&[][..], |(_, keys)| keys);
    let degree = if verb.has_factor() { format!(" (×{})", Verb::FACTOR) } else { String::new() };
    let words = |text: &str| {
        let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
        kept(format!("{}{rest}{degree}", first.to_uppercase()))
    };
    Action {
        act: Act::Fault(verb),
        id: name,
        topic: Break,
        words: Words::new(words(label.en), words(label.ko)),
        family: None,
        icon: name,
        keys,
        offer,
        enabled: always,
        does: Fault(verb),
    }
}

/// Made once, for as long as the page lives.
fn kept(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// Of the first type that holds others.
const GROUP_KEYS: &[Key] = &[key("g", "KeyG").ctrl()];

/// The entry that puts what is selected into a new part of a type that holds others.
fn group(kind: Kind, has_key: bool) -> Action {
    let spec = kind.spec();
    let (en, ko) = (spec.label.en.to_lowercase(), spec.label.ko);
    Action {
        act: Act::Group(kind),
        id: kept(format!("group-{}", spec.name)),
        topic: Arrange,
        words: Words::new(kept(format!("Put into a new {en}")), kept(format!("새 {ko}에 넣기"))),
        family: None,
        icon: spec.icon,
        keys: if has_key { GROUP_KEYS } else { &[] },
        offer: PART.and(MANY),
        enabled: always,
        does: Group(kind),
    }
}

macro_rules! family {
    () => {
        None
    };
    ($family:ident) => {
        Some($family)
    };
}

const MOVE: Words = Words::new("Move, with Shift further", "옮기기, Shift로 더 멀리");

const GROW: Words = Words::new("Add a connected part there", "그쪽에 연결된 부품 추가");
const WALK: Words = Words::new("Go along the connections", "연결을 따라 가기");
const ALIGN: Words = Words::new("Align at this side", "그쪽으로 맞춤");

const NOWHERE: Offer = Offer::NOWHERE;
const PART: Offer = Offer::PART;
const PANE: Offer = Offer::PANE;
const MORE: Offer = Offer::MORE;
const MANY: Offer = Offer::MANY;
/// Parts and connections.
const ANY: Offer = Offer::PART.and(Offer::EDGE);
const BOTH: Offer = Offer::PART.and(Offer::INSPECTOR);
const EVERY: Offer = ANY.and(Offer::INSPECTOR);

const fn key(letter: &'static str, code: &'static str) -> Key {
    Key::plain(letter, code)
}

const fn sign(sign: &'static str) -> Key {
    Key::plain(sign, "")
}

const fn arrow(name: &'static str) -> Key {
    Key::plain(name, "").on_canvas()
}

const LEFT: Key = arrow("arrowleft");
const RIGHT: Key = arrow("arrowright");
const UP: Key = arrow("arrowup");
const DOWN: Key = arrow("arrowdown");

/// How far a key moves, in pixels; with Shift, and without.
const STEP: f64 = 8.0;
const LEAP: f64 = 32.0;

actions! {
    Play "play" in Run, "Play or pause" "재생 또는 일시 정지", "play",
        [key(" ", "").elsewhere(), sign(".")], NOWHERE, always, Page(Lab::toggle_play);
    Step "step" in Run, "Step one event" "이벤트 하나 진행", "step",
        [key("s", "KeyS")], NOWHERE, always, Page(Lab::step);
    Reset "reset" in Run, "Back to the start" "처음으로", "reset",
        [key("0", "")], NOWHERE, always, Page(reset);
    Slower "slower" in Run, "Slower" "더 느리게", "slower",
        [sign(",")], NOWHERE, always, Page(|lab| lab.set_speed(crate::bar::speed::beside(lab.run.speed, -1)));
    Faster "faster" in Run, "Faster" "더 빠르게", "faster",
        [sign("/")], NOWHERE, always, Page(|lab| lab.set_speed(crate::bar::speed::beside(lab.run.speed, 1)));

    Stories "stories" in Run, "Stories of requests" "요청의 이야기", "find",
        [key("t", "KeyT")], MORE.and(PANE), always, Page(Lab::toggle_study);

    Fork "fork" in Run, "Fork here: two futures side by side" "여기서 갈라 두 미래를 나란히", "copy",
        [key("f", "KeyF")], MORE.and(PANE), always, Page(Lab::fork);

    Plan "plan-fault" in Break, "Plan a fault at this moment" "이 시점에 장애 계획", "kill",
        [key("p", "KeyP")], EVERY, has_selection, Page(Lab::plan_here);

    Connect "connect" in Connect, "Connect" "연결하기", "wire",
        [key("c", "KeyC")], BOTH, has_parts, Page(connect);

    Reroute "reroute" in Connect, "Lead to another part" "다른 부품으로 잇기", "wire",
        [], Offer::EDGE, one_edge, Page(reroute);
    GrowRight "grow-right" in Connect, "Add a connected part on the right" "오른쪽에 연결된 부품 추가" of GROW, "grow-right",
        [RIGHT.ctrl()], NOWHERE, one_part, Page(|lab| lab.grow(Arrow::Right));
    GrowLeft "grow-left" in Connect, "Add a connected part on the left" "왼쪽에 연결된 부품 추가" of GROW, "grow-left",
        [LEFT.ctrl()], NOWHERE, one_part, Page(|lab| lab.grow(Arrow::Left));
    GrowUp "grow-up" in Connect, "Add a connected part above" "위에 연결된 부품 추가" of GROW, "grow-up",
        [UP.ctrl()], NOWHERE, one_part, Page(|lab| lab.grow(Arrow::Up));
    GrowDown "grow-down" in Connect, "Add a connected part below" "아래에 연결된 부품 추가" of GROW, "grow-down",
        [DOWN.ctrl()], NOWHERE, one_part, Page(|lab| lab.grow(Arrow::Down));
    WalkRight "walk-right" in Connect, "Go along the connections to the right" "연결을 따라 오른쪽으로 가기" of WALK, "arrow-right",
        [RIGHT.alt()], NOWHERE, always, Page(|lab| lab.walk(Arrow::Right));
    WalkLeft "walk-left" in Connect, "Go along the connections to the left" "연결을 따라 왼쪽으로 가기" of WALK, "arrow-left",
        [LEFT.alt()], NOWHERE, always, Page(|lab| lab.walk(Arrow::Left));
    WalkUp "walk-up" in Connect, "Go to the part above" "위의 부품으로 가기" of WALK, "arrow-up",
        [UP.alt()], NOWHERE, always, Page(|lab| lab.walk(Arrow::Up));
    WalkDown "walk-down" in Connect, "Go to the part below" "아래의 부품으로 가기" of WALK, "arrow-down",
        [DOWN.alt()], NOWHERE, always, Page(|lab| lab.walk(Arrow::Down));

    Undo "undo" in Topic::Edit, "Undo" "실행 취소", "undo",
        [key("z", "KeyZ").ctrl()], PANE, |lab| lab.editable() && lab.editor.can_undo(), Page(Lab::undo);
    Redo "redo" in Topic::Edit, "Redo" "다시 실행", "redo",
        [key("z", "KeyZ").ctrl().shift(), key("y", "KeyY").ctrl()], PANE,
        |lab| lab.editable() && lab.editor.can_redo(), Page(Lab::redo);
    Rename "rename" in Topic::Edit, "Rename" "이름 바꾸기", "rename",
        [key("f2", "F2")], PART.and(Offer::EDGE), one_element, Page(rename);
    Copy "copy-parts" in Topic::Edit, "Copy" "복사", "copy",
        [key("c", "KeyC").ctrl()], PART, has_parts, Page(Lab::copy);
    CutParts "cut-parts" in Topic::Edit, "Cut to the clipboard" "잘라내기", "scissors",
        [key("x", "KeyX").ctrl()], NOWHERE, has_parts, Page(cut_parts);
    Paste "paste" in Topic::Edit, "Paste" "붙여넣기", "paste",
        [key("v", "KeyV").ctrl().elsewhere()], PANE, editable, Page(Lab::paste);
    Duplicate "duplicate" in Topic::Edit, "Duplicate" "복제", "duplicate",
        [key("d", "KeyD").ctrl()], BOTH, has_parts, Edit(copies::duplicate);
    Delete "delete" in Topic::Edit, "Delete" "삭제", "delete",
        [key("delete", ""), key("backspace", "")], EVERY, has_selection, Edit(copies::remove);

    SelectAll "select-all" in Select, "Select everything" "모두 선택", "select-all",
        [key("a", "KeyA").ctrl()], PANE, editable, Page(select_all);
    SelectAlike "select-alike" in Select, "Select all of this type" "같은 종류 모두 선택", "select-all",
        [], PART, has_parts, Page(select_alike);
    SelectEdges "select-edges" in Select, "Select the connections" "연결 선택", "wire",
        [], PART, editable, Page(select_edges);
    SelectMode "select-mode" in Select, "Select an area by dragging" "끌어서 영역 선택", "select-mode",
        [key("v", "KeyV")], NOWHERE, editable, Page(|lab| lab.selecting = !lab.selecting);
    Find "find" in Select, "Find a part or a connection" "부품이나 연결 찾기", "find",
        [key("f", "KeyF").ctrl()], PANE.and(MORE), always, Page(|lab| lab.dialog = Some(Dialog::Find));

    Ungroup "ungroup" in Arrange, "Take the frame away" "테두리 풀기", "ungroup",
        [key("g", "KeyG").ctrl().shift()], PART.and(MANY), has_frames, Edit(frames::ungroup);
    MoveLeft "move-left" in Arrange, "Move left" "왼쪽으로 옮기기" of MOVE, "arrow-left",
        [LEFT], NOWHERE, has_parts, Nudge(|desk| place::shift(desk, Point::new(-STEP, 0.0)));
    MoveUp "move-up" in Arrange, "Move up" "위로 옮기기" of MOVE, "arrow-up",
        [UP], NOWHERE, has_parts, Nudge(|desk| place::shift(desk, Point::new(0.0, -STEP)));
    MoveRight "move-right" in Arrange, "Move right" "오른쪽으로 옮기기" of MOVE, "arrow-right",
        [RIGHT], NOWHERE, has_parts, Nudge(|desk| place::shift(desk, Point::new(STEP, 0.0)));
    MoveDown "move-down" in Arrange, "Move down" "아래로 옮기기" of MOVE, "arrow-down",
        [DOWN], NOWHERE, has_parts, Nudge(|desk| place::shift(desk, Point::new(0.0, STEP)));
    LeapLeft "leap-left" in Arrange, "Move far left" "왼쪽으로 멀리 옮기기" of MOVE, "arrow-left",
        [LEFT.shift()], NOWHERE, has_parts, Nudge(|desk| place::shift(desk, Point::new(-LEAP, 0.0)));
    LeapUp "leap-up" in Arrange, "Move far up" "위로 멀리 옮기기" of MOVE, "arrow-up",
        [UP.shift()], NOWHERE, has_parts, Nudge(|desk| place::shift(desk, Point::new(0.0, -LEAP)));
    LeapRight "leap-right" in Arrange, "Move far right" "오른쪽으로 멀리 옮기기" of MOVE, "arrow-right",
        [RIGHT.shift()], NOWHERE, has_parts, Nudge(|desk| place::shift(desk, Point::new(LEAP, 0.0)));
    LeapDown "leap-down" in Arrange, "Move far down" "아래로 멀리 옮기기" of MOVE, "arrow-down",
        [DOWN.shift()], NOWHERE, has_parts, Nudge(|desk| place::shift(desk, Point::new(0.0, LEAP)));

    AlignLeft "align-left" in Arrange, "Align left" "왼쪽 맞춤" of ALIGN, "align-left",
        [LEFT.ctrl().shift()], MANY, several, Edit(|desk| arrange::align(desk, Side::Left));
    AlignTop "align-top" in Arrange, "Align top" "위쪽 맞춤" of ALIGN, "align-top",
        [UP.ctrl().shift()], MANY, several, Edit(|desk| arrange::align(desk, Side::Top));
    AlignRight "align-right" in Arrange, "Align right" "오른쪽 맞춤" of ALIGN, "align-right",
        [RIGHT.ctrl().shift()], MANY, several, Edit(|desk| arrange::align(desk, Side::Right));
    AlignBottom "align-bottom" in Arrange, "Align bottom" "아래쪽 맞춤" of ALIGN, "align-bottom",
        [DOWN.ctrl().shift()], MANY, several, Edit(|desk| arrange::align(desk, Side::Bottom));
    AlignCenter "align-center" in Arrange, "Align centers" "가로 가운데 맞춤", "align-center",
        [], MANY, several, Edit(|desk| arrange::align(desk, Side::Center));
    AlignMiddle "align-middle" in Arrange, "Align middles" "세로 가운데 맞춤", "align-middle",
        [], MANY, several, Edit(|desk| arrange::align(desk, Side::Middle));
    DistributeAcross "distribute-across" in Arrange, "Distribute across" "가로 간격 같게", "distribute-across",
        [], MANY, three, Edit(|desk| arrange::distribute(desk, Axis::Across));
    DistributeDown "distribute-down" in Arrange, "Distribute down" "세로 간격 같게", "distribute-down",
        [], MANY, three, Edit(|desk| arrange::distribute(desk, Axis::Down));
    LayOut "lay-out" in Arrange, "Lay out by the calls" "호출 순서대로 배치", "layout",
        [key("l", "KeyL")], MANY.and(PANE), editable, Edit(arrange::lay_out);

    ZoomIn "zoom-in" in View, "Zoom in" "확대", "plus",
        [key("+", "").ctrl(), key("=", "Equal").ctrl(), sign("+")], NOWHERE, always, Page(|lab| lab.zoom(1.25));
    ZoomOut "zoom-out" in View, "Zoom out" "축소", "minus",
        [key("-", "").ctrl(), sign("-")], NOWHERE, always, Page(|lab| lab.zoom(0.8));
    ZoomReset "zoom-reset" in View, "Actual size" "실제 크기", "fit",
        [key("0", "Digit0").ctrl()], NOWHERE, always, Page(|lab| lab.zoom(1.0 / lab.camera.zoom));
    Fit "fit" in View, "Show everything" "전체 보기", "fit",
        [key("!", "Digit1").shift()], PANE, always, Page(|lab| lab.fit(false));
    FitSelection "fit-selection" in View, "Show the selection" "선택한 것 보기", "fit",
        [key("@", "Digit2").shift()], NOWHERE, |lab| !lab.chosen().is_empty(), Page(|lab| lab.fit(true));
    Palette "palette" in View, "Show or hide the parts" "부품 패널 열고 닫기", "panel-left",
        [sign("[")], NOWHERE, always, Page(|lab| prefer(lab, |prefs| prefs.palette = !prefs.palette));
    Side "side" in View, "Show or hide details and charts" "상세 정보와 차트 열고 닫기", "panel-right",
        [sign("]")], NOWHERE, always, Page(|lab| prefer(lab, |prefs| prefs.side = !prefs.side));
    Dock "dock" in View, "Show or hide the timeline" "타임라인 열고 닫기", "panel-bottom",
        [sign("\\")], NOWHERE, always, Page(|lab| prefer(lab, |prefs| prefs.dock = !prefs.dock));
    Minimap "minimap" in View, "Show or hide the overview map" "전체 지도 열고 닫기", "minimap",
        [key("m", "KeyM")], NOWHERE, always, Page(|lab| prefer(lab, |prefs| prefs.minimap = !prefs.minimap));
    Theme "theme" in View, "Light or dark" "밝게 또는 어둡게", "moon",
        [], MORE, always, Page(|lab| prefer(lab, |prefs| prefs.theme = Some(prefs.theme_shown().other())));
    Presenter "presenter" in View, "Presenter mode" "발표 모드", "presenter",
        [key("z", "KeyZ").alt()], MORE.and(PANE), whole, Page(Lab::toggle_presenter);
    ViewOnly "view-only" in View, "Look only, or edit again" "보기만 하기 또는 다시 편집하기", "lock",
        [key("r", "KeyR").alt()], MORE, |lab| lab.embed.edit, Page(Lab::toggle_view_only);
    Letters "letters" in View, "Keys of a single letter on or off" "한 글자 단축키 켜고 끄기", "keyboard",
        [], NOWHERE, always, Page(|lab| prefer(lab, |prefs| prefs.letters = !prefs.letters));

    New "new" in Document, "New" "새로 만들기", "new",
        [], MORE, whole, Page(Lab::new_document);
    Open "open" in Document, "Open" "열기", "open",
        [key("o", "KeyO").ctrl()], MORE, whole,
        Page(|lab| lab.dialog = Some(Dialog::Open { text: String::new(), error: None }));
    Documents "documents" in Document, "My documents" "내 문서", "documents",
        [key("o", "KeyO").ctrl().shift()], MORE, whole, Page(|lab| lab.dialog = Some(Dialog::Documents(Shelf::Own)));
    Versions "versions" in Document, "Earlier versions" "이전 버전", "reset",
        [], NOWHERE, whole, Page(|lab| lab.dialog = Some(Dialog::Documents(Shelf::Versions)));
    Templates "templates" in Document, "Templates" "템플릿", "layout",
        [], MORE.and(PANE), whole, Page(|lab| lab.dialog = Some(Dialog::Documents(Shelf::Templates)));
    Course "course" in Document, "Lessons" "강의", "help",
        [], MORE, whole, Page(Lab::toggle_course);
    Teach "teach" in Document, "Make an assignment" "과제 만들기", "desk",
        [], MORE, whole, Page(Lab::toggle_teach);
    Starter "starter" in Document, "Open the starter" "예제 열기", "open",
        [], NOWHERE, whole, Page(Lab::open_starter);
    Save "save" in Document, "Save as a file" "파일로 저장", "save",
        [key("s", "KeyS").ctrl()], MORE, always, Page(crate::dialogs::files::save);
    SavePng "save-png" in Document, "Save as a picture (PNG)" "그림으로 저장(PNG)", "picture",
        [], NOWHERE, always, Page(crate::picture::save_png);
    SaveSvg "save-svg" in Document, "Save as a drawing (SVG)" "그림으로 저장(SVG)", "picture",
        [], NOWHERE, always, Page(crate::picture::save_svg);
    Share "share" in Document, "Share" "공유", "share",
        [key("c", "KeyC").ctrl().shift()], PANE, always, Page(|lab| lab.dialog = Some(Dialog::Share));
    Embed "embed" in Document, "Embed" "웹 페이지에 넣기", "code",
        [], MORE, always, Page(|lab| lab.dialog = Some(Dialog::Embed));
    Summary "summary" in View, "Describe everything in words" "모든 것을 말로 설명", "summary",
        [key("i", "KeyI")], MORE.and(PANE), always, Page(Lab::summarise);
    Limits "limits" in Document, "What is not simulated" "시뮬레이션하지 않는 것", "limits",
        [], PANE.and(MORE), always, Page(|lab| lab.dialog = Some(Dialog::Limits));
    Commands "commands" in Document, "All commands" "모든 명령", "commands",
        [key("p", "KeyP").ctrl().shift(), key("/", "").ctrl()], PANE.and(MORE), always,
        Page(|lab| lab.dialog = Some(Dialog::Commands));
    Help "help" in Document, "Help and keys" "도움말과 단축키", "help",
        [sign("?"), key("f1", "F1")], MORE, always, Page(|lab| lab.dialog = Some(Dialog::Help));
}

fn always(_: &Lab) -> bool {
    true
}

/// Not a frame in another page.
fn whole(lab: &Lab) -> bool {
    !lab.embed.is_frame
}

fn editable(lab: &Lab) -> bool {
    lab.editable()
}

fn has_selection(lab: &Lab) -> bool {
    lab.editable() && !lab.chosen().is_empty()
}

fn parts(lab: &Lab) -> usize {
    if !lab.editable() {
        return 0;
    }
    lab.chosen().iter().filter(|id| lab.is_part(**id)).count()
}

fn has_parts(lab: &Lab) -> bool {
    parts(lab) > 0
}

fn has_frames(lab: &Lab) -> bool {
    lab.editable() && lab.chosen().iter().any(|id| lab.geometry.is_frame(*id))
}

fn several(lab: &Lab) -> bool {
    parts(lab) > 1
}

fn three(lab: &Lab) -> bool {
    parts(lab) > 2
}

fn one_part(lab: &Lab) -> bool {
    parts(lab) == 1
}

fn one_element(lab: &Lab) -> bool {
    lab.editable() && lab.chosen().len() == 1
}

fn one_edge(lab: &Lab) -> bool {
    lab.editable() && lab.chosen().len() == 1 && lab.chosen().iter().all(|id| lab.is_edge(*id))
}

fn reroute(lab: &mut Lab) {
    if let Some(edge) = lab.chosen().first().copied() {
        lab.start_rerouting(edge);
    }
}

fn reset(lab: &mut Lab) {
    lab.restart(false);
    lab.embed.paused();
}

fn connect(lab: &mut Lab) {
    let from = lab.desk().parts();
    lab.start_wiring(&from);
}

fn rename(lab: &mut Lab) {
    let chosen = lab.chosen();
    lab.select(chosen.iter().copied());
    lab.prefs.side = true;
    lab.prefs.sheet = Some(Sheet::Inspector);
    lab.focus = Some(Focus::Name);
}

fn cut_parts(lab: &mut Lab) {
    lab.copy();
    lab.change(copies::remove, None);
}

fn select_all(lab: &mut Lab) {
    let all: Vec<_> = lab.document.parts.iter().map(|part| part.id).collect();
    lab.select(all);
}

/// All parts of the types that are selected.
fn select_alike(lab: &mut Lab) {
    let kinds: Vec<_> =
        lab.selected_parts().iter().filter_map(|id| lab.part(*id)).map(|part| part.params.kind()).collect();
    let alike = lab.document.parts.iter().filter(|part| kinds.contains(&part.params.kind()));
    let alike: Vec<_> = alike.map(|part| part.id).collect();
    lab.select(alike);
}

/// The connections at the selected parts, or all.
fn select_edges(lab: &mut Lab) {
    let parts = lab.selected_parts();
    let touches = |id| parts.is_empty() || parts.contains(id);
    let edges = lab.document.edges.iter().filter(|edge| touches(&edge.from) || touches(&edge.to));
    let edges: Vec<_> = edges.map(|edge| edge.id).collect();
    lab.select(edges);
}

fn prefer(lab: &mut Lab, change: fn(&mut Prefs)) {
    change(&mut lab.prefs);
    lab.prefs.keep();
    lab.prefs.show();
}

//! What the page looks like for a given state.

use std::rc::Rc;

use brownout_scenario::edit::Label;
use brownout_scenario::{Shared, axis, link};
use yew::{Callback, Html, classes, html};

use super::App;
use crate::actions::{Act, Offer, actions};
use crate::bar::{Bar, FrameBar};
use crate::canvas::Canvas;
use crate::canvas::icon::Icon;
use crate::canvas::menu::{self, MenuView};
use crate::charts::{Charts, EventLog};
use crate::dialogs::{
    BrokenDialog, Documents, EmbedDialog, Finder, HelpDialog, LimitsDialog, OpenDialog, ShareDialog,
    SummaryDialog, files, finder,
};
use crate::embed::Ui;
use crate::panels::inspector::Inspector;
use crate::panels::palette::Palette;
use crate::panels::timeline::Timeline;
use crate::state::lab::About;
use crate::state::{Dialog, Notice, Sheet};

impl App {
    pub(super) fn page(&self) -> Html {
        let lab = &self.lab;
        let m = lab.words();
        let frame = lab.embed.is_frame;
        let full = !frame || lab.embed.ui == Ui::Full;
        // Before a room, the design and the figures are what counts.
        let panels = full && !lab.presenter;
        let ui = if frame { lab.embed.ui.code() } else { "full" };
        let lang = lab.prefs.lang.of_documents();
        let told = |can: bool, label: Option<&Label>| {
            can.then(|| label.map(|label| label.text(lang)).unwrap_or_default())
        };
        let undo = told(lab.editor.can_undo(), lab.editor.undo_label());
        let redo = told(lab.editor.can_redo(), lab.editor.redo_label());
        html! {
            <main class="lab" data-panel={(!full && !lab.embed.panel.is_empty()).then_some("true")} data-frame={frame.to_string()} data-ui={ui} data-embed={(!full).to_string()} data-sheet={lab.prefs.sheet.map(Sheet::code)} data-course={(lab.course.open || lab.teach.open || lab.study.open).to_string()}>
                <Bar name={lab.document.name.clone()} run={lab.run.clone()} undo={undo} redo={redo} editable={lab.editable()} more={lab.menu.as_ref().is_some_and(|menu| menu.about == About::More)} frame={self.frame_bar()}
                    live={lab.live.clone()} dots={lab.prefs.dots} lang={lab.prefs.lang} theme={lab.prefs.theme_shown()} dispatch={self.dispatch.clone()} />
                { crate::course::view(lab, &self.dispatch) }
                { crate::teach::view(lab, &self.dispatch) }
                { crate::study::view(lab, &self.dispatch) }
                <div class="notices">{ for lab.notices.iter().map(|notice| self.notice(notice)) }</div>
                if panels && lab.editable() && lab.study.beside.is_none() && (lab.prefs.palette || lab.prefs.sheet == Some(Sheet::Palette)) {
                    <Palette lang={lab.prefs.lang} dispatch={self.dispatch.clone()} />
                }
                <div class="pane" data-beside={lab.study.beside.is_some().then_some("true")}>
                    <Canvas document={lab.document.clone()} geometry={lab.geometry.clone()} selection={lab.selection.clone()}
                        camera={lab.camera} flow={lab.flow} wiring={lab.wiring.clone()} selecting={lab.selecting} dots={lab.prefs.dots} minimap={lab.prefs.minimap && lab.embed.view.is_none()} hint={lab.hint.clone()} marks={lab.marks()} live={lab.live.clone()}
                        lang={lab.prefs.lang} theme={lab.prefs.theme_shown()} presenter={lab.presenter} view_only={lab.view_only} editable={lab.editable()}
                        owns_wheel={!frame || lab.embed.wheel_zooms} tools={lab.embed.ui != Ui::None || !frame}
                        dispatch={self.dispatch.clone()} />
                    { crate::study::beside::view(lab, &self.dispatch) }
                    if let Some(done) = lab.run.replaying {
                        <div class="replaying" role="progressbar" aria-label={m.replaying} aria-valuemin="0" aria-valuemax="100"
                            aria-valuenow={format!("{:.0}", done * 100.0)}><i style={format!("width:{:.1}%", done * 100.0)}></i></div>
                    }
                </div>
                if panels {
                    { self.dock() }{ self.side() }{ self.tabs() }
                } else if !full && !lab.embed.panel.is_empty() {
                    <aside class="side" aria-label={m.charts}>{ self.charts() }</aside>
                }
                { self.menu() }
                { self.dialog() }
                if self.dragging { <div class="drop-veil" aria-hidden="true">{ m.drop_here }</div> }
                <p class="visually-hidden" role="status" data-testid="announced">{ &lab.announced }</p>
                if let Some(toast) = &lab.toast { <p class="toast" role="status">{ toast }</p> }
            </main>
        }
    }

    fn frame_bar(&self) -> Option<FrameBar> {
        let lab = &self.lab;
        if !lab.embed.is_frame {
            return None;
        }
        let link = link::encode(&Shared::Design((*lab.document).clone())).unwrap_or_default();
        let title = lab.embed.title.clone().unwrap_or_else(|| lab.document.name.clone());
        // From a lesson into the lesson.
        let link = lab.course.fragments().pop().map_or(link, |(_, fragment)| fragment);
        let lab = lab.embed.links.then(|| format!("{}{link}", files::page_address()));
        Some(FrameBar { title, lab })
    }

    fn act(&self, act: Act) -> Callback<yew::MouseEvent> {
        let dispatch = self.dispatch.clone();
        Callback::from(move |_| dispatch.perform(act))
    }

    fn notice(&self, notice: &Notice) -> Html {
        let lab = &self.lab;
        let m = lab.words();
        match notice {
            Notice::Visiting => {
                let (back, keep) = (self.dispatch.clone(), self.dispatch.clone());
                html! {
                    <div class="notice" role="status" data-testid="visiting">
                        <p>{ m.visiting }</p>
                        <button class="button framed" onclick={move |_| back.act(crate::state::Lab::back_to_own)}>{ m.back_to_own }</button>
                        <button class="button" onclick={move |_| keep.act(crate::state::Lab::keep_visited)}>{ m.keep_visited }</button>
                    </div>
                }
            }
            Notice::Newer => {
                let (show, close) = (self.dispatch.clone(), self.dispatch.clone());
                html! {
                    <div class="notice" role="status" data-testid="newer">
                        <p>{ m.newer }</p>
                        <button class="button framed" onclick={move |_| show.act(crate::state::Lab::show_newer)}>{ m.newer_show }</button>
                        <button class="button icon-only" aria-label={m.close} onclick={move |_| close.act(|lab| lab.notices.retain(|notice| *notice != Notice::Newer))}><Icon name="close" /></button>
                    </div>
                }
            }
            Notice::Parted => {
                let close = self.dispatch.clone();
                html! {
                    <div class="notice" role="status" data-testid="parted">
                        <p>{ m.parted }</p>
                        <button class="button icon-only" aria-label={m.close} onclick={move |_| close.act(|lab| lab.notices.retain(|notice| *notice != Notice::Parted))}><Icon name="close" /></button>
                    </div>
                }
            }
            Notice::Update => {
                let (take, close) = (self.dispatch.clone(), self.dispatch.clone());
                html! {
                    <div class="notice" role="status" data-testid="update">
                        <p>{ m.update }</p>
                        <button class="button framed" onclick={move |_| take.act(crate::state::Lab::take_update)}>{ m.update_take }</button>
                        <button class="button icon-only" aria-label={m.close} onclick={move |_| close.act(|lab| lab.notices.retain(|notice| *notice != Notice::Update))}><Icon name="close" /></button>
                    </div>
                }
            }
            Notice::NotKept => html! {
                <div class="notice bad" role="alert" data-testid="not-kept">
                    <p>{ m.not_kept }</p>
                    <button class="button framed" onclick={self.act(Act::Save)}>{ Act::Save.label(lab.prefs.lang) }</button>
                    <button class="button framed" onclick={self.act(Act::Documents)}>{ m.documents }</button>
                </div>
            },
            Notice::UnknownParameters(unknown) => {
                let dispatch = self.dispatch.clone();
                let close = move |_| {
                    dispatch.act(|lab| {
                        lab.notices.retain(|notice| !matches!(notice, Notice::UnknownParameters(_)));
                    });
                };
                html! {
                    <div class="notice bad" role="alert" data-testid="unknown-parameters">
                        <p>{ (m.unknown_parameters)(&unknown.join(", ")) }</p>
                        <button class="button icon-only" aria-label={m.close} onclick={close}><Icon name="close" /></button>
                    </div>
                }
            }
        }
    }

    fn side(&self) -> Html {
        let lab = &self.lab;
        let phone = matches!(lab.prefs.sheet, Some(Sheet::Inspector | Sheet::Charts));
        if !lab.prefs.side && !phone {
            return html! {};
        }
        let offered = |offer: Offer| {
            let here =
                actions().iter().filter(move |action| action.offer.has(offer) && action.is_enabled(lab));
            here.map(|action| action.act).collect::<Vec<Act>>()
        };
        let (actions, arrange) = (offered(Offer::INSPECTOR), offered(Offer::MANY));
        html! {
            <aside class="side" aria-label={lab.words().side}>
                <Inspector document={lab.document.clone()} selection={lab.selection.clone()} {actions} {arrange}
                    live={lab.live.clone()} rules={lab.course.rules().cloned()} lang={lab.prefs.lang} editable={lab.editable()} dispatch={self.dispatch.clone()} />
                { self.charts() }
            </aside>
        }
    }

    fn charts(&self) -> Html {
        let lab = &self.lab;
        let options = lab.document.options();
        html! {
            <section class="section charts-section" aria-label={lab.words().charts}>
                <h2 class="visually-hidden">{ lab.words().charts }</h2>
                // A sheet that was hidden has no size: drawn anew when it is shown, also while nothing moves.
                <Charts key={lab.prefs.sheet.map_or("side", Sheet::code)} live={lab.live.clone()} duration={options.duration} planned={axis::planned(&lab.document)} warmup={options.warmup} theme={lab.prefs.theme_shown()}
                    lang={lab.prefs.lang} only={lab.embed.panel.clone()} on_pick={self.pick.clone()} on_seek={self.seek.clone()} on_limits={self.limits.clone()} />
            </section>
        }
    }

    fn dock(&self) -> Html {
        let lab = &self.lab;
        let m = lab.words();
        let phone = lab.prefs.sheet == Some(Sheet::Log);
        let open = lab.prefs.dock || phone;
        let label = if open { m.collapse } else { m.expand };
        html! {
            <section class={classes!("dock", (!open).then_some("closed"))} aria-label={m.timeline}>
                <div class="dock-head">
                    <h2>{ m.timeline }</h2>
                    <span class="dim">{ m.timeline_hint }</span>
                    <button class="button icon-only collapse" title={label} aria-label={label} aria-expanded={open.to_string()}
                        onclick={self.act(Act::Dock)}><Icon name={if open { "down" } else { "up" }} /></button>
                </div>
                if open {
                    <div class="dock-body">
                        <Timeline document={lab.document.clone()} live={lab.live.clone()} lang={lab.prefs.lang} dispatch={self.dispatch.clone()} />
                        <div class="dock-log">
                            <EventLog live={lab.live.clone()} document={lab.document.clone()} lang={lab.prefs.lang} on_choose={self.choose.clone()} />
                        </div>
                    </div>
                }
            </section>
        }
    }

    /// On a phone, the panels' handles.
    fn tabs(&self) -> Html {
        let m = self.lab.words();
        let tab = |sheet: Sheet| {
            let dispatch = self.dispatch.clone();
            let open = self.lab.prefs.sheet == Some(sheet);
            let label = match sheet {
                Sheet::Course if self.lab.study.open => m.tab_stories,
                Sheet::Course if self.lab.teach.open => m.tab_teach,
                Sheet::Course => Act::Course.label(self.lab.prefs.lang),
                Sheet::Palette => m.palette,
                Sheet::Inspector => m.inspector,
                Sheet::Charts => m.charts,
                Sheet::Log => m.timeline,
            };
            let onclick = move |_| {
                dispatch.act(move |lab| {
                    lab.prefs.sheet = (!open).then_some(sheet);
                    if sheet == Sheet::Course && !lab.teach.open && lab.course.open == open {
                        lab.toggle_course();
                    }
                });
            };
            html! { <button aria-expanded={open.to_string()} data-sheet-tab={sheet.code()} {onclick}>{ label }</button> }
        };
        html! { <nav class="tabs" aria-label={m.panels}>{ for Sheet::ALL.into_iter().map(tab) }</nav> }
    }

    fn menu(&self) -> Html {
        let lab = &self.lab;
        let Some(menu) = &lab.menu else { return html! {} };
        let m = lab.words();
        let title = match menu.about {
            About::Element(id) => lab.name_of(id),
            About::Grow(grow) => (m.add_connected)(&lab.name_of(grow.from)),
            About::Pane | About::More => String::new(),
        };
        let (press, again) = (self.dispatch.clone(), self.dispatch.clone());
        let again = move |event: yew::MouseEvent| {
            event.prevent_default();
            again.act(crate::state::Lab::close_menu);
        };
        html! {
            <>
            <div class="menu-veil" onpointerdown={move |_| press.act(crate::state::Lab::close_menu)} oncontextmenu={again}></div>
            <MenuView menu={menu.clone()} {title} lines={menu::lines(lab, menu.about)} lang={lab.prefs.lang} dispatch={self.dispatch.clone()} />
            </>
        }
    }

    fn dialog(&self) -> Html {
        let lab = &self.lab;
        let (lang, dispatch) = (lab.prefs.lang, self.dispatch.clone());
        match &lab.dialog {
            None => html! {},
            Some(Dialog::Share) => html! {
                <ShareDialog design={lab.document.clone()} record={Rc::new(lab.editor.record().clone())} view={lab.view()} {lang} {dispatch} />
            },
            Some(Dialog::Open { text, error }) => {
                html! { <OpenDialog text={text.clone()} error={error.clone()} {lang} {dispatch} /> }
            }
            Some(Dialog::Documents(shelf)) => html! {
                <Documents shelf={*shelf} open={lab.home.id().map(str::to_owned)} {lang} {dispatch} />
            },
            Some(Dialog::Embed) => {
                html! { <EmbedDialog design={lab.document.clone()} lesson={lab.course.fragments()} camera={lab.camera} canvas={lab.canvas} {lang} {dispatch} /> }
            }
            Some(Dialog::Commands) => html! {
                <Finder title={Act::Commands.label(lang)} rows={finder::commands(lab)} {lang} {dispatch} />
            },
            Some(Dialog::Find) => html! {
                <Finder title={Act::Find.label(lang)} rows={finder::elements(lab)} {lang} {dispatch} />
            },
            Some(Dialog::Help) => {
                html! { <HelpDialog letters={lab.prefs.letters} {lang} {dispatch} /> }
            }
            Some(Dialog::Summary(lines)) => {
                html! { <SummaryDialog lines={lines.clone()} {lang} {dispatch} /> }
            }
            Some(Dialog::Limits) => html! { <LimitsDialog {lang} {dispatch} /> },
            Some(Dialog::Broken(reason)) => {
                html! { <BrokenDialog reason={reason.clone()} {lang} {dispatch} /> }
            }
        }
    }
}

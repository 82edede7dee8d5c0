//! What the desk looks like.

use serde_json::Value;
use yew::{Html, html};

use super::form::{act, text};
use super::{changes, goals, hidden, words};
use crate::actions::Act;
use crate::app::Dispatch;
use crate::canvas::icon::Icon;
use crate::dialogs::files;
use crate::state::Lab;

/// The panel beside the canvas, while the desk is open.
pub fn view(lab: &Lab, dispatch: &Dispatch) -> Html {
    if !lab.teach.open {
        return html! {};
    }
    let lang = lab.prefs.lang;
    let close = lang.messages().close;
    html! {
        <aside class="course teach" aria-label={Act::Teach.label(lang)} data-testid="teach">
            <header class="course-head">
                <h2>{ Act::Teach.label(lang) }</h2>
                <button class="button icon-only" title={close} aria-label={close} onclick={act(dispatch, Lab::toggle_teach)}><Icon name="close" /></button>
            </header>
            <div class="course-body" tabindex="0">
                <p class="dim">{ lang.of(words::INTRO) }</p>
                <section class="teach-section" aria-label={lang.of(words::TASK)}>
                    <h3>{ lang.of(words::TASK) }</h3>
                    <div class="form-grid">
                        { text(lab, dispatch, ["title", "en"], words::TITLE_EN, None) }
                        { text(lab, dispatch, ["title", "ko"], words::TITLE_KO, None) }
                    </div>
                    <div class="teach-words">
                        { text(lab, dispatch, ["words", "en"], words::WORDS_EN, Some("4")) }
                        { text(lab, dispatch, ["words", "ko"], words::WORDS_KO, Some("4")) }
                    </div>
                    <p class="dim">{ lang.of(words::ONE_IS_ENOUGH) }</p>
                </section>
                { goals::view(lab, dispatch) }
                { changes::view(lab, dispatch) }
                { hidden::view(lab, dispatch) }
                { solution(lab, dispatch) }
                { give(lab, dispatch) }
            </div>
        </aside>
    }
}

/// The teacher's own answer, for students to compare theirs with.
fn solution(lab: &Lab, dispatch: &Dispatch) -> Html {
    let lang = lab.prefs.lang;
    let is_kept = lab.teach.draft["solution"].is_object();
    let keep = act(dispatch, |lab: &mut Lab| {
        let design = serde_json::from_str(&lab.document.to_json()).unwrap_or(Value::Null);
        lab.draft(move |draft| draft["solution"] = design);
    });
    let drop = act(dispatch, |lab: &mut Lab| lab.draft(|draft| draft["solution"] = Value::Null));
    html! {
        <section class="teach-section" aria-label={lang.of(words::SOLUTION)}>
            <h3>{ lang.of(words::SOLUTION) }</h3>
            <p class="dim">{ lang.of(words::SOLUTION_HELP) }</p>
            if is_kept { <p role="status" data-testid="teach-solved">{ lang.of(words::SOLUTION_KEPT) }</p> }
            <div class="course-buttons">
                <button class="button framed" data-testid="teach-solution" onclick={keep}>{ lang.of(words::KEEP_SOLUTION) }</button>
                if is_kept { <button class="button" data-testid="teach-no-solution" onclick={drop}>{ lang.of(words::DROP_SOLUTION) }</button> }
            </div>
        </section>
    }
}

/// The assignment as a link and as files; or what is still missing.
fn give(lab: &Lab, dispatch: &Dispatch) -> Html {
    let lang = lab.prefs.lang;
    let checked = lab.teach.checked.as_ref();
    let error = checked.and_then(|checked| checked["error"][lang.code()].as_str());
    let fragment = checked.and_then(|checked| checked["link"].as_str());
    let link = fragment.map(|fragment| format!("{}{fragment}", files::page_address()));
    let copy = {
        let (dispatch, link) = (dispatch.clone(), link.clone().unwrap_or_default());
        move |_| files::copy_and_tell(link.clone(), &dispatch)
    };
    let own = fragment.map(str::to_owned).unwrap_or_default();
    let not_ready = link.is_none();
    html! {
        <section class="teach-section" aria-label={lang.of(words::GIVE)}>
            <h3>{ lang.of(words::GIVE) }</h3>
            if let Some(error) = error {
                <p class="dialog-error" role="status" data-testid="teach-error">{ lang.of(words::NOT_READY) }{ error.to_owned() }</p>
            }
            if let Some(link) = link {
                <textarea class="input" rows="2" readonly=true aria-label={lang.of(words::LINK)} data-testid="teach-link" value={link} />
            }
            <div class="course-buttons">
                <button class="button primary" data-testid="teach-copy" disabled={not_ready} onclick={copy}>{ lang.of(words::COPY_LINK) }</button>
                <button class="button framed" data-testid="teach-file" disabled={not_ready} onclick={act(dispatch, |lab: &mut Lab| lab.save_draft(false))}>{ lang.of(words::FILE) }</button>
                <button class="button framed" data-testid="teach-own" disabled={not_ready} onclick={act(dispatch, |lab: &mut Lab| lab.save_draft(true))}>{ lang.of(words::OWN_FILE) }</button>
                <button class="button framed" data-testid="teach-try" disabled={not_ready} onclick={act(dispatch, move |lab: &mut Lab| lab.open_assignment(&own))}>{ lang.of(words::TRY) }</button>
                <button class="button" data-testid="teach-new" onclick={act(dispatch, Lab::new_draft)}>{ lang.of(words::ANEW) }</button>
            </div>
            <p class="dim">{ lang.of(words::OWN_HELP) }</p>
        </section>
    }
}

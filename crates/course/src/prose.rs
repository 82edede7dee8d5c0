//! The words of lessons and assignments: Markdown, read into blocks that a page can show as elements of its own.
//!
//! Nothing of it ever becomes HTML: what is HTML in the text is shown as text, pictures as their description, and
//! links that lead anywhere but to `https:`, `http:` or a place on the page as plain words.

use brownout_sim::sentence;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::error::Refused;
use crate::read::LIMIT;

/// Words, one section for each step.
pub type Prose = Vec<Section>;

/// The words of a step: what stands behind a heading `## Title {#step}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// The step that it belongs to; empty for what stands before the first heading.
    pub id: String,
    pub title: Vec<Inline>,
    pub blocks: Vec<Block>,
}

/// A block of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    Paragraph(Vec<Inline>),
    /// A heading within a section.
    Heading(Vec<Inline>),
    List {
        ordered: bool,
        items: Vec<Vec<Block>>,
    },
    Quote(Vec<Block>),
    Code(String),
    Rule,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    Text(String),
    Code(String),
    Strong(Vec<Inline>),
    Emphasis(Vec<Inline>),
    Link { to: String, text: Vec<Inline> },
    Break,
}

/// Lists and quotes inside each other.
const DEPTH: usize = 12;

/// Reads Markdown (CommonMark).
pub fn read(text: &str) -> Result<Prose, Refused> {
    if text.len() > LIMIT {
        return Err(Refused::new(
            "",
            sentence!("larger than 1 MiB, the most that is read", "읽을 수 있는 한도 1 MiB를 넘습니다"),
        ));
    }
    let mut builder = Builder { sections: Vec::new(), open: vec![Open::new(Holder::Section(String::new()))] };
    for event in Parser::new_ext(text, Options::ENABLE_HEADING_ATTRIBUTES) {
        builder.event(event)?;
    }
    builder.close_section();
    let mut prose = builder.sections;
    prose.retain(|section| !section.id.is_empty() || !section.blocks.is_empty());
    Ok(prose)
}

/// All words of these pieces, one after another.
pub fn plain(pieces: &[Inline]) -> String {
    let one = |piece: &Inline| match piece {
        Inline::Text(text) | Inline::Code(text) => text.clone(),
        Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Link { text: inner, .. } => plain(inner),
        Inline::Break => "\n".to_owned(),
    };
    pieces.iter().map(one).collect()
}

/// What is being put together.
struct Open {
    what: Holder,
    pieces: Vec<Inline>,
    blocks: Vec<Block>,
    items: Vec<Vec<Block>>,
}

enum Holder {
    Section(String),
    Title(String),
    Heading,
    Paragraph,
    Item,
    List(bool),
    Quote,
    Code,
    Strong,
    Emphasis,
    Link(String),
}

impl Open {
    const fn new(what: Holder) -> Self {
        Self { what, pieces: Vec::new(), blocks: Vec::new(), items: Vec::new() }
    }

    /// Pieces that stand in no paragraph, as those of tight lists do, make one.
    fn settle(&mut self) {
        if !self.pieces.is_empty() {
            self.blocks.push(Block::Paragraph(std::mem::take(&mut self.pieces)));
        }
    }
}

struct Builder {
    sections: Prose,
    open: Vec<Open>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>) -> Result<(), Refused> {
        match event {
            Event::Start(tag) => return self.start(tag),
            Event::End(end) => self.end(end),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.piece(Inline::Text(text.into_string()));
            }
            Event::Code(text) => self.piece(Inline::Code(text.into_string())),
            Event::SoftBreak => self.piece(Inline::Text(" ".to_owned())),
            Event::HardBreak => self.piece(Inline::Break),
            Event::Rule => self.block(Block::Rule),
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, tag: Tag<'_>) -> Result<(), Refused> {
        let what = match tag {
            Tag::Heading { level: HeadingLevel::H1 | HeadingLevel::H2, id, .. } => {
                self.close_section();
                Holder::Title(id.map(pulldown_cmark::CowStr::into_string).unwrap_or_default())
            }
            Tag::Heading { .. } => Holder::Heading,
            Tag::Paragraph | Tag::HtmlBlock => Holder::Paragraph,
            Tag::BlockQuote(_) => Holder::Quote,
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => Holder::Code,
            Tag::List(first) => Holder::List(first.is_some()),
            Tag::Item => Holder::Item,
            Tag::Strong => Holder::Strong,
            Tag::Link { dest_url, .. } => Holder::Link(dest_url.into_string()),
            _ => Holder::Emphasis,
        };
        if self.open.len() > 2 * DEPTH {
            return Err(Refused::new(
                "",
                sentence!("nested deeper than {0} levels", "{0}단계보다 깊이 들어 있습니다", DEPTH),
            ));
        }
        self.open.push(Open::new(what));
        Ok(())
    }

    fn end(&mut self, _: TagEnd) {
        // The section itself ends with the next one's title.
        if self.open.len() < 2 {
            return;
        }
        let Some(mut done) = self.open.pop() else { return };
        match done.what {
            Holder::Title(id) => {
                if let Some(section) = self.open.last_mut() {
                    section.what = Holder::Section(id);
                    section.items = vec![vec![Block::Heading(done.pieces)]];
                }
            }
            Holder::Heading => self.block(Block::Heading(done.pieces)),
            Holder::Paragraph => self.block(Block::Paragraph(done.pieces)),
            Holder::Code => self.block(Block::Code(plain(&done.pieces))),
            Holder::Quote => {
                done.settle();
                self.block(Block::Quote(done.blocks));
            }
            Holder::Item => {
                done.settle();
                if let Some(list) = self.open.last_mut() {
                    list.items.push(done.blocks);
                }
            }
            Holder::List(ordered) => self.block(Block::List { ordered, items: done.items }),
            Holder::Strong => self.piece(Inline::Strong(done.pieces)),
            Holder::Emphasis => self.piece(Inline::Emphasis(done.pieces)),
            Holder::Link(to) if is_harmless(&to) => self.piece(Inline::Link { to, text: done.pieces }),
            Holder::Link(_) => done.pieces.into_iter().for_each(|piece| self.piece(piece)),
            Holder::Section(_) => {}
        }
    }

    fn piece(&mut self, piece: Inline) {
        if let Some(open) = self.open.last_mut() {
            match (open.pieces.last_mut(), piece) {
                (Some(Inline::Text(text)), Inline::Text(more)) => text.push_str(&more),
                (_, piece) => open.pieces.push(piece),
            }
        }
    }

    fn block(&mut self, block: Block) {
        if let Some(open) = self.open.last_mut() {
            open.settle();
            open.blocks.push(block);
        }
    }

    fn close_section(&mut self) {
        let Some(mut open) = self.open.pop() else { return };
        open.settle();
        let title = open.items.into_iter().flatten().find_map(|block| match block {
            Block::Heading(pieces) => Some(pieces),
            _ => None,
        });
        let Holder::Section(id) = open.what else { return };
        self.sections.push(Section { id, title: title.unwrap_or_default(), blocks: open.blocks });
        self.open.push(Open::new(Holder::Section(String::new())));
    }
}

fn is_harmless(to: &str) -> bool {
    ["https://", "http://", "#"].iter().any(|start| to.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_lists_and_quotes() {
        let text = "# Lesson {#top}\n\nHello **there**.\n\n## Look {#look}\n\n1. one `a < b`\n2. two\n   - deeper\n\n> quoted\n\n```\ncode\n```\n";
        let prose = read(text).expect("read");
        assert_eq!(prose.iter().map(|section| section.id.as_str()).collect::<Vec<_>>(), ["top", "look"]);
        assert_eq!(plain(&prose[1].title), "Look");
        let [Block::List { ordered: true, items }, Block::Quote(quoted), Block::Code(code)] =
            &prose[1].blocks[..]
        else {
            panic!("{:?}", prose[1].blocks)
        };
        assert_eq!((items.len(), quoted.len(), code.as_str()), (2, 1, "code\n"));
        assert!(matches!(&items[1][..], [Block::Paragraph(_), Block::List { ordered: false, .. }]));
    }

    #[test]
    fn nothing_harmful_comes_through() {
        let text = "## A {#a}\n\n<script>alert(1)</script>\n\n<img src=x onerror=alert(1)> [x](javascript:alert(1)) \
                    [y](https://example.org) ![pic](https://example.org/a.png)\n";
        let prose = read(text).expect("read");
        let mut links = 0;
        let mut words = String::new();
        for block in &prose[0].blocks {
            let Block::Paragraph(pieces) = block else { panic!("{block:?}") };
            words.push_str(&plain(pieces));
            links += pieces.iter().filter(|piece| matches!(piece, Inline::Link { .. })).count();
        }
        assert_eq!(links, 1);
        assert!(words.contains("<script>alert(1)</script>") && words.contains("pic"), "{words}");
        assert!(!words.contains("javascript"), "{words}");
    }

    #[test]
    fn depth_is_bounded() {
        assert!(
            read(&"> ".repeat(100_000)).is_err()
                || read(&"> ".repeat(100_000)).is_ok_and(|all| all.len() < 2)
        );
        assert!(read(&format!("{}a", "> ".repeat(60))).is_err());
        assert!(read(&"*".repeat(50_000)).is_ok());
    }
}

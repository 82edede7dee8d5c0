//! A file server for one machine: GET and HEAD, from memory, one thread per connection.
//!
//! Written on the standard library because nothing more is wanted of it: it listens on 127.0.0.1 only and every
//! answer closes its connection.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use crate::failure::Failure;
use crate::site::Site;

/// The site being served; replaced as a whole after a rebuild.
pub type Current = Arc<RwLock<Arc<Site>>>;

const HEAD_LIMIT_BYTES: u64 = 16 * 1024;
const READ_TIMEOUT: Duration = Duration::from_secs(10);

pub fn bind(port: u16) -> Result<TcpListener, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => Failure::PortTaken { port },
        _ => Failure::Port { port, source },
    })
}

/// Answers connections until the process ends.
pub fn serve(listener: &TcpListener, current: &Current) {
    for stream in listener.incoming().flatten() {
        let site = Arc::clone(&current.read().unwrap_or_else(PoisonError::into_inner));
        // A visitor who goes away in the middle of an answer is no matter of ours.
        thread::spawn(move || drop(converse(&stream, &site)));
    }
}

fn converse(stream: &TcpStream, site: &Site) -> io::Result<()> {
    stream.set_read_timeout(Some(READ_TIMEOUT))?;
    let request = Request::read(stream)?;
    let answer = answer(&request, site);
    let mut writer = stream;
    writer.write_all(answer.head.as_bytes())?;
    writer.write_all(answer.body)?;
    writer.flush()
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Request {
    method: String,
    path: String,
    known_tag: Option<String>,
}

impl Request {
    fn read(stream: impl Read) -> io::Result<Self> {
        let mut lines = BufReader::new(stream.take(HEAD_LIMIT_BYTES)).lines();
        let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
        let mut words = first.split_ascii_whitespace();
        let mut request = Self {
            method: words.next().unwrap_or_default().to_owned(),
            path: words.next().unwrap_or_default().split(['?', '#']).next().unwrap_or_default().to_owned(),
            known_tag: None,
        };
        for line in lines {
            let line = line?;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("if-none-match")
            {
                request.known_tag = Some(value.trim().to_owned());
            }
        }
        Ok(request)
    }
}

#[derive(Debug)]
struct Answer<'site> {
    head: String,
    body: &'site [u8],
}

fn answer<'site>(request: &Request, site: &'site Site) -> Answer<'site> {
    let with_body = request.method != "HEAD";
    let plain = |status: &str, text: &'static str| Answer {
        head: head(status, "text/plain; charset=utf-8", text.len(), site, ""),
        body: if with_body { text.as_bytes() } else { &[] },
    };
    if request.method.is_empty() || !request.path.starts_with('/') {
        return plain("400 Bad Request", "This is not an HTTP request.\n");
    }
    if request.method != "GET" && request.method != "HEAD" {
        return plain("405 Method Not Allowed", "Only GET and HEAD are answered.\n");
    }
    let Some(file) = site.file(&request.path) else {
        return plain("404 Not Found", "There is no such file.\n");
    };
    let extra = format!("ETag: {}\r\n", file.tag);
    if request.known_tag.as_deref() == Some(&file.tag) {
        return Answer {
            head: head("304 Not Modified", file.mime, file.bytes.len(), site, &extra),
            body: &[],
        };
    }
    Answer {
        head: head("200 OK", file.mime, file.bytes.len(), site, &extra),
        body: if with_body { &file.bytes } else { &[] },
    }
}

fn head(status: &str, mime: &str, length: usize, site: &Site, extra: &str) -> String {
    let policy = site
        .content_policy
        .as_ref()
        .map_or(String::new(), |policy| format!("Content-Security-Policy: {policy}\r\n"));
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {mime}\r\nContent-Length: {length}\r\nCache-Control: no-cache\r\n\
         X-Content-Type-Options: nosniff\r\nAllow: GET, HEAD\r\nConnection: close\r\n{policy}{extra}\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        let mut site = Site::default();
        site.insert("index.html", b"<p>hello</p>".to_vec());
        site.insert("brownout_bg.wasm", b"\0asm".to_vec());
        site.content_policy = Some("default-src 'none'".to_owned());
        site
    }

    fn ask(request: &str) -> (String, Vec<u8>) {
        let site = site();
        let request = Request::read(request.as_bytes()).expect("a readable request");
        let answer = answer(&request, &site);
        (answer.head, answer.body.to_vec())
    }

    #[test]
    fn the_page_comes_with_its_policy() {
        let (head, body) = ask("GET /?embed=1 HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("Content-Security-Policy: default-src 'none'\r\n"), "{head}");
        assert_eq!(body, b"<p>hello</p>");
    }

    #[test]
    fn wasm_has_its_type_and_head_has_no_body() {
        let (head, body) = ask("HEAD /brownout_bg.wasm HTTP/1.1\r\n\r\n");
        assert!(head.contains("Content-Type: application/wasm\r\nContent-Length: 4\r\n"), "{head}");
        assert!(body.is_empty());
    }

    #[test]
    fn paths_out_of_the_site_are_refused() {
        for path in
            ["/../Cargo.toml", "/..%2fCargo.toml", "//etc/passwd", "/%2e%2e/Cargo.toml", "/./index.html/.."]
        {
            let (head, _) = ask(&format!("GET {path} HTTP/1.1\r\n\r\n"));
            assert!(head.starts_with("HTTP/1.1 404 "), "{path}: {head}");
        }
    }

    #[test]
    fn other_methods_and_other_protocols_are_refused() {
        assert!(ask("POST / HTTP/1.1\r\n\r\n").0.starts_with("HTTP/1.1 405 "));
        assert!(ask("nonsense\r\n\r\n").0.starts_with("HTTP/1.1 400 "));
        assert!(ask("").0.starts_with("HTTP/1.1 400 "));
    }

    #[test]
    fn a_known_file_is_not_sent_again() {
        let (head, _) = ask("GET / HTTP/1.1\r\n\r\n");
        let tag = head.lines().find_map(|line| line.strip_prefix("ETag: ")).expect("a tag").to_owned();
        let (head, body) = ask(&format!("GET / HTTP/1.1\r\nIf-None-Match: {tag}\r\n\r\n"));
        assert!(head.starts_with("HTTP/1.1 304 "), "{head}");
        assert!(body.is_empty());
    }

    #[test]
    fn a_taken_port_is_named() {
        let first = bind(0).expect("a free port");
        let port = first.local_addr().expect("an address").port();
        let sentence = bind(port).expect_err("the port is taken").to_string();
        assert!(sentence.contains(&format!("port {port} on 127.0.0.1 is taken")), "{sentence}");
    }
}

//! Runs the program as a visitor would.
#![allow(dead_code)] // Each test uses what it needs.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What came of one call.
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// With no more than 200 MB of memory, where the system can be told so.
pub fn brownout(arguments: &[&str], input: &[u8]) -> Done {
    run(200_000, arguments, input)
}

/// The same on several threads, each of which reserves addresses for memory that it may never use.
pub fn brownout_on_threads(arguments: &[&str], input: &[u8]) -> Done {
    run(2_000_000, arguments, input)
}

fn run(limit_kb: u32, arguments: &[&str], input: &[u8]) -> Done {
    let program = env!("CARGO_BIN_EXE_brownout");
    let mut command = if cfg!(target_os = "linux") {
        let mut shell = Command::new("sh");
        let script = format!("ulimit -v {limit_kb} && exec \"$0\" \"$@\"");
        shell.args(["-c", &script, program]);
        shell
    } else {
        Command::new(program)
    };
    let mut child = command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    // The program may have heard enough before everything is written.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("written");
    output.into()
}

pub fn fixture(name: &str) -> String {
    format!("{}/../../fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A file of this content that lasts as long as the test run.
pub fn file(name: &str, content: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect("can be written");
    path.to_string_lossy().into_owned()
}

/// A link with this JSON in it, whatever that is.
pub fn link_of(json: &[u8]) -> String {
    let packed = miniz_oxide::deflate::compress_to_vec(json, 9);
    format!("#v1.{}", URL_SAFE_NO_PAD.encode(packed))
}

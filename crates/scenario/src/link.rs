//! A document or a run record inside the address of a page: `#v1.` and the JSON with short keys, packed
//! by DEFLATE, as base64url without padding.
//!
//! Reading is bounded before anything is unpacked and again while it is; writing refuses what would not be
//! read.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use crate::codec::{self, Style};
use crate::error::{DeflateProblem, Error, Input};
use crate::record::Shared;

/// The version of the link itself.
const VERSION: u32 = 1;
/// The most characters of a payload.
pub const PAYLOAD_LIMIT: usize = 64 * 1024;
/// The most bytes of JSON inside.
pub const JSON_LIMIT: usize = 1024 * 1024;
/// The strongest setting that searches no longer for less.
const LEVEL: u8 = 10;

const BASE64: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD);

/// The fragment that holds it: `#v1.…`. What does not fit is refused: it can still be saved as a file.
pub fn encode(shared: &Shared) -> Result<String, Error> {
    let payload = pack(&codec::encode(shared, Style::Link).compact())?;
    Ok(format!("#v{VERSION}.{payload}"))
}

/// JSON as the payload of a link, within the limits of both.
pub fn pack(json: &str) -> Result<String, Error> {
    if json.len() > JSON_LIMIT {
        return Err(Error::LinkTooLarge { got: json.len(), limit: JSON_LIMIT });
    }
    let payload = BASE64.encode(compress_to_vec(json.as_bytes(), LEVEL));
    if payload.len() > PAYLOAD_LIMIT {
        return Err(Error::LinkTooLong { got: payload.len(), limit: PAYLOAD_LIMIT });
    }
    Ok(payload)
}

/// The JSON in a payload; bounded before and while it is unpacked.
pub fn unpack(payload: &str) -> Result<String, Error> {
    if payload.len() > PAYLOAD_LIMIT {
        return Err(Error::TooLarge { what: Input::Payload, limit: PAYLOAD_LIMIT });
    }
    let packed = BASE64.decode(payload).map_err(|error| Error::Base64 { at: place(&error) })?;
    String::from_utf8(inflate(&packed)?).map_err(|_| Error::NotText { what: Input::Json })
}

/// Reads a fragment, or an address that ends in one.
pub fn decode(text: &str) -> Result<Shared, Error> {
    codec::decode(&unpack(payload(text.trim())?)?, Style::Link)
}

/// Whether a text looks like a link, as opposed to a document.
pub fn is_link(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    !text.is_empty() && !text.starts_with('{') && (text.contains('#') || version(text).is_some())
}

/// The JSON inside a link, with its short keys as they are: what a look under the bonnet shows.
fn inflate(packed: &[u8]) -> Result<Vec<u8>, Error> {
    // One byte more than is read, so that what is too large is told from what just fits.
    let mut json = vec![0; JSON_LIMIT + 1];
    let mut state = DecompressorOxide::new();
    let (status, read, written) =
        decompress(&mut state, packed, &mut json, 0, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF);
    let problem = match status {
        _ if written > JSON_LIMIT => DeflateProblem::TooLarge { limit: JSON_LIMIT },
        TINFLStatus::Done if read < packed.len() => DeflateProblem::Trailing { bytes: packed.len() - read },
        TINFLStatus::Done => {
            json.truncate(written);
            return Ok(json);
        }
        TINFLStatus::HasMoreOutput => DeflateProblem::TooLarge { limit: JSON_LIMIT },
        TINFLStatus::NeedsMoreInput | TINFLStatus::FailedCannotMakeProgress => DeflateProblem::Truncated,
        _ => DeflateProblem::Damaged,
    };
    Err(Error::Deflate { problem })
}

fn payload(text: &str) -> Result<&str, Error> {
    let fragment = text.split_once('#').map_or(text, |(_, fragment)| fragment);
    let (found, payload) = version(fragment).ok_or(Error::NotALink)?;
    match found {
        VERSION => Ok(payload),
        _ => Err(Error::NewerLink { found, known: VERSION }),
    }
}

/// Splits `v1.…` into its version and its payload.
fn version(fragment: &str) -> Option<(u32, &str)> {
    let (version, payload) = fragment.strip_prefix('v')?.split_once('.')?;
    let canonical = version.bytes().all(|digit| digit.is_ascii_digit()) && !version.starts_with('0');
    version.parse().ok().filter(|_| canonical).map(|version| (version, payload))
}

const fn place(error: &base64::DecodeError) -> Option<usize> {
    match error {
        base64::DecodeError::InvalidByte(at, _) => Some(*at),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::starter;

    fn refused(text: &str) -> String {
        decode(text).expect_err("this is not to be read").to_string()
    }

    fn link_of(bytes: &[u8]) -> String {
        format!("#v1.{}", BASE64.encode(compress_to_vec(bytes, LEVEL)))
    }

    #[test]
    fn a_link_is_the_document() {
        let shared = Shared::Design(starter());
        let link = encode(&shared).expect("fits");
        println!("starter: {} characters", link.len());
        assert_eq!(decode(&link).as_ref(), Ok(&shared));
        assert_eq!(decode(&format!("https://example.org/lab/?embed=1{link}\n")).as_ref(), Ok(&shared));
        assert_eq!(decode(link.trim_start_matches('#')).as_ref(), Ok(&shared));
        assert_eq!(encode(&decode(&link).expect("valid")).expect("fits"), link);
    }

    #[test]
    fn hostile_links_are_refused_by_step() {
        let link = encode(&Shared::Design(starter())).expect("fits");
        assert_eq!(refused("hello"), "link: expected `#v1.` and the payload behind it");
        assert_eq!(
            refused("#v2.abc"),
            "link: format version 2 is newer than this version of Brownout reads (up to 1)"
        );
        assert_eq!(refused("#v1.ab*c"), "base64: character 3 of the payload is not one of base64url");
        for cut in 1..link.len() - 4 {
            let error = refused(&link[..link.len() - cut]);
            let named = error.starts_with("DEFLATE: the data end too early")
                || error.starts_with("base64: the length");
            assert!(named, "{cut} characters cut off: {error}");
        }
        assert!(refused("#v1.____").starts_with("DEFLATE: the data are damaged"));
        assert!(refused("#v1.").starts_with("DEFLATE: the data end too early"));
        let mut bytes = BASE64.decode(&link[4..]).expect("valid");
        bytes.extend([1, 2, 3]);
        let trailing = format!("#v1.{}", BASE64.encode(bytes));
        assert_eq!(refused(&trailing), "DEFLATE: 3 bytes too many stand behind the end of the data");
        assert_eq!(
            refused(&format!("#v1.{}", "A".repeat(PAYLOAD_LIMIT + 1))),
            "link: larger than 64 KiB, the most that is read"
        );
        let bomb = link_of(&vec![b' '; 40 * JSON_LIMIT]);
        assert!(bomb.len() < PAYLOAD_LIMIT, "{}", bomb.len());
        assert_eq!(refused(&bomb), "DEFLATE: unpacks to more than 1 MiB, the most that is read");
        assert_eq!(refused(&link_of(&[0xff, 0xfe])), "JSON: not UTF-8 text");
        assert!(refused(&link_of(b"{\"v\":1,")).starts_with("JSON: line 1, column 7"));
        assert_eq!(refused(&link_of(b"{\"v\":1,\"zz\":2}")), "zz: unknown field");
        assert!(refused(&link_of(b"{\"v\":9}")).starts_with("version: 9 is newer"));
    }

    #[test]
    fn exactly_the_limit_of_json_is_read() {
        let pad = |bytes: usize| {
            let mut json = b"{\"v\":1}".to_vec();
            json.resize(bytes, b' ');
            link_of(&json)
        };
        assert!(decode(&pad(JSON_LIMIT)).is_ok());
        assert!(decode(&pad(JSON_LIMIT + 1)).is_err());
    }

    #[test]
    fn what_does_not_fit_is_offered_a_file() {
        let mut document = starter();
        let mut state = 1_u32;
        for id in 100..1_900 {
            let mut part = document.parts[3].clone();
            part.id = id;
            part.name = (0..40)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    char::from(b'a' + (state >> 24) as u8 % 26)
                })
                .collect();
            document.parts.push(part);
        }
        let error = encode(&Shared::Design(document)).expect_err("too long");
        assert!(matches!(error, Error::LinkTooLong { .. }));
        assert!(error.to_string().ends_with("save it as a file instead"), "{error}");
    }
}

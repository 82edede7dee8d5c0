//! A text inside a PNG, as the format has it: an `iTXt` chunk with the keyword `brownout` (W3C PNG, 11.3.3.4).

const MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The header chunk always comes first and is always as long.
const AFTER_HEADER: usize = 8 + 25;
/// Keyword; uncompressed; neither language nor translation.
const HEAD: &[u8] = b"brownout\0\0\0\0\0";

pub fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The picture with a text inside, right after its header.
pub fn with_text(picture: &[u8], text: &str) -> Option<Vec<u8>> {
    if !is_png(picture) || picture.len() < AFTER_HEADER {
        return None;
    }
    let mut chunk = b"iTXt".to_vec();
    chunk.extend_from_slice(HEAD);
    chunk.extend_from_slice(text.as_bytes());
    let length = u32::try_from(chunk.len() - 4).ok()?;
    let sum = checksum(&chunk);
    let (before, after) = picture.split_at(AFTER_HEADER);
    Some([before, &length.to_be_bytes(), &chunk, &sum.to_be_bytes(), after].concat())
}

/// The text inside a picture.
pub fn text(picture: &[u8]) -> Option<String> {
    let mut rest = picture.strip_prefix(MAGIC)?;
    loop {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length) as usize;
        let data = after.get(..length)?;
        if kind == b"iTXt"
            && let Some(text) = data.strip_prefix(HEAD)
        {
            return String::from_utf8(text.to_vec()).ok();
        }
        rest = after.get(length.checked_add(4)?..)?;
    }
}

/// CRC-32 as PNG has it.
fn checksum(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_out_as_it_went_in() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926, "the check value of CRC-32");
        let mut picture = MAGIC.to_vec();
        picture.extend_from_slice(&13_u32.to_be_bytes());
        picture.extend_from_slice(b"IHDR0123456789abcCRC!");
        picture.extend_from_slice(b"\0\0\0\0IEND\xae\x42\x60\x82");
        assert_eq!(text(&picture), None);
        let carrying = with_text(&picture, "{\"name\":\"세 계층\"}").expect("it is a picture");
        assert_eq!(text(&carrying).as_deref(), Some("{\"name\":\"세 계층\"}"));
        assert!(carrying.ends_with(b"IEND\xae\x42\x60\x82"));
        for end in 0..carrying.len() {
            text(&carrying[..end]);
        }
        assert_eq!(with_text(b"no picture", "x"), None);
    }
}

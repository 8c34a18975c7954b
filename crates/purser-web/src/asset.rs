//! One embedded file and what to say about it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Read as _;

use flate2::read::GzDecoder;

/// Files below this directory have a hash of their content in their name.
const HASHED: &str = "assets/";
/// How many bytes of the SHA-256 an entity tag shows: 128 bits tell any two files apart.
const TAG_BYTES: usize = 16;

/// A file to be sent, with the facts that its headers need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The body, as `is_gzip` says.
    pub bytes: Cow<'static, [u8]>,
    /// The value of `Content-Type`, with the character set where there is one.
    pub content_type: &'static str,
    /// Whether `bytes` needs `Content-Encoding: gzip`.
    pub is_gzip: bool,
    /// Whether the name changes with the content, so that the file may be kept for ever.
    pub immutable: bool,
    /// The value of `ETag`, in quotes. The plain and the compressed form have different ones
    /// (RFC 9110, section 8.8.1: a strong validator tells representations apart).
    pub etag: String,
}

impl Asset {
    /// A file as it lies in the binary.
    pub(crate) fn compressed(path: &str, bytes: Cow<'static, [u8]>, sha256: [u8; 32]) -> Self {
        Self {
            bytes,
            content_type: content_type(path),
            is_gzip: true,
            immutable: path.starts_with(HASHED),
            etag: format!("\"{}\"", hex(&sha256[..TAG_BYTES])),
        }
    }

    /// The same file for a client that does not accept gzip.
    ///
    /// # Panics
    /// Never for an embedded file: a test unpacks each of them.
    #[must_use]
    pub fn plain(self) -> Self {
        if !self.is_gzip {
            return self;
        }
        let mut bytes = Vec::new();
        GzDecoder::new(self.bytes.as_ref())
            .read_to_end(&mut bytes)
            .expect("the build compressed every embedded file");
        let etag = format!("{}-plain\"", self.etag.trim_end_matches('"'));
        Self { bytes: Cow::Owned(bytes), is_gzip: false, etag, ..self }
    }
}

/// The media type of a file by its ending. The bundle holds only these kinds; a test says so, so
/// that a new kind is not served as a download by accident.
fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "ttf" => "font/ttf",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * TAG_BYTES), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

//! A request of a processor as it is kept until it is applied: its headers, its query and its body, byte for
//! byte, since signatures cover bytes.
//!
//! A count, then parts, each with its length before it. What does not fit exactly is no envelope.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use purser_connector::Inbound;
use purser_types::Timestamp;

/// The bytes of a request.
pub(super) fn write(inbound: &Inbound) -> Vec<u8> {
    let mut bytes = inbound.received_at.unix_micros().to_be_bytes().to_vec();
    put(&mut bytes, inbound.query.as_bytes());
    put(&mut bytes, &inbound.body);
    for (name, value) in &inbound.headers {
        put(&mut bytes, name.as_str().as_bytes());
        put(&mut bytes, value.as_bytes());
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    // A request is far shorter than four gigabytes.
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(part);
}

/// The request of the bytes.
pub(super) fn read(bytes: &[u8]) -> Option<Inbound> {
    let (received_at, mut rest) = bytes.split_first_chunk::<8>()?;
    let received_at = Timestamp::from_unix_micros(i64::from_be_bytes(*received_at));
    let query = String::from_utf8(take(&mut rest)?.to_vec()).ok()?;
    let body = Bytes::copy_from_slice(take(&mut rest)?);
    let mut headers = HeaderMap::new();
    while !rest.is_empty() {
        let name = HeaderName::from_bytes(take(&mut rest)?).ok()?;
        headers.append(name, HeaderValue::from_bytes(take(&mut rest)?).ok()?);
    }
    Some(Inbound { headers, query, body, received_at })
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (part, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbound() -> Inbound {
        let mut headers = HeaderMap::new();
        headers.append("signature", HeaderValue::from_static("t=1,v1=ab"));
        headers.append("via", HeaderValue::from_static("one"));
        headers.append("via", HeaderValue::from_bytes(b"tw\xff").expect("a value"));
        let received_at = Timestamp::from_unix_micros(1_795_176_000_000_001);
        Inbound { headers, query: "a=1&b=%20".to_owned(), body: Bytes::from_static(b"{\0}"), received_at }
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        let sent = inbound();

        let read = read(&write(&sent)).expect("an envelope");

        assert_eq!((&read.headers, &read.query), (&sent.headers, &sent.query));
        assert_eq!((&read.body, read.received_at), (&sent.body, sent.received_at));
    }

    #[test]
    fn half_an_envelope_is_none() {
        let bytes = write(&inbound());
        let whole = (8..bytes.len()).filter(|end| bytes.get(..*end).and_then(read).is_some()).count();

        // Only where one of the three headers just ended, the parts fit.
        assert_eq!(whole, 3);
    }
}

//! Notifications: JSON, signed with the account's API key.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use purser_connector::{Acknowledgement, Inbound, Notification, NotificationError};
use purser_types::{Secret, Timestamp};
use sha2::Sha256;

use crate::response;
use crate::wire::{Event, OPERATION_CHANGED, SIGNATURE_HEADER};

/// How old a signature may be, and how far ahead its clock: what Stripe allows.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

fn mac(key: &Secret, signed_at: i64, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).expect("HMAC takes any key");
    mac.update(format!("{signed_at}.").as_bytes());
    mac.update(body);
    mac
}

/// The header with which the processor signs `body`.
pub(crate) fn sign(key: &Secret, now: Timestamp, body: &[u8]) -> String {
    let signed_at = now.unix_seconds();
    let tag = mac(key, signed_at, body).finalize().into_bytes();
    let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={signed_at},v1={hex}")
}

/// Refuses everything that the holder of `key` did not sign lately.
fn authenticate(key: &Secret, inbound: &Inbound) -> Option<()> {
    let (signed_at, tag) = signature(&inbound.headers)?;
    let signed = Timestamp::from_unix_micros(signed_at.checked_mul(1_000_000)?);
    let is_fresh =
        inbound.received_at.since(signed) <= TOLERANCE && signed.since(inbound.received_at) <= TOLERANCE;
    if !is_fresh {
        return None;
    }
    mac(key, signed_at, &inbound.body).verify_slice(&tag).ok()
}

fn signature(headers: &HeaderMap) -> Option<(i64, Vec<u8>)> {
    let mut values = headers.get_all(SIGNATURE_HEADER).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (signed_at, tag) = value.to_str().ok()?.strip_prefix("t=")?.split_once(",v1=")?;
    // `parse` would take a sign, and two spellings of one instant are one too many.
    let is_plain = signed_at.bytes().all(|byte| byte.is_ascii_digit());
    let signed_at = if is_plain { signed_at.parse().ok()? } else { return None };
    Some((signed_at, unhex(tag)?))
}

/// Lower-case hex only, so that a tag has one spelling.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let digits: Vec<u8> = text.as_bytes().iter().map(digit).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

pub(crate) fn read(key: &Secret, inbound: &Inbound) -> Result<Notification, NotificationError> {
    authenticate(key, inbound).ok_or(NotificationError::Unauthentic)?;
    let malformed = |_| NotificationError::Malformed { detail: "it is not an event".to_owned() };
    let event: Event = serde_json::from_slice(&inbound.body).map_err(malformed)?;
    // Types of the future are acknowledged and say nothing.
    let operation = event.operation.filter(|_| event.event_type == OPERATION_CHANGED);
    Ok(Notification {
        dedupe_key: event.id,
        event_type: event.event_type,
        observations: operation.map(response::observations).unwrap_or_default(),
        acknowledgement: Acknowledgement::ok(),
    })
}

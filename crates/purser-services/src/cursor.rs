//! Cursors: positions in a list that a client holds and cannot read, forge or carry elsewhere.
//!
//! A cursor is bound by a MAC to the list, the tenant and the environment that it was made for.

use purser_types::Timestamp;
use purser_types::page::Position;

use crate::app::Ctx;
use crate::error::{Code, Error};

const POSITION_LENGTH: usize = 24;
const TAG_LENGTH: usize = 16;

/// The cursor of a position in a list.
#[must_use]
pub fn seal(ctx: &Ctx, list: &str, position: Position) -> String {
    let bytes = encode(position);
    let tag = ctx.app.keyring.sign("cursor", &signed(ctx, list, &bytes));
    let mut text = String::with_capacity((POSITION_LENGTH + TAG_LENGTH) * 2);
    for byte in bytes.iter().chain(tag.iter().take(TAG_LENGTH)) {
        use std::fmt::Write as _;
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The position of a cursor, if it was made for this list and this viewer's tenant.
///
/// # Errors
/// `INVALID_INPUT`.
pub fn open(ctx: &Ctx, list: &str, cursor: &str) -> Result<Position, Error> {
    let refused = || Error::refused(Code::InvalidInput, "after", "The cursor is not one of this list.");
    let bytes = decode(cursor).ok_or_else(refused)?;
    let (position, tag) = bytes.split_at(POSITION_LENGTH);
    let expected = ctx.app.keyring.sign("cursor", &signed(ctx, list, position));
    let is_ours =
        expected.iter().take(TAG_LENGTH).zip(tag).fold(0, |rest, (one, other)| rest | (one ^ other)) == 0;
    if !is_ours {
        return Err(refused());
    }
    let (created_at, id) = position.split_at(8);
    let created_at = i64::from_be_bytes(created_at.try_into().map_err(|_| refused())?);
    let id = uuid::Uuid::from_slice(id).map_err(|_| refused())?;
    Ok(Position { created_at: Timestamp::from_unix_micros(created_at), id })
}

fn encode(position: Position) -> Vec<u8> {
    let mut bytes = position.created_at.unix_micros().to_be_bytes().to_vec();
    bytes.extend_from_slice(position.id.as_bytes());
    bytes
}

fn decode(cursor: &str) -> Option<Vec<u8>> {
    let is_hex = cursor.len() == (POSITION_LENGTH + TAG_LENGTH) * 2 && cursor.is_ascii();
    if !is_hex {
        return None;
    }
    let pairs = (0..cursor.len()).step_by(2);
    pairs.map(|start| u8::from_str_radix(cursor.get(start..start + 2)?, 16).ok()).collect()
}

fn signed(ctx: &Ctx, list: &str, position: &[u8]) -> Vec<u8> {
    let viewer = ctx.viewer();
    let mut bytes = viewer.tenant().uuid().as_bytes().to_vec();
    bytes.extend_from_slice(viewer.environment().as_str().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(list.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(position);
    bytes
}

//! Looks at the shape of a JSON body before `serde_json` builds anything from it.

use super::Fault;

/// Brackets that may be open at once in a body. `serde_json` stops at 128 by recursion; variables of a
/// real request are seldom deeper than ten.
pub const NESTING_MAX: usize = 64;

/// Checks the encoding and the nesting of a body, and that it is an object.
///
/// # Errors
/// [`Fault::NotUtf8`] and [`Fault::Json`].
pub fn check(body: &[u8]) -> Result<&str, Fault> {
    if body.starts_with(b"\xef\xbb\xbf") {
        return Err(Fault::NotUtf8);
    }
    let text = std::str::from_utf8(body).map_err(|_| Fault::NotUtf8)?;
    match text.trim_start_matches([' ', '\t', '\r', '\n']).as_bytes().first() {
        Some(b'{') => {}
        Some(b'[') => return Err(Fault::Json("Batches are not supported; send one operation per request.")),
        _ => return Err(Fault::Json("The body must be a JSON object.")),
    }
    check_nesting(text.as_bytes())?;
    Ok(text)
}

fn check_nesting(body: &[u8]) -> Result<(), Fault> {
    let mut open = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for byte in body {
        if in_string {
            in_string = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => open += 1,
            b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > NESTING_MAX {
            return Err(Fault::Json("The JSON is nested too deeply."));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_counted_outside_of_strings() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(63), "]".repeat(63));
        let deeper = format!("{{\"a\":{}{}}}", "[".repeat(64), "]".repeat(64));
        let text = format!("{{\"a\":\"\\\"{}\"}}", "[".repeat(1000));

        assert!(check(deep.as_bytes()).is_ok());
        assert_eq!(check(deeper.as_bytes()), Err(Fault::Json("The JSON is nested too deeply.")));
        assert!(check(text.as_bytes()).is_ok());
    }

    #[test]
    fn a_hundred_thousand_brackets_are_refused() {
        let body = format!("{{\"variables\":{}", "[".repeat(100_000));
        assert_eq!(check(body.as_bytes()), Err(Fault::Json("The JSON is nested too deeply.")));
    }

    #[test]
    fn other_encodings_and_other_shapes_are_refused() {
        assert_eq!(check(b"\xef\xbb\xbf{}"), Err(Fault::NotUtf8));
        assert_eq!(check(b"{\0\"\0\xff"), Err(Fault::NotUtf8));
        for body in ["[]", " [{}]"] {
            assert!(matches!(check(body.as_bytes()), Err(Fault::Json(why)) if why.starts_with("Batches")));
        }
        for body in ["", "1", "\"{\"", "null"] {
            assert_eq!(check(body.as_bytes()), Err(Fault::Json("The body must be a JSON object.")));
        }
    }
}

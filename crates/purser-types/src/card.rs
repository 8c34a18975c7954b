//! Recognises card numbers in bytes that nobody has parsed yet.
//!
//! The gateway is PAN-blind: a number that reaches GraphQL would end up in caches, traces and error
//! messages. The rule is *a Luhn-valid run of 13 to 19 digits* (ISO/IEC 7812-1), where single spaces or
//! dashes may stand between the digits. Digits of full width and spaces that do not break count as the plain
//! ones, since they come with what was pasted. One run in ten is Luhn-valid by chance, so what certainly is no
//! card is let through, and each exception is listed here:
//!
//! * runs that touch a letter, directly or by a dash: ids, UUIDs, IBANs;
//! * runs that begin with 0, and those with 1 unless they have 15 digits (UATP is the only network
//!   there): Unix times in milli-, micro- and nanoseconds until 2033;
//! * runs after a plus sign of at most 15 digits: telephone numbers (E.164);
//! * decimals, that is runs after a digit and a point.

/// Digits of the shortest card number.
const SHORTEST: usize = 13;
/// Digits of the longest card number.
const LONGEST: usize = 19;
/// Digits of the longest telephone number.
const PHONE_LONGEST: usize = 15;
/// Groups in which cards are printed; windows of these shapes are looked at inside longer runs, since
/// an expiry date or another number may follow after a space.
const PRINTED: &[&[usize]] = &[
    &[4, 4, 4, 4],
    &[4, 4, 4, 4, 1],
    &[4, 4, 4, 4, 2],
    &[4, 4, 4, 4, 3],
    &[4, 6, 5],
    &[4, 6, 4],
    &[4, 3, 3, 3],
    &[4, 4, 5],
    &[6, 13],
    &[8, 8],
];

/// Digits that stand together: `[start, end)` in the text.
type Group = (usize, usize);

/// Whether a text contains what looks like a card number.
#[must_use]
pub fn is_present(text: &[u8]) -> bool {
    match plain(text) {
        Some(plain) => is_present_in_plain(&plain),
        None => is_present_in_plain(text),
    }
}

/// A text with `*` for each of its digits, if it contains what looks like a card number.
#[must_use]
pub fn masked(text: &str) -> Option<String> {
    let is_digit = |character: char| character.is_ascii_digit() || ('０'..='９').contains(&character);
    is_present(text.as_bytes()).then(|| text.replace(is_digit, "*"))
}

/// The text with plain digits and spaces for those that only look like them; none if it has no such.
fn plain(text: &[u8]) -> Option<Vec<u8>> {
    let mut plain: Option<Vec<u8>> = None;
    let mut at = 0;
    while at < text.len() {
        let (byte, length) = match text[at..] {
            [0xc2, 0xa0, ..] => (b' ', 2),
            [0xe2, 0x80, 0x87 | 0xaf, ..] => (b' ', 3),
            [0xef, 0xbc, digit @ 0x90..=0x99, ..] => (b'0' + (digit - 0x90), 3),
            _ => (text[at], 1),
        };
        if length > 1 && plain.is_none() {
            plain = Some(text[..at].to_vec());
        }
        if let Some(plain) = &mut plain {
            plain.push(byte);
        }
        at += length;
    }
    plain
}

fn is_present_in_plain(text: &[u8]) -> bool {
    let mut at = 0;
    let mut groups: Vec<Group> = Vec::new();
    while at < text.len() {
        if !text[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        at = take_run(text, at, &mut groups);
        if run_has_card(text, &groups) {
            return true;
        }
    }
    false
}

/// Collects the groups of the run that starts at `at`; answers where it ends.
fn take_run(text: &[u8], mut at: usize, groups: &mut Vec<Group>) -> usize {
    groups.clear();
    loop {
        let start = at;
        while text.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        groups.push((start, at));
        let joined = matches!(text.get(at), Some(b' ' | b'-'));
        if joined && text.get(at + 1).is_some_and(u8::is_ascii_digit) {
            at += 1;
        } else {
            return at;
        }
    }
}

fn run_has_card(text: &[u8], groups: &[Group]) -> bool {
    let (Some(first), Some(last)) = (groups.first(), groups.last()) else { return false };
    let total: usize = groups.iter().map(|(start, end)| end - start).sum();
    if total < SHORTEST {
        return false;
    }
    let open_left = is_open_left(text, first.0, total);
    let open_right = is_open_right(text, last.1);
    let is_open = |from: usize, to: usize| (from > 0 || open_left) && (to < groups.len() || open_right);
    if is_open(0, groups.len()) && is_card(text, groups) {
        return true;
    }
    (0..groups.len()).any(|from| {
        let alone = is_open(from, from + 1) && is_card(text, &groups[from..=from]);
        alone || PRINTED.iter().any(|shape| window_is_card(text, groups, from, shape, &is_open))
    })
}

fn window_is_card(
    text: &[u8],
    groups: &[Group],
    from: usize,
    shape: &[usize],
    is_open: &impl Fn(usize, usize) -> bool,
) -> bool {
    let to = from + shape.len();
    let Some(window) = groups.get(from..to) else { return false };
    let fits = window.iter().zip(shape).all(|((start, end), digits)| end - start == *digits);
    fits && is_open(from, to) && is_card(text, window)
}

/// Whether a run may begin at `start`: not inside a word, a decimal or a telephone number.
fn is_open_left(text: &[u8], start: usize, digits: usize) -> bool {
    let before = |back: usize| start.checked_sub(back).map(|at| text[at]);
    match before(1) {
        Some(b'+') => digits > PHONE_LONGEST,
        Some(b'.') => !before(2).is_some_and(|byte| byte.is_ascii_digit()),
        Some(b'-') => !before(2).is_some_and(|byte| byte.is_ascii_alphanumeric()),
        Some(byte) => !byte.is_ascii_alphanumeric(),
        None => true,
    }
}

fn is_open_right(text: &[u8], end: usize) -> bool {
    match text.get(end) {
        Some(b'-') => !text.get(end + 1).is_some_and(u8::is_ascii_alphanumeric),
        Some(byte) => !byte.is_ascii_alphanumeric(),
        None => true,
    }
}

fn is_card(text: &[u8], groups: &[Group]) -> bool {
    let total: usize = groups.iter().map(|(start, end)| end - start).sum();
    if !(SHORTEST..=LONGEST).contains(&total) {
        return false;
    }
    let first = text[groups[0].0];
    if first == b'0' || (first == b'1' && total != PHONE_LONGEST) {
        return false;
    }
    let digits = groups.iter().rev().flat_map(|(start, end)| text[*start..*end].iter().rev());
    is_luhn_valid(digits)
}

/// The check of ISO/IEC 7812-1 Annex B over digits from right to left.
fn is_luhn_valid<'a>(from_right: impl Iterator<Item = &'a u8>) -> bool {
    let sum: u32 = from_right
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0');
            match (at % 2, digit) {
                (0, digit) => digit,
                (_, digit @ 0..=4) => digit * 2,
                (_, digit) => digit * 2 - 9,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_uuid_is_a_card(text in "[0-9a-f]{8}-[0-9a-f]{4}-[0-9]{4}-[0-9]{4}-[0-9]{12}") {
            proptest::prop_assert!(!is_present(text.as_bytes()));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(0_u8..=255, 0..200)) {
            let _ = is_present(&bytes);
        }
    }

    #[test]
    fn card_numbers_are_recognised_however_they_are_written() {
        for text in [
            "4242424242424242",
            "pay 4242 4242 4242 4242 now",
            "4242-4242-4242-4242",
            "4242 4242 4242 4242 12/29 123",
            "1 4242 4242 4242 4242",
            "2024 4242424242424242",
            "3782 822463 10005",
            "378282246310005",
            "{\"n\":4222222222222}",
            "\"6304000000000000000\"",
            "pan_4242424242424242",
            "+4242424242424242",
            "x=2223003122003222&",
            "4242\u{a0}4242\u{a0}4242\u{a0}4242",
            "4242\u{202f}4242\u{202f}4242\u{202f}4242",
            "４２４２４２４２４２４２４２４２",
        ] {
            assert!(is_present(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn masks_have_the_words_and_none_of_the_digits() {
        let masked = masked("card 4242 4242 4242 4242 of ４ refused");
        assert_eq!(masked.as_deref(), Some("card **** **** **** **** of * refused"));
        assert_eq!(super::masked("invoice 4242424242424243"), None);
    }

    #[test]
    fn ids_times_telephones_and_decimals_are_not_cards() {
        for text in [
            "",
            "4242424242424243",
            "0190f0e5-4242-7424-8242-424242424242",
            "prf_01h455vb4pex5vsknk084sn02q",
            "a4242424242424242",
            "4242424242424242b",
            "1732112345678906",
            "1732112345672",
            "+4915112345677",
            "0.4242424242424242",
            "424242424242424242424242",
            "DE89 3704 0044 0532 0130 00",
            "2026-11-20 16:28:00",
        ] {
            assert!(!is_present(text.as_bytes()), "{text}");
        }
    }
}

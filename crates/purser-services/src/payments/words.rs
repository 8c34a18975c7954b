//! What processors say in their own words, as far as it is kept.
//!
//! Their words are shown to merchants and stay in the database for years. A processor that repeats the
//! card in a message, or answers with a page instead of a code, must not make us keep that.

use purser_connector::ActionKind;
use purser_types::card;

/// The longest message, code or reason that is kept; the codes of processors are words, their messages
/// sentences.
pub(super) const LENGTH_MAX: usize = 255;

/// Words that may be kept: cut, and without digits if there may be a card number among them.
pub(super) fn kept(words: String) -> String {
    // Masked first, since half a card number is not recognised.
    let mut words = card::masked(&words).unwrap_or(words);
    if let Some((end, _)) = words.char_indices().nth(LENGTH_MAX) {
        words.truncate(end);
    }
    words
}

/// Whether a customer may be asked to do this: a browser is sent to pages, not to scripts.
pub(super) fn is_askable(action: &ActionKind) -> bool {
    match action {
        ActionKind::Redirect { url } | ActionKind::PostForm { url, .. } => {
            matches!(url.scheme(), "https" | "http")
        }
        ActionKind::Embed { .. } | ActionKind::Display { .. } | ActionKind::Otp { .. } => true,
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn words_are_cut_and_have_no_card_numbers() {
        assert_eq!(kept("do_not_honor".to_owned()), "do_not_honor");
        let repeated = "card 4242424242424242 refused".to_owned();
        assert_eq!(kept(repeated), "card **************** refused");
        assert_eq!(kept("é".repeat(LENGTH_MAX + 1)), "é".repeat(LENGTH_MAX));
        let at_the_cut = format!("{} 4242424242424242", "x".repeat(LENGTH_MAX - 8));
        assert!(!kept(at_the_cut).contains('4'));
    }

    #[test]
    fn browsers_are_sent_to_pages_only() {
        for (address, is_page) in [
            ("https://issuer.example/3ds", true),
            ("http://127.0.0.1/3ds", true),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("file:///etc/passwd", false),
        ] {
            let url: Url = address.parse().expect("an address");
            let form = ActionKind::PostForm { url: url.clone(), fields: Default::default() };
            assert_eq!(is_askable(&ActionKind::Redirect { url }), is_page, "{address}");
            assert_eq!(is_askable(&form), is_page, "{address}");
        }
    }
}

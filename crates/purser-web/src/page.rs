//! Pages that are written when they are asked for: short, without a script, with their style inside.
//!
//! A template's `{{name}}` is filled with text that is escaped for HTML, so a template may use it between
//! tags and inside quotes, and nowhere else.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "pages"]
struct Pages;

/// A page, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The document.
    pub html: String,
    /// The value of `Content-Security-Policy`: its own style, its own forms, and nothing else. The style is
    /// named by its hash, so that a stranger's style does nothing even if it gets in.
    pub content_security_policy: String,
}

/// A challenge of a simulated processor: somebody is asked whether they want to pay.
#[derive(Debug, Clone, Copy)]
pub struct Challenge<'a> {
    /// How much, with its currency.
    pub amount: &'a str,
    /// Who asks.
    pub processor: &'a str,
    /// For which of its clients.
    pub account: &'a str,
    /// The client's name for it.
    pub reference: &'a str,
    /// Where the browser goes to confirm.
    pub confirm: &'a str,
    /// Where the browser goes to decline.
    pub refuse: &'a str,
    /// Where the browser goes without an answer.
    pub leave: &'a str,
    /// Where a one-time password is posted, as `otp`.
    pub action: &'a str,
    /// The one that is right.
    pub otp: &'a str,
}

/// Says something, and that is all.
#[must_use]
pub fn notice(title: &str, text: &str) -> Page {
    page("notice.html", &[("title", title), ("text", text)])
}

/// Says something and goes on to `url` at once. A form is answered with this instead of a redirect: the
/// policy `form-action` would have to list every origin that comes after.
#[must_use]
pub fn onward(title: &str, url: &str) -> Page {
    page("onward.html", &[("title", title), ("url", url)])
}

/// Asks somebody whether they want to pay.
#[must_use]
pub fn challenge(challenge: &Challenge<'_>) -> Page {
    let values = [
        ("amount", challenge.amount),
        ("processor", challenge.processor),
        ("account", challenge.account),
        ("reference", challenge.reference),
        ("confirm", challenge.confirm),
        ("refuse", challenge.refuse),
        ("leave", challenge.leave),
        ("action", challenge.action),
        ("otp", challenge.otp),
    ];
    page("challenge.html", &values)
}

fn page(template: &str, values: &[(&str, &str)]) -> Page {
    let style = Pages::get("page.css").expect("the style is embedded");
    let hash = STANDARD.encode(style.metadata.sha256_hash());
    let style = String::from_utf8_lossy(&style.data);
    let template = Pages::get(template).expect("the template is embedded");
    let mut rest: &str = &String::from_utf8_lossy(&template.data);
    let mut html = String::with_capacity(rest.len() + style.len());
    while let Some((before, after)) = rest.split_once("{{")
        && let Some((name, behind)) = after.split_once("}}")
    {
        html.push_str(before);
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => escape(value, &mut html),
            // The one value that is ours.
            None => html.push_str(&style),
        }
        rest = behind;
    }
    html.push_str(rest);
    let content_security_policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    Page { html, content_security_policy }
}

fn escape(text: &str, html: &mut String) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            // Nothing that a person typed needs these.
            control if control.is_control() => {
                write!(html, "&#{};", 0xfffd).expect("writing to a string cannot fail");
            }
            plain => html.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_every_blank_is_filled() {
        let nasty = "\"><script>alert('1')</script>&{{style}}\u{0}";
        let pages = [
            notice(nasty, nasty),
            onward(nasty, nasty),
            challenge(&Challenge {
                amount: nasty,
                processor: nasty,
                account: nasty,
                reference: nasty,
                confirm: nasty,
                refuse: nasty,
                leave: nasty,
                action: nasty,
                otp: nasty,
            }),
        ];
        for page in pages {
            assert!(!page.html.contains("<script"), "{}", page.html);
            assert!(!page.html.contains('\u{0}'));
            assert_eq!(page.html.matches("<style>").count(), 1);
            let left = page.html.replace("{{style}}", "");
            assert!(!left.contains("{{"), "{left}");
            assert!(
                page.html.contains(
                    "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;{{style}}&#65533;"
                )
            );
        }
    }
}

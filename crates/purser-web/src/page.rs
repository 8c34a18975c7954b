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
    /// The client's name for it.
    pub reference: &'a str,
    /// The one-time password that is right.
    pub code: &'a str,
    /// How the answer is given.
    pub way: Way<'a>,
}

/// How the answer to a challenge is given.
#[derive(Debug, Clone, Copy)]
pub enum Way<'a> {
    /// The browser takes it back to where it came from. A one-time password is posted to the page, as `code`.
    Redirect {
        /// Where the browser goes to confirm.
        confirm: &'a str,
        /// Where the browser goes to decline.
        refuse: &'a str,
        /// Where the browser goes without an answer.
        leave: &'a str,
    },
    /// A one-time password is posted to the page, as `code`.
    Code,
    /// `authenticated` or `failed` is posted to the page, as `result`.
    Scan,
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

/// Says that something is over, and where one can go back to.
#[must_use]
pub fn over(title: &str, text: &str, url: &str) -> Page {
    page("over.html", &[("title", title), ("text", text), ("url", url)])
}

/// Asks somebody whether they want to pay.
#[must_use]
pub fn challenge(challenge: &Challenge<'_>) -> Page {
    let Challenge { amount, processor, reference, code, way } = *challenge;
    let mut values =
        vec![("amount", amount), ("processor", processor), ("reference", reference), ("code", code)];
    match way {
        Way::Redirect { confirm, refuse, leave } => {
            values.extend([("confirm", confirm), ("refuse", refuse), ("leave", leave)]);
            page("redirect.html", &values)
        }
        Way::Code => page("otp.html", &values),
        Way::Scan => page("scan.html", &values),
    }
}

fn page(template: &str, values: &[(&str, &str)]) -> Page {
    let style = Pages::get("page.css").expect("the style is embedded");
    let hash = STANDARD.encode(style.metadata.sha256_hash());
    let mut html = String::new();
    fill(template, values, &String::from_utf8_lossy(&style.data), &mut html);
    let content_security_policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    Page { html, content_security_policy }
}

/// Writes a template with its blanks filled; `{{>name}}` is another template, `{{style}}` the style.
fn fill(template: &str, values: &[(&str, &str)], style: &str, html: &mut String) {
    let template = Pages::get(template).expect("the template is embedded");
    let mut rest: &str = &String::from_utf8_lossy(&template.data);
    while let Some((before, after)) = rest.split_once("{{")
        && let Some((name, behind)) = after.split_once("}}")
    {
        html.push_str(before);
        match (name.strip_prefix('>'), values.iter().find(|(known, _)| *known == name)) {
            (Some(part), _) => fill(&format!("{part}.html"), values, style, html),
            (None, Some((_, value))) => escape(value, html),
            (None, None) => html.push_str(style),
        }
        rest = behind;
    }
    html.push_str(rest);
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
        let challenge_by = |way| {
            challenge(&Challenge { amount: nasty, processor: nasty, reference: nasty, code: nasty, way })
        };
        let pages = [
            notice(nasty, nasty),
            over(nasty, nasty, nasty),
            onward(nasty, nasty),
            challenge_by(Way::Redirect { confirm: nasty, refuse: nasty, leave: nasty }),
            challenge_by(Way::Code),
            challenge_by(Way::Scan),
        ];
        for page in pages {
            assert!(!page.html.contains("<script"), "{}", page.html);
            assert!(!page.html.contains('\u{0}'));
            assert_eq!(page.html.matches("<style>:root {").count(), 1);
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

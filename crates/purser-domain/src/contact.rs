//! Normal forms of contact points. One function each, idempotent, and never merging two mailboxes.

use std::fmt;

use serde::Serialize;

/// The longest e-mail address that is kept (RFC 5321 allows 254 octets between brackets).
pub const EMAIL_LENGTH_MAX: usize = 254;

/// An e-mail address in normal form: trimmed, its domain lower case, its local part as written.
///
/// The local part keeps its case: some servers tell `Ann@` from `ann@`, and merging two people is
/// worse than keeping one person twice.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Email(String);

/// A telephone number in E.164: `+` and up to fifteen digits.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Phone(String);

/// The text is not a contact point of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedContact {
    /// Not an e-mail address with a domain that has a dot.
    #[error("not an e-mail address such as ann@example.org")]
    Email,
    /// Not a telephone number in international form.
    #[error("not a telephone number in E.164 such as +14155550100")]
    Phone,
}

impl Email {
    /// Reads an address as a person wrote it.
    ///
    /// # Errors
    /// [`MalformedContact::Email`] if it is no RFC 5321 mailbox or its domain has no dot.
    pub fn parse(text: &str) -> Result<Self, MalformedContact> {
        let trimmed = text.trim();
        let options = email_address::Options::default()
            .with_required_tld()
            .without_domain_literal()
            .without_display_text();
        let address = email_address::EmailAddress::parse_with_options(trimmed, options)
            .map_err(|_| MalformedContact::Email)?;
        let normal = format!("{}@{}", address.local_part(), address.domain().to_lowercase());
        if normal.len() > EMAIL_LENGTH_MAX || normal.chars().any(char::is_control) {
            return Err(MalformedContact::Email);
        }
        Ok(Self(normal))
    }

    /// The address that the database kept.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address for a viewer that may not see it: `a***@example.org`.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let first = local.chars().next().map(String::from).unwrap_or_default();
        format!("{first}***@{domain}")
    }
}

impl Phone {
    /// Reads a number in international form; blanks, dashes and brackets are dropped, a leading
    /// `00` counts as `+`.
    ///
    /// # Errors
    /// [`MalformedContact::Phone`] if no country's numbering plan has it.
    pub fn parse(text: &str) -> Result<Self, MalformedContact> {
        let trimmed = text.trim();
        let international = match trimmed.strip_prefix("00") {
            Some(rest) => format!("+{rest}"),
            None => trimmed.to_owned(),
        };
        if !international.starts_with('+') {
            return Err(MalformedContact::Phone);
        }
        let number = rlibphonenumber::PhoneNumber::parse(&international, None::<rlibphonenumber::Region>)
            .map_err(|_| MalformedContact::Phone)?;
        if !number.is_valid() {
            return Err(MalformedContact::Phone);
        }
        Ok(Self(number.to_string()))
    }

    /// The number that the database kept.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number for a viewer that may not see it: `+1***00`.
    #[must_use]
    pub fn masked(&self) -> String {
        let head: String = self.0.chars().take(2).collect();
        let tail: String = self.0.chars().skip(self.0.chars().count().saturating_sub(2)).collect();
        format!("{head}***{tail}")
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_keeps_its_local_part_and_lowers_its_domain() {
        let read = |text| Email::parse(text).map(|email| email.as_str().to_owned());
        assert_eq!(read("  Alex.Smith+shop@Example.ORG "), Ok("Alex.Smith+shop@example.org".to_owned()));
        for refused in
            ["", "a@localhost", "a@[127.0.0.1]", "a..b@example.org", "Ann <a@example.org>", "a b@c.de"]
        {
            assert_eq!(read(refused), Err(MalformedContact::Email), "{refused}");
        }
    }

    #[test]
    fn a_phone_is_e164() {
        let read = |text| Phone::parse(text).map(|phone| phone.as_str().to_owned());
        assert_eq!(read("+1 (415) 555-2671"), Ok("+14155552671".to_owned()));
        assert_eq!(read("0049 30 901820"), Ok("+4930901820".to_owned()));
        for refused in ["", "4155552671", "+1", "+999123456", "phone"] {
            assert_eq!(read(refused), Err(MalformedContact::Phone), "{refused}");
        }
    }

    #[test]
    fn debug_and_masks_do_not_tell_the_contact() {
        let email = Email::parse("alex@example.org").expect("email");
        assert_eq!(format!("{email:?} {}", email.masked()), "a***@example.org a***@example.org");
        assert_eq!(Phone::parse("+14155552671").expect("phone").masked(), "+1***71");
    }
}

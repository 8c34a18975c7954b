//! What the customer has to do before a payment can go on, and why a payment was declined.

use std::collections::BTreeMap;

use async_graphql::{Object, SimpleObject, Union};
use purser_domain::payment::DeclineRecord;
use purser_services::values::ActionKind;

use crate::scalars::{JsonObject, Url};
use crate::words::{DeclineAdvice, DeclineCode};

/// What the customer has to do before the payment can go on.
#[derive(Union)]
pub(crate) enum NextAction {
    Redirect(RedirectAction),
    PostForm(PostFormAction),
    Embed(EmbedAction),
    Display(DisplayAction),
    Otp(OtpAction),
}

/// Open an address in the customer's browser.
#[derive(SimpleObject)]
pub(crate) struct RedirectAction {
    /// The address.
    url: Url,
}

/// Send a form from the customer's browser.
#[derive(SimpleObject)]
pub(crate) struct PostFormAction {
    /// Where to.
    url: Url,
    /// The hidden fields.
    fields: Vec<FormField>,
}

/// A hidden field of a form.
#[derive(SimpleObject)]
pub(crate) struct FormField {
    /// The name.
    name: String,
    /// The value.
    value: String,
}

/// Run a processor's script in the page.
#[derive(SimpleObject)]
pub(crate) struct EmbedAction {
    /// Which script, as the processor names it.
    sdk: String,
    /// What it is given.
    payload: JsonObject,
}

/// Show a text to the customer, and perhaps a code to scan.
#[derive(SimpleObject)]
pub(crate) struct DisplayAction {
    /// The text.
    text: String,
    /// The content of a QR code; null if there is none.
    qr: Option<String>,
}

/// Ask the customer for a code that they were sent, and resume the payment with it as the parameter `code`.
#[derive(SimpleObject)]
pub(crate) struct OtpAction {
    /// What to say to the customer.
    text: String,
    /// How many characters the code has; null if that is not known.
    length: Option<u8>,
}

impl From<ActionKind> for NextAction {
    fn from(action: ActionKind) -> Self {
        match action {
            ActionKind::Redirect { url } => Self::Redirect(RedirectAction { url: Url(url.into()) }),
            ActionKind::PostForm { url, fields } => {
                Self::PostForm(PostFormAction { url: Url(url.into()), fields: form(fields) })
            }
            ActionKind::Embed { sdk, payload } => {
                let payload = match payload {
                    serde_json::Value::Object(object) => object,
                    // The graph shows objects; a bare value is given a name.
                    value => std::iter::once(("value".to_owned(), value)).collect(),
                };
                Self::Embed(EmbedAction { sdk, payload: JsonObject(payload) })
            }
            ActionKind::Display { text, qr } => Self::Display(DisplayAction { text, qr }),
            ActionKind::Otp { text, length } => Self::Otp(OtpAction { text, length }),
        }
    }
}

fn form(fields: BTreeMap<String, String>) -> Vec<FormField> {
    fields.into_iter().map(|(name, value)| FormField { name, value }).collect()
}

/// A decline that the database kept.
pub(crate) struct Decline(pub(crate) DeclineRecord);

/// Why the processor declined. A decline is an answer, not an error.
#[Object]
impl Decline {
    /// The reason in one vocabulary for all processors.
    async fn code(&self) -> DeclineCode {
        self.0.code.into()
    }

    /// What may be done next.
    async fn advice(&self) -> DeclineAdvice {
        self.0.advice.into()
    }

    /// The processor's own code, unchanged.
    async fn raw_code(&self) -> &str {
        &self.0.raw_code
    }

    /// The processor's own words, unchanged; for support, not for customers.
    async fn raw_message(&self) -> &str {
        &self.0.raw_message
    }
}

//! Where the outcome of a payment is told.

use async_graphql::SimpleObject;
use purser_domain::payment::Urls;

use crate::scalars::Url;

/// Where customers and your server are told of a payment's outcome.
#[derive(SimpleObject)]
pub(crate) struct PaymentUrls {
    /// Where the customer's browser goes whatever the outcome; null if you did not say.
    return_url: Option<Url>,
    /// Where it goes after a success; null if you did not say.
    success_url: Option<Url>,
    /// Where it goes after the customer canceled; null if you did not say.
    cancel_url: Option<Url>,
    /// Where it goes after a decline or a failure; null if you did not say.
    error_url: Option<Url>,
    /// Where your server listens; null if you did not say.
    callback_url: Option<Url>,
}

impl From<Urls> for PaymentUrls {
    fn from(urls: Urls) -> Self {
        Self {
            return_url: urls.return_.map(Url),
            success_url: urls.success.map(Url),
            cancel_url: urls.cancel.map(Url),
            error_url: urls.error.map(Url),
            callback_url: urls.callback.map(Url),
        }
    }
}

//! The sandbox as a subject of the conformance kit.

use std::sync::Arc;

use purser_connector::{Advice, DeclineCode, DisputeStatus, Http, Inbound, Method};
use purser_connector_testkit::{
    Challenge, CodeCase, DeclineCase, DisputeCase, Instrument, Siblings, Simulator, Subject,
};
use purser_plugin_sandbox::{CODE, Sandbox, plugin};
use purser_types::Source;
use serde_json::{Value, json};

/// An account's settings.
fn config(processor: &str, account: &str, api_key: &str) -> Value {
    json!({
        "processor": processor, "account": account, "api_key": api_key,
        "currencies": ["EUR", "USD", "JPY", "KWD"],
    })
}

struct Simulated {
    sandbox: Sandbox,
    source: Arc<dyn Source>,
}

impl Simulator for Simulated {
    fn http(&self) -> &dyn Http {
        &self.sandbox
    }

    fn notifications(&self) -> Vec<Inbound> {
        let inbound = |sent: purser_plugin_sandbox::OutgoingNotification| Inbound {
            headers: sent.headers,
            query: String::new(),
            body: sent.body,
            received_at: self.source.now(),
        };
        self.sandbox.take_notifications("northbank").into_iter().map(inbound).collect()
    }
}

const INSTRUMENTS: &[Instrument] = &[
    Instrument { method: Method::Card, token: "tok_visa" },
    Instrument { method: Method::Iban, token: "tok_iban_de" },
    Instrument { method: Method::Wallet, token: "tok_paypal" },
    Instrument { method: Method::MobileMoney, token: "tok_momo_mtn" },
    Instrument { method: Method::MealVoucher, token: "tok_mealvoucher_edenred" },
    Instrument { method: Method::BankTransfer, token: "tok_bank_transfer" },
];

const fn decline(
    token: &'static str,
    minor: i64,
    raw_code: &'static str,
    code: DeclineCode,
    advice: Advice,
) -> DeclineCase {
    DeclineCase { token, minor, code, advice, raw_code }
}

#[rustfmt::skip]
const DECLINES: &[DeclineCase] = &[
    decline("tok_chargeDeclined", 1200, "card_declined", DeclineCode::CardDeclined, Advice::Elsewhere),
    decline("tok_chargeCustomerFail", 1200, "card_declined", DeclineCode::CardDeclined, Advice::Elsewhere),
    decline("tok_chargeDeclinedInsufficientFunds", 1200, "insufficient_funds", DeclineCode::InsufficientFunds, Advice::Later),
    decline("tok_chargeDeclinedLostCard", 1200, "lost_card", DeclineCode::Lost, Advice::Never),
    decline("tok_chargeDeclinedStolenCard", 1200, "stolen_card", DeclineCode::Stolen, Advice::Never),
    decline("tok_chargeDeclinedExpiredCard", 1200, "expired_card", DeclineCode::ExpiredCard, Advice::NewInstrument),
    decline("tok_chargeDeclinedIncorrectCvc", 1200, "incorrect_cvc", DeclineCode::CvcMismatch, Advice::NewInstrument),
    decline("tok_chargeDeclinedProcessingError", 1200, "processing_error", DeclineCode::ProviderError, Advice::Elsewhere),
    decline("tok_chargeDeclinedFraudulent", 1200, "fraudulent", DeclineCode::FraudSuspected, Advice::Never),
    decline("tok_visa", 6604, "pickup_card", DeclineCode::Pickup, Advice::Never),
    decline("tok_visa", 6605, "do_not_honor", DeclineCode::DoNotHonor, Advice::Elsewhere),
    decline("tok_visa", 6661, "limit_exceeded", DeclineCode::LimitExceeded, Advice::Later),
    decline("tok_visa", 6691, "issuer_unavailable", DeclineCode::ProviderUnavailable, Advice::Elsewhere),
    decline("tok_visa", 6699, "code_from_the_future", DeclineCode::Unspecified, Advice::NewInstrument),
];

fn result(text: &str) -> std::collections::BTreeMap<String, String> {
    [("result".to_owned(), text.to_owned())].into()
}

/// An account that can do everything.
pub(crate) fn full() -> Subject {
    Subject {
        name: "full".to_owned(),
        plugin: plugin(),
        configure: Arc::new(|settings| (plugin().configure)(settings)),
        config: config("northbank", "acct-1", "sbx_canary_key_1"),
        simulator: |source| Box::new(Simulated { sandbox: Sandbox::new(Arc::clone(&source)), source }),
        instruments: INSTRUMENTS.to_vec(),
        declines: DECLINES.to_vec(),
        pending: Some("tok_delayedSuccess"),
        challenge: Some(Challenge {
            token: "tok_threeDSecureRequired",
            success: result("authenticated"),
            failure: result("failed"),
            is_restored: true,
        }),
        code: Some(CodeCase { token: "tok_otp", right: CODE, wrong: "654321" }),
        partial: Some("tok_partialApproval"),
        dispute: Some(DisputeCase { token: "tok_disputeLost", ends: DisputeStatus::Lost }),
        siblings: Some(Siblings {
            same_processor: config("northbank", "acct-2", "sbx_canary_key_2"),
            other_processor: config("southbank", "acct-1", "sbx_canary_key_3"),
        }),
        wrong_secret: Some(config("northbank", "acct-1", "sbx_another_key")),
        secret_field: "api_key",
    }
}

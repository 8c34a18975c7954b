//! What is promised about the values: their spelling, their documents, and that they keep secrets.

use std::time::Duration;

use bytes::Bytes;
use purser_connector::{
    Advice, Authorize, Capabilities, Capture, CaptureMethod, CardDetails, CustomerData, Decline, DeclineCode,
    DisputeFinding, DisputeStage, DisputeStatus, Effect, Failure, FailureKind, Finding, HttpError,
    HttpErrorKind, Increment, Initiator, InstrumentDetails, InstrumentSource, MalformedSubmission, Method,
    MitReason, NextAction, Observation, ObservedStatus, OperationKind, OwnReference, PostalAddress, Refund,
    Register, Resume, StoredInstrument, Submission, TokenScope, Void, WalletDetails,
};
use purser_types::{Money, Secret};

fn card() -> InstrumentDetails {
    InstrumentDetails::Card(CardDetails {
        brand: "visa".to_owned(),
        holder: Some("Alex Smith".to_owned()),
        bin6: Some("411111".to_owned()),
        last4: "1111".to_owned(),
        exp_month: 9,
        exp_year: 2029,
        funding: None,
        issuer_country: None,
    })
}

#[test]
fn every_spelling_reads_back() {
    for method in Method::ALL {
        assert_eq!(method.as_str().parse(), Ok(*method));
    }
    for operation in OperationKind::ALL {
        assert_eq!(operation.as_str().parse(), Ok(*operation));
    }
    for code in DeclineCode::ALL {
        assert_eq!(code.as_str().parse(), Ok(*code));
    }
    assert_eq!(DeclineCode::ALL.len(), 26);
    assert_eq!("UNKNOWN".parse(), Ok(DeclineCode::Unspecified));
    assert!("card".parse::<Method>().is_err());
}

#[test]
fn instrument_details_are_a_document_with_a_type() {
    let document = serde_json::to_value(card()).expect("serialisable");

    let expected = serde_json::json!({
        "type": "CARD", "brand": "visa", "holder": "Alex Smith", "bin6": "411111", "last4": "1111",
        "exp_month": 9, "exp_year": 2029, "funding": null, "issuer_country": null,
    });
    assert_eq!(document, expected);
    assert_eq!(serde_json::from_value::<InstrumentDetails>(document).expect("readable"), card());
}

#[test]
fn an_unknown_field_of_a_newer_writer_is_ignored() {
    let document = serde_json::json!({"type": "WALLET", "wallet_type": "paypal", "of_2031": true});
    let read: InstrumentDetails = serde_json::from_value(document).expect("readable");

    let wallet = WalletDetails { wallet_type: "paypal".to_owned(), reference_id: None, owner_masked: None };
    assert_eq!(read, InstrumentDetails::Wallet(wallet));
    assert_eq!(read.method_name(), "paypal");
}

#[test]
fn a_decline_is_a_document_in_whole_seconds() {
    let decline = Decline {
        code: DeclineCode::InsufficientFunds,
        advice: Advice::Later,
        retry_after: Some(Duration::from_secs(3600)),
        raw_code: "51".to_owned(),
        raw_message: "no".to_owned(),
    };

    let document = serde_json::to_value(&decline).expect("serialisable");

    let expected = serde_json::json!({
        "code": "INSUFFICIENT_FUNDS", "advice": "LATER", "retry_after": 3600, "raw_code": "51", "raw_message": "no",
    });
    assert_eq!(document, expected);
    assert_eq!(serde_json::from_value::<Decline>(document).expect("readable"), decline);
}

#[test]
fn nothing_personal_or_secret_is_printed() {
    let request = Authorize {
        amount: Money::zero("EUR".parse().expect("EUR")),
        capture: CaptureMethod::Automatic,
        instrument: InstrumentSource::Token(Secret::from("tok_canary")),
        store: true,
        initiator: Initiator::Customer,
        statement_description: None,
        return_url: None,
        customer: CustomerData { email: Some("canary@example.com".to_owned()), ..CustomerData::default() },
        network_transaction_id: None,
        mit_reason: None,
        accepts_partial: false,
    };
    let stored = StoredInstrument {
        token: Secret::from("canary"),
        details: card(),
        scope: TokenScope::Processor,
        fingerprint_basis: Some(Secret::from("canary")),
    };
    let action = NextAction {
        kind: purser_connector::ActionKind::Display { text: String::new(), qr: None },
        state: Bytes::from_static(b"canary"),
        expires_at: None,
    };

    let printed = format!("{request:?} {stored:?} {action:?}");

    assert!(!printed.contains("canary"), "{printed}");
    assert!(!printed.contains("Alex"), "{printed}");
}

#[test]
fn a_failure_without_answer_is_as_doubtful_as_the_port_says() {
    let error = |sent| HttpError { sent, kind: HttpErrorKind::Cut, detail: "reset".to_owned() };

    let before = Failure::no_answer(OperationKind::Sale, &error(false));
    let after = Failure::no_answer(OperationKind::Sale, &error(true));

    assert_eq!((before.effect, before.kind), (Effect::NotSent, FailureKind::Unavailable));
    assert_eq!(after.effect, Effect::Unknown);
    assert_eq!(after.at_least(Effect::NotSent).effect, Effect::Unknown);
    assert_eq!(before.at_least(Effect::Unknown).effect, Effect::Unknown);
}

#[test]
fn a_reference_is_plain_and_short() {
    assert!("att_01h455vb4pex5vsknk084sn02q".parse::<OwnReference>().is_ok());
    for refused in ["", "a b", "ä", "a/b", &"a".repeat(65)] {
        assert!(refused.parse::<OwnReference>().is_err(), "{refused}");
    }
}

fn requests() -> Vec<Submission> {
    let eur = |minor| Money::try_new(minor, "EUR".parse().expect("EUR")).expect("amount");
    let (reference, amount) = ("pay_1".to_owned(), eur(999));
    let authorize = Authorize {
        amount,
        capture: CaptureMethod::Manual,
        instrument: InstrumentSource::Stored { token: Secret::from("tok \"canary\"") },
        store: false,
        initiator: Initiator::Merchant,
        statement_description: Some("Zwölf".to_owned()),
        return_url: "https://shop.example/a?b=c".parse().ok(),
        customer: CustomerData {
            born_on: "1990-02-28".parse().ok(),
            billing: Some(PostalAddress { country: "DE".parse().ok(), ..PostalAddress::default() }),
            ..CustomerData::default()
        },
        network_transaction_id: Some("NT1".to_owned()),
        mit_reason: Some(MitReason::NoShow),
        accepts_partial: true,
    };
    let token = InstrumentSource::Token(Secret::from("tok_canary"));
    let register = Register { instrument: token, customer: CustomerData::default(), return_url: None };
    let parameters = [("code".to_owned(), "123456".to_owned())].into();
    vec![
        authorize.into(),
        register.into(),
        Resume { state: Bytes::from_static(b"\x00\xffcanary"), parameters }.into(),
        Capture { reference: reference.clone(), amount, is_final: true }.into(),
        Increment { reference: reference.clone(), amount }.into(),
        Void { reference: reference.clone() }.into(),
        Refund { reference, amount }.into(),
    ]
}

#[test]
fn a_request_that_is_kept_is_the_same_when_it_is_read() {
    for request in requests() {
        let kept = request.to_secret();

        let read = Submission::from_secret(&kept).expect("readable");

        assert_eq!(read, request);
        assert_eq!(read.to_secret(), kept, "byte by byte");
        assert_eq!(read.operation(), request.operation());
        assert!(!format!("{request:?} {kept:?}").contains("canary"));
    }
}

/// What earlier versions wrote has to be readable for as long as an attempt can be in doubt.
#[test]
fn requests_that_were_kept_stay_readable() {
    let kept = [
        (r#"{"type":"VOID","reference":"pay_1"}"#, OperationKind::Void),
        (
            r#"{"type":"INCREMENT","reference":"p","amount":{"minor":1,"currency":"JPY"}}"#,
            OperationKind::Increment,
        ),
        (r#"{"type":"RESUME","state":"00ff","parameters":{"code":"1"}}"#, OperationKind::Resume),
        (
            r#"{"type":"AUTHORIZE","amount":{"minor":999,"currency":"EUR"},"capture":"AUTOMATIC","instrument":{"TOKEN":"tok_visa"},"store":false,"initiator":"CUSTOMER","statement_description":null,"return_url":null,"customer":{"identification":null,"first_name":null,"last_name":null,"email":null,"phone":null,"born_on":null,"ip_address":null,"billing":null},"network_transaction_id":null,"of_2031":true}"#,
            OperationKind::Sale,
        ),
    ];
    for (text, operation) in kept {
        let read = Submission::from_secret(&Secret::from(text));
        assert_eq!(read.map(|request| request.operation()), Ok(operation), "{text}");
    }
    for refused in ["", "{}", r#"{"type":"RESUME","state":"0","parameters":{}}"#, r#"{"type":"PAYOUT"}"#] {
        assert_eq!(Submission::from_secret(&Secret::from(refused)), Err(MalformedSubmission), "{refused}");
    }
}

#[test]
fn capabilities_of_an_older_writer_are_patient() {
    let document = serde_json::json!({
        "processor": "p", "methods": [], "idempotency": {"type": "NONE"}, "notifications": "NONE",
    });

    let read: Capabilities = serde_json::from_value(document).expect("readable");

    assert!(!read.partial_authorization);
    assert_eq!(read.in_flight_horizon, Duration::from_secs(86_400));
}

#[test]
fn a_dispute_is_news_and_moves_nothing_by_our_request() {
    let dispute = DisputeFinding {
        connector_reference: "dp_1".to_owned(),
        stage: DisputeStage::Dispute,
        status: DisputeStatus::Open,
        reason: "fraudulent".to_owned(),
        amount: Money::try_new(999, "EUR".parse().expect("EUR")).expect("amount"),
        due_at: None,
    };
    let observation = Observation {
        own: "att_1".parse().expect("reference"),
        operation: OperationKind::Sale,
        connector_reference: None,
        finding: Finding::Dispute(Box::new(dispute.clone())),
        occurred_at: None,
    };

    assert_eq!((observation.status(), observation.amount()), (ObservedStatus::Disputed, None));
    let document = serde_json::to_value(&dispute).expect("serialisable");
    assert_eq!(serde_json::from_value::<DisputeFinding>(document).expect("readable"), dispute);
}

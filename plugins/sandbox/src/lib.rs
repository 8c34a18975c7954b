//! The sandbox: a simulated processor, and the plugin that speaks to it.
//!
//! It is three things at once. It is the **reference plugin**: who writes a plugin for a real
//! processor starts from these files. It is the **test double** of everything above: services,
//! end-to-end tests and the demonstration use it instead of mocks, and it passes the same conformance suite
//! as every plugin. And it is the **playground**: well-known tokens and amounts make it decline,
//! ask for a challenge, answer late, or lose an answer after the money moved.
//!
//! | file | what it does |
//! |---|---|
//! | `config.rs` | the account's settings and their JSON Schema |
//! | `connector.rs` | one account: the trait, method by method |
//! | `request.rs`, `response.rs` | our values to the processor's documents and back |
//! | `wire.rs` | the documents |
//! | `notification.rs` | signed events |
//! | `cards.rs` | what each test instrument and test amount does |
//! | `processor.rs`, `books.rs` | the processor and what it has booked |
//! | `operations.rs`, `follow_ups.rs` | what it does for each request |
//! | `challenges.rs`, `disputes.rs` | what its customers do |
//! | `service.rs` | all processors of a process, behind an HTTP port |
//!
//! Only the first six are plugin. The rest stands for the other side of the wire, is reached through the
//! [`purser_connector::Http`] port at `<processor>.sandbox.invalid` and knows nothing of purser, so that its
//! books can be compared with purser's: that comparison is how tests find money that was
//! moved twice or not at all.
//!
//! The processor is deterministic: names are counted, time is handed in, and nothing is drawn by lot.
//! A stored instrument belongs to the processor, so that every account of one processor can use
//! it ([`purser_connector::TokenScope::Processor`]) and no other processor can.

mod books;
mod cards;
mod challenges;
mod config;
mod connector;
mod disputes;
mod follow_ups;
mod notification;
mod operations;
mod processor;
mod request;
mod response;
mod service;
mod wire;

use std::sync::Arc;

use purser_connector::{API, Plugin};

pub use books::{Books, Misstatement, Payment};
pub use cards::{
    AMOUNTS, Behaviour, CODE, FOLLOW_UP_AMOUNTS, INSTRUMENTS, TestAmount, TestInstrument, VOID_AMOUNTS,
    markdown,
};
pub use challenges::Challenge;
pub use processor::{Journal, OutgoingNotification};
pub use service::{MalformedJournal, Sandbox};
pub use wire::{Action, ActionType, Amount, Dispute, Operation, Refusal, Status, Stored};

/// The plugin's name in settings and in the database.
pub const PLUGIN_ID: &str = "sandbox";

/// The plugin.
#[must_use]
pub fn plugin() -> Plugin {
    Plugin {
        id: PLUGIN_ID,
        title: "Sandbox",
        version: env!("CARGO_PKG_VERSION"),
        api: API,
        config_schema: config::schema(),
        secret_fields: &["api_key"],
        hosts: &[Sandbox::HOSTS],
        sample_config: config::sample(),
        is_simulated: true,
        configure: |settings| Ok(Arc::new(connector::Account::new(config::Settings::parse(settings)?))),
    }
}

//! The suite that every plugin must pass.
//!
//! A plugin names itself, a configuration and a few instruments in a [`Subject`]; the kit reads the
//! connector's declared capabilities and builds the trials from them. A plugin that declares more
//! is asked more, and one that declares less has to refuse the rest before a byte is sent.
//!
//! ```ignore
//! // tests/conformance.rs, with `harness = false`
//! fn main() -> std::process::ExitCode {
//!     purser_connector_testkit::run(vec![subject()])
//! }
//! ```
//!
//! The kit runs in *fake* mode: the subject brings a processor that lives in memory, and the kit's
//! own HTTP port stands between the two, records what passes and injects faults of transport.
//! Recorded answers of real processors (*replay*) and real sandboxes (*live*) need no other checks,
//! only other ports; they are not there yet.
//!
//! | id | what is checked | what is not, yet |
//! |---|---|---|
//! | C1 honesty | declared operations work; others answer `UNSUPPORTED` with nothing sent | |
//! | C2 amounts | exact minor units with 0, 2 and 3 decimals; zero and unlisted currencies are not sent | |
//! | C3 identity | reference and key are sent; a repetition, also of a request that was kept, is byte-identical and moves nothing | |
//! | C4 outcome | the subject's declines with code and advice; pending; a partial approval; a code of no table | |
//! | C5 effect | refused, cut, late, 5xx, truncated, foreign, documented and foreign 4xx; a lost answer is found, and asking again books once | |
//! | C6 actions | success, failure, abandonment, expiry, tampered state; right and wrong codes; the action is found again | |
//! | C7 follow-ups | partial, final, second and excessive captures; increments; voids; partial, repeated and excessive refunds | windows |
//! | C8 instruments | register, pay, deregister, refused; no full number; the token's scope | |
//! | C9 notification | accepted; flipped bits, no header, wrong secret, old: refused; duplicates | unknown types |
//! | C10 agreement | answer, look-up and notification say the same; disputes are told | |
//! | C11 secrecy | no secret, token or person in `Debug` and `Display` | logs |
//! | C12 robustness | arbitrary answers and notifications: no panic, no success | |
//! | C13 confinement | declared hosts only; few requests per call | |
//! | C14 configuration | missing, unknown and empty settings are named | |
//!
//! Each check has to be able to fail. The sandbox's tests plant one bug per check and require that this check
//! finds it; a new check comes with its bug.

mod bench;
mod checks;
mod fake_http;
mod subject;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

pub use bench::FixedClock;
pub use subject::{
    Challenge, CodeCase, Configure, DeclineCase, DisputeCase, Instrument, Siblings, Simulator, Subject,
};

/// What a check found: nothing, or what is wrong in words.
pub type Verdict = Result<(), String>;

/// Runs every check of every subject as a test program.
#[must_use]
pub fn run(subjects: Vec<Subject>) -> ExitCode {
    let mut trials = Vec::new();
    for subject in subjects {
        let subject = std::sync::Arc::new(subject);
        for check in checks::of(&subject) {
            let subject = std::sync::Arc::clone(&subject);
            let name = format!("{}::{}", subject.name, check.name);
            trials.push(Trial::test(name, move || {
                check.run(&subject).map_err(|reason| Failed::from(reason.as_str()))
            }));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Runs every check of one subject, for tests of the kit itself: names and verdicts.
#[must_use]
pub fn verdicts(subject: &Subject) -> Vec<(String, Verdict)> {
    checks::of(subject).into_iter().map(|check| (check.name.clone(), check.run(subject))).collect()
}

/// Runs the checks of one subject that are called `name`.
#[must_use]
pub fn verdicts_of(subject: &Subject, name: &str) -> Vec<(String, Verdict)> {
    let checks = checks::of(subject).into_iter().filter(|check| check.name == name);
    checks.map(|check| (check.name.clone(), check.run(subject))).collect()
}

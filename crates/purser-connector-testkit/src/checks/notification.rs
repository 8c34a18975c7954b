//! C9: who may tell us what happened.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use purser_connector::{Connector, Inbound, NotificationError, OperationKind};

use super::ensure;
use crate::Verdict;
use crate::bench::Bench;

/// Older than any signature may be.
const LONG: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The notifications of one sale.
pub(super) fn of_a_sale(bench: &Bench<'_>) -> Result<(purser_connector::Settled, Vec<Inbound>), String> {
    let token = bench.able(OperationKind::Sale).ok_or("no instrument can be charged")?;
    let settled = bench.sold(token, bench.amount(1200))?;
    let sent = bench.simulator.notifications();
    ensure(!sent.is_empty(), || "the processor sent no notification".to_owned())?;
    Ok((settled, sent))
}

fn is_unauthentic(connector: &dyn Connector, inbound: &Inbound, what: &str) -> Verdict {
    match connector.notification(inbound) {
        Err(NotificationError::Unauthentic) => Ok(()),
        other => Err(format!("{what}: expected it to be refused as unauthentic, got {other:?}")),
    }
}

pub(super) fn valid(bench: &Bench<'_>) -> Verdict {
    for inbound in of_a_sale(bench)?.1 {
        let read = bench.connector.notification(&inbound).map_err(|error| error.to_string())?;
        let again = bench.connector.notification(&inbound).map_err(|error| error.to_string())?;
        ensure(read.dedupe_key == again.dedupe_key, || "a duplicate has another key".to_owned())?;
        ensure(!read.dedupe_key.is_empty(), || "the dedupe key is empty".to_owned())?;
        let status = read.acknowledgement.status;
        ensure(status.is_success(), || format!("the acknowledgement is {status}"))?;
    }
    Ok(())
}

pub(super) fn changed(bench: &Bench<'_>) -> Verdict {
    for inbound in of_a_sale(bench)?.1 {
        for bit in 0..inbound.body.len() * 8 {
            let mut body = inbound.body.to_vec();
            body[bit / 8] ^= 1 << (bit % 8);
            let changed = Inbound { body: body.into(), ..inbound.clone() };
            is_unauthentic(&*bench.connector, &changed, "a flipped bit")?;
        }
        let bare = Inbound { headers: HeaderMap::new(), ..inbound.clone() };
        is_unauthentic(&*bench.connector, &bare, "no headers")?;
        let empty = Inbound { body: Bytes::new(), ..inbound.clone() };
        is_unauthentic(&*bench.connector, &empty, "no body")?;
        if let Some(config) = &bench.subject.wrong_secret {
            is_unauthentic(&*bench.configured(config)?, &inbound, "another secret")?;
        }
    }
    Ok(())
}

pub(super) fn old(bench: &Bench<'_>) -> Verdict {
    for inbound in of_a_sale(bench)?.1 {
        let received_at = inbound.received_at.saturating_add(LONG);
        is_unauthentic(&*bench.connector, &Inbound { received_at, ..inbound }, "an old signature")?;
    }
    Ok(())
}

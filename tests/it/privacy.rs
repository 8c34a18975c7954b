//! What partners of one container see of each other: what is shared, while it is shared, and nothing else.

mod canaries;
mod deletion;
mod grants;

use purser_tests::{Answer, Shop, Tenant, World};
use serde_json::{Value, json};

/// What a partner needs to sell to a customer that another one knows.
const PARTNER: [&str; 5] =
    ["READ_PROFILE", "READ_PII", "USE_INSTRUMENT", "STORE_INSTRUMENT", "UPDATE_PROFILE"];
const ALEX: &str = "alex-4711";

/// A marketplace that owns a container, and two partners that it is shared with.
struct Market<'w> {
    owner: Tenant<'w>,
    container: String,
    one: Shop<'w>,
    two: Shop<'w>,
    /// The share of the second partner.
    share: String,
}

async fn market(world: &World) -> Market<'_> {
    let owner = world.root_tenant("market").await;
    let container = owner.container("customers").await;
    let one = partner(&owner, &container, "one").await;
    let two = partner(&owner, &container, "two").await;
    let share = owner.share(&container, &two.tenant, &PARTNER).await;
    Market { owner, container, one, two, share }
}

async fn partner<'w>(owner: &Tenant<'w>, container: &str, slug: &str) -> Shop<'w> {
    let tenant = owner.child(slug).await;
    owner.share(container, &tenant, &PARTNER).await;
    let connector = tenant.connector(&format!("cards-of-{slug}"), "northbank").await;
    tenant.bind(container, None).await;
    Shop { tenant, connector, container: container.to_owned() }
}

/// What a tenant finds under the ecosystem's identifier of the customer.
async fn alex(tenant: &Tenant<'_>, container: &str, selection: &str) -> Answer {
    let document = format!(
        "query($c: ID!) {{ profile(by: {{customerIdentification: {{containerId: $c, customerIdentification: \"{ALEX}\"}}}}) {{ {selection} }} }}"
    );
    tenant.query(&document, json!({ "c": container })).await
}

/// A payment with a stored instrument.
fn with_token(shop: &Shop<'_>, token: &str) -> Value {
    json!({ "connectorId": shop.connector, "payWith": { "paymentToken": token } })
}

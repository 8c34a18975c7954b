//! What people and programs are told when the demo is ready.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};

use serde_json::{Value, json};

use super::ecosystem::{DemoTenant, Ecosystem};

/// Tells on standard output: words and a table, or exactly one line of JSON.
pub fn announce(ecosystem: &Ecosystem, address: SocketAddr, is_json: bool) {
    let base = base_url(address);
    let text = if is_json { format!("{}\n", document(ecosystem, &base)) } else { words(ecosystem, &base) };
    let mut out = std::io::stdout().lock();
    // Whoever closed standard output does not want to be told.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Where a browser on this machine finds the server; an address that means "all" is no address to go to.
#[must_use]
pub fn base_url(address: SocketAddr) -> String {
    let host = match address.ip() {
        ip if ip.is_unspecified() => "localhost".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    format!("http://{host}:{}", address.port())
}

/// What a program needs to use the demo.
#[must_use]
pub fn document(ecosystem: &Ecosystem, base: &str) -> Value {
    let tenants: Vec<Value> = ecosystem.tenants.iter().map(tenant).collect();
    json!({
        "graphql": format!("{base}/graphql"),
        "graphiql": format!("{base}/graphiql/"),
        "tenants": tenants,
        "container": ecosystem.container_id,
        "customer": ecosystem.alex,
        "counts": ecosystem.counts,
    })
}

fn tenant(tenant: &DemoTenant) -> Value {
    json!({
        "slug": tenant.slug,
        "id": tenant.id,
        "name": tenant.name,
        "secretKey": tenant.secret_key.expose(),
        "publishableKey": tenant.publishable_key.expose(),
        "router": tenant.router_id,
        "connectors": tenant.connectors,
    })
}

/// The same for people, with three things to try.
#[must_use]
pub fn words(ecosystem: &Ecosystem, base: &str) -> String {
    let mut text = String::new();
    let counts = ecosystem.counts;
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "\npurser demo: {} customers, {} stored instruments, {} payments of the last year\n\n  \
         GraphiQL   {base}/graphiql/\n  GraphQL    {base}/graphql\n  Container  {}\n\n",
        counts.customers, counts.instruments, counts.payments, ecosystem.container_id,
    );
    let width = ecosystem.tenants.iter().map(|tenant| tenant.slug.len()).max().unwrap_or(0);
    for tenant in &ecosystem.tenants {
        let (slug, role, id) = (&tenant.slug, &tenant.role, tenant.id);
        let _ = writeln!(text, "  {slug:width$}  {role} ({id})");
        let _ = writeln!(text, "  {:width$}    secret       {}", "", tenant.secret_key.expose());
        let _ = writeln!(text, "  {:width$}    publishable  {}", "", tenant.publishable_key.expose());
    }
    text.push_str(&to_try(ecosystem, base));
    text
}

fn to_try(ecosystem: &Ecosystem, base: &str) -> String {
    let key = |slug: &str| ecosystem.tenant(slug).map_or("", |tenant| tenant.secret_key.expose());
    let query = r"query($by:ProfileBy!){profile(by:$by){name instruments{displayName isOwn}}}";
    let body = json!({
        "query": query,
        "variables": { "by": { "customerIdentification": {
            "containerId": ecosystem.container_id,
            "customerIdentification": ecosystem.alex.customer_identification,
        } } },
    });
    let curl = |slug: &str| {
        format!(
            "     curl -s {base}/graphql -H 'authorization: Bearer {}' \\\n       \
             -H 'content-type: application/json' -d '{body}'\n",
            key(slug)
        )
    };
    format!(
        "\nThree things to try\n\n  \
         1. Open {base}/graphiql/ and run the first tab: all that North Books knows about Alex Smith,\n     \
         in one request.\n  \
         2. Run the tab PayElsewhere: Alex stored a card at North Books, and Tide Outdoor is paid with it.\n     \
         Its router says why only one of its two connectors could be asked.\n  \
         3. Ask for Alex as a partner, then as the merchant that was left out, who is told nothing:\n\n{}\n{}\n\
         Stop with Ctrl-C; the next start finds the data again, and --fresh throws it away.\n",
        curl("lantern-cafe"),
        curl("quiet-corner"),
    )
}

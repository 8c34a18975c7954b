//! The sample operations of GraphiQL, with the ids and keys of this demo filled in.
//!
//! The operations are files: `crates/purser-web/samples/*.graphql`, each with its variables in a `.json` beside
//! it. `{{name}}` in the variables stands for something of the ecosystem. A payment's own id has the run
//! in it, so that each start can make the sample payments once; made twice, the second is refused, which
//! is what `merchantTransactionId` is for.

use serde_json::{Map, Value, json};

use super::ecosystem::Ecosystem;

/// A sample operation and whose key it is sent with.
struct Sample {
    name: &'static str,
    query: &'static str,
    variables: &'static str,
    tenant: &'static str,
}

macro_rules! sample {
    ($name:literal, $file:literal, $tenant:literal) => {
        Sample {
            name: $name,
            query: include_str!(concat!("../../../purser-web/samples/", $file, ".graphql")),
            variables: include_str!(concat!("../../../purser-web/samples/", $file, ".json")),
            tenant: $tenant,
        }
    };
}

/// The tabs in order.
const SAMPLES: [Sample; 8] = [
    sample!("Customer360", "1-customer-360", "north-books"),
    sample!("Customers", "2-customers", "north-books"),
    sample!("PayElsewhere", "3-pay-elsewhere", "tide-outdoor"),
    sample!("DeclinedPayment", "4-declined-payment", "tide-outdoor"),
    sample!("EffectiveContainers", "5-effective-containers", "quiet-corner"),
    sample!("Payments", "6-payments", "north-books"),
    sample!("ShareContainer", "7-share-container", "harbor-market"),
    sample!("Challenge", "8-challenge", "north-books"),
];

/// The endpoint as the page sees it, on its own origin.
const ENDPOINT: &str = "/graphql";

/// What the page is told in the demo: every sample with its merchant's key.
#[must_use]
pub fn graphiql_config(ecosystem: &Ecosystem) -> Value {
    let header = |slug: &str| {
        let key = ecosystem.tenant(slug).map_or("", |tenant| tenant.secret_key.expose());
        json!({ "authorization": format!("Bearer {key}") })
    };
    let tabs: Vec<Value> = SAMPLES
        .iter()
        .map(|sample| {
            let fill = |name: &str| value_of(ecosystem, name).unwrap_or_else(|| blank(name));
            let variables = filled(sample.variables, &fill);
            json!({
                "name": sample.name,
                "query": sample.query,
                "variables": variables,
                "headers": header(sample.tenant),
            })
        })
        .collect();
    json!({ "endpoint": ENDPOINT, "defaultHeaders": header("north-books"), "tabs": tabs })
}

/// What the page is told by a server that knows no key: the samples with blanks to fill in.
#[must_use]
pub fn blank_graphiql_config() -> Value {
    let tabs: Vec<Value> = SAMPLES
        .iter()
        .map(|sample| {
            let variables = filled(sample.variables, &blank);
            json!({ "name": sample.name, "query": sample.query, "variables": variables })
        })
        .collect();
    json!({ "endpoint": ENDPOINT, "defaultHeaders": {}, "tabs": tabs })
}

fn blank(name: &str) -> String {
    format!("<{name}>")
}

/// A sample's variables with `fill(name)` for every `{{name}}`.
fn filled(variables: &str, fill: &dyn Fn(&str) -> String) -> Value {
    let read: Value = serde_json::from_str(variables).unwrap_or_default();
    replaced(read, fill)
}

fn replaced(value: Value, fill: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(replaced_text(&text, fill)),
        Value::Array(items) => items.into_iter().map(|item| replaced(item, fill)).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, replaced(value, fill)));
            Value::Object(fields.collect::<Map<String, Value>>())
        }
        other => other,
    }
}

fn replaced_text(text: &str, fill: &dyn Fn(&str) -> String) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{")
        && let Some((name, behind)) = after.split_once("}}")
    {
        result.push_str(before);
        result.push_str(&fill(name));
        rest = behind;
    }
    result.push_str(rest);
    result
}

/// What a name in a sample stands for.
fn value_of(ecosystem: &Ecosystem, name: &str) -> Option<String> {
    if let Some((kind, slug)) = name.split_once(" of ") {
        let tenant = ecosystem.tenant(slug)?;
        return match kind {
            "id" => Some(tenant.id.to_string()),
            "router" => Some(tenant.router_id.to_string()),
            processor => tenant.connectors.get(processor).map(ToString::to_string),
        };
    }
    Some(match name {
        "container" => ecosystem.container_id.to_string(),
        "customerIdentification" => ecosystem.alex.customer_identification.clone(),
        "guid" => ecosystem.alex.guid.clone(),
        "profile" => ecosystem.alex.profile_id.to_string(),
        "paymentToken" => ecosystem.alex.payment_token.clone(),
        "run" => ecosystem.run.clone(),
        "origin" => ecosystem.origin.clone(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page titles a tab after its operation, and finds its headers by that name.
    #[test]
    fn every_sample_is_one_operation_of_its_name() {
        for sample in &SAMPLES {
            let parsed = async_graphql::parser::parse_query(sample.query);
            let document = parsed.unwrap_or_else(|error| panic!("{}: {error}", sample.name));
            let names: Vec<_> = document.operations.iter().map(|(name, _)| name.cloned()).collect();
            assert_eq!(names.len(), 1, "{}", sample.name);
            assert_eq!(names[0].as_deref(), Some(sample.name));
        }
    }

    #[test]
    fn variables_are_objects_and_their_blanks_are_marked() {
        for sample in &SAMPLES {
            let variables = filled(sample.variables, &|name| format!("<{name}>"));
            assert!(variables.is_object(), "{}", sample.name);
            assert!(!variables.to_string().contains("{{"), "{}", sample.name);
        }
        let pay = filled(r#"{"a": ["x-{{run}}-{{router of b}}"], "n": 1}"#, &blank);
        assert_eq!(pay, json!({"a": ["x-<run>-<router of b>"], "n": 1}));
    }

    #[test]
    fn a_page_without_a_demo_is_given_no_key() {
        let config = blank_graphiql_config();
        assert_eq!(config["defaultHeaders"], json!({}));
        assert!(!config.to_string().contains("Bearer"));
    }
}

//! Looking into answers.

use serde_json::Value;

/// The key that every cell's answers have under each payment.
const PAYMENT_KEY: &str = "merchantTransactionId";

/// How many fields an answer has, at any depth.
pub(crate) fn count(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields.len() + fields.values().map(count).sum::<usize>(),
        Value::Array(items) => items.iter().map(count).sum(),
        _ => 0,
    }
}

/// The payments that an answer tells of, in its order.
pub(crate) fn payments(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => {
            let own = fields.get(PAYMENT_KEY).and_then(Value::as_str);
            own.into_iter().chain(fields.values().flat_map(payments)).collect()
        }
        Value::Array(items) => items.iter().flat_map(payments).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_and_payments_are_found_at_any_depth() {
        let answer = json!({ "a": [{ "merchantTransactionId": "2", "amount": { "currency": "EUR" } },
            { "merchantTransactionId": "1" }], "b": null });

        assert_eq!(count(&answer), 6);
        assert_eq!(payments(&answer), ["2", "1"]);
    }
}

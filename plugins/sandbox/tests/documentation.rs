//! The documentation says what the code does.

use purser_plugin_sandbox::{INSTRUMENTS, Operation, Status, markdown};

const README: &str = include_str!("../README.md");
const PAGE: &str = include_str!("../../../docs/connectors/sandbox.md");

#[test]
fn the_tables_of_the_documentation_are_those_of_the_code() {
    let tables = markdown();

    for table in tables.split("\n\n") {
        assert!(PAGE.contains(table.trim_end()), "docs/connectors/sandbox.md lacks this table:\n{table}");
    }
}

#[test]
fn the_operation_that_is_shown_is_one_and_has_every_field() {
    let blocks = README.split("```json").skip(1).filter_map(|rest| rest.split("```").next());
    let shown = blocks.into_iter().find(|block| block.contains("voidable_until")).expect("an operation");

    let operation: Operation = serde_json::from_str(shown).expect("an operation");

    assert_eq!(operation.status, Status::Succeeded);
    let document: serde_json::Value = serde_json::from_str(shown).expect("a document");
    assert_eq!(serde_json::to_value(operation).expect("serialisable"), document);
}

#[test]
fn every_card_number_has_a_right_check_digit() {
    for instrument in INSTRUMENTS {
        let digits: Vec<u32> =
            instrument.number.chars().rev().filter_map(|digit| digit.to_digit(10)).collect();
        if digits.len() != instrument.number.len() || digits.is_empty() {
            continue;
        }
        let weigh = |(index, digit): (usize, &u32)| match (index % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled) => doubled / 10 + doubled % 10,
        };
        let sum: u32 = digits.iter().enumerate().map(weigh).sum();
        assert_eq!(sum % 10, 0, "{}", instrument.token);
    }
}

#[test]
fn tokens_are_unique() {
    let mut tokens: Vec<&str> = INSTRUMENTS.iter().map(|instrument| instrument.token).collect();
    tokens.sort_unstable();
    tokens.dedup();
    assert_eq!(tokens.len(), INSTRUMENTS.len());
}

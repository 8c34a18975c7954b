//! What is read from a document before it is executed: its root fields, and defaults of variables.

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Request};

/// The kind of the operation that a document and a name choose, and its root fields, through fragments
/// and whatever `@skip` and `@include` say, each once; none if the choice is not clear.
#[must_use]
pub fn root_fields<'a>(
    document: &'a ExecutableDocument,
    operation_name: Option<&str>,
) -> Option<(OperationType, Vec<&'a str>)> {
    let operation = operation(document, operation_name)?;
    let mut found = Found { document, fields: Vec::new(), fragments: Vec::new() };
    found.set(&operation.selection_set.node);
    Some((operation.ty, found.fields))
}

/// Gives variables that were not sent the default that the operation declares for them. The library does
/// so for arguments, but not for `@skip` and `@include`.
pub(crate) fn fill_defaults(request: &mut Request) {
    let name = request.operation_name.clone();
    // What does not parse is refused by the executor, in its own words.
    let Ok(document) = request.parsed_query() else { return };
    let Some(operation) = operation(document, name.as_deref()) else { return };
    let defaults = operation.variable_definitions.iter().filter_map(|definition| {
        let default = definition.node.default_value.as_ref()?;
        Some((definition.node.name.node.clone(), default.node.clone()))
    });
    let defaults: Vec<_> = defaults.collect();
    for (name, default) in defaults {
        request.variables.entry(name).or_insert(default);
    }
}

/// The operation that a document and a name choose; none if the choice is not clear.
pub(crate) fn operation<'a>(
    document: &'a ExecutableDocument,
    operation_name: Option<&str>,
) -> Option<&'a OperationDefinition> {
    match (&document.operations, operation_name) {
        (DocumentOperations::Single(operation), None) => Some(&operation.node),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(operations), Some(name)) => {
            operations.get(name).map(|operation| &operation.node)
        }
        (DocumentOperations::Multiple(operations), None) => {
            let mut all = operations.values();
            all.next().filter(|_| all.next().is_none()).map(|operation| &operation.node)
        }
    }
}

struct Found<'a> {
    document: &'a ExecutableDocument,
    fields: Vec<&'a str>,
    /// Fragments that were gone into, so that a circle ends.
    fragments: Vec<&'a Name>,
}

impl<'a> Found<'a> {
    fn set(&mut self, set: &'a SelectionSet) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let name = field.node.name.node.as_str();
                    if !self.fields.contains(&name) {
                        self.fields.push(name);
                    }
                }
                Selection::InlineFragment(fragment) => self.set(&fragment.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.document.fragments.get(name)
                        && !self.fragments.contains(&name)
                    {
                        self.fragments.push(name);
                        self.set(&fragment.node.selection_set.node);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn check(query: &str, name: Option<&str>) -> Option<(OperationType, Vec<String>)> {
        let document = parse_query(query).expect("the query parses");
        let found = root_fields(&document, name);
        found.map(|(kind, fields)| (kind, fields.into_iter().map(str::to_owned).collect()))
    }

    fn fields(query: &str) -> Vec<String> {
        check(query, None).expect("there is an operation").1
    }

    #[test]
    fn fields_are_found_through_fragments_and_under_aliases_each_once() {
        let query = "{ a x: b b ... on Query { c @skip(if: true) } ...F } fragment F on Query { d { e } ...G } fragment G on Query { f ...F }";
        assert_eq!(fields(query), ["a", "b", "c", "d", "f"]);
    }

    #[test]
    fn a_name_chooses_the_operation() {
        let query = "query A { a } mutation B { b }";
        assert_eq!(check(query, Some("B")), Some((OperationType::Mutation, vec!["b".to_owned()])));
        assert_eq!(check(query, None), None);
        assert_eq!(check(query, Some("C")), None);
        assert_eq!(check("query A { a }", None), Some((OperationType::Query, vec!["a".to_owned()])));
    }
}

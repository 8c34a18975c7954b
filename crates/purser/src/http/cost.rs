//! What an operation costs and how deep it goes, before it runs.
//!
//! One point per field; a list multiplies what is selected inside of it. The walk knows no schema,
//! so it needs none of the library's visitors (which expand a fragment once per spread): a fragment is
//! weighed once and its weight reused, and all arithmetic saturates. The rules, all on the safe side:
//!
//! * an argument `first` or `last` multiplies, wherever it appears; as a variable it is looked up, and
//!   counted as [`PAGE_MAX`] when it is not a number;
//! * a connection (a selection with `edges` or `nodes`) without either counts [`PAGE_DEFAULT`];
//! * `pageInfo`, `totalCount` and `__typename` of a connection count once;
//! * an argument `ids` or `representations` multiplies by its length;
//! * a plain list, known by its field name from the schema, counts [`PLAIN_LIST`];
//! * `@skip` and `@include` change nothing.

use std::collections::{BTreeSet, HashMap};

use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet, Type, TypeKind,
    TypeSystemDefinition,
};
use async_graphql::{Name, Value, Variables};
use async_graphql_value::Value as Argument;

/// The default of `first`, as the schema says.
pub const PAGE_DEFAULT: u64 = 20;
/// The bound of `first`, as the schema says.
pub const PAGE_MAX: u64 = 100;
/// How many members a plain list is assumed to have: addresses, instruments, tags of one profile.
pub const PLAIN_LIST: u64 = 5;
/// Lists of the introspection schema that may lie inside each other; `graphql-js` draws the line there.
const INTROSPECTION_LISTS_MAX: u32 = 2;

/// Fields whose type is a list without pages.
#[derive(Debug, Clone, Default)]
pub struct PlainLists(BTreeSet<String>);

impl PlainLists {
    /// Reads them from a schema; text that is no schema has none.
    #[must_use]
    pub fn from_sdl(sdl: &str) -> Self {
        let Ok(document) = async_graphql::parser::parse_schema(sdl) else { return Self::default() };
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(definition.node.kind),
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        });
        let fields = types.flat_map(|kind| match kind {
            TypeKind::Object(object) => object.fields,
            TypeKind::Interface(interface) => interface.fields,
            TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => {
                Vec::new()
            }
        });
        let lists = fields.filter(|field| {
            let is_paged = field.node.arguments.iter().any(|argument| argument.node.name.node == "first");
            !is_paged && is_list(&field.node.ty.node) && !is_introspection_list(&field.node.name.node)
        });
        let names = lists.map(|field| field.node.name.node.to_string());
        Self(names.filter(|name| name != "edges" && name != "nodes").collect())
    }
}

fn is_list(ty: &Type) -> bool {
    matches!(ty.base, BaseType::List(_))
}

/// The weight of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bill {
    /// Points.
    pub cost: u64,
    /// Fields inside each other, the innermost included.
    pub depth: u32,
    /// The introspection asks for lists inside lists inside lists.
    pub is_circular_introspection: bool,
    /// Another set of variables may cost something else.
    pub depends_on_variables: bool,
}

/// Weighs one operation of a document.
#[must_use]
pub fn bill(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    lists: &PlainLists,
) -> Bill {
    let mut scale =
        Scale { document, operation, variables, lists, memo: HashMap::new(), bill: Bill::default() };
    let weight = scale.set(&operation.selection_set.node);
    Bill { cost: weight.all(), depth: weight.depth, ..scale.bill }
}

#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    /// Points that a list multiplies.
    each: u64,
    /// Points that a connection has once, however many nodes it has.
    once: u64,
    depth: u32,
    /// Lists of the introspection schema on the heaviest path.
    introspection_lists: u32,
    /// `edges` or `nodes` is selected.
    is_connection: bool,
}

impl Weight {
    fn all(self) -> u64 {
        self.each.saturating_add(self.once)
    }

    fn beside(self, other: Self) -> Self {
        Self {
            each: self.each.saturating_add(other.each),
            once: self.once.saturating_add(other.once),
            depth: self.depth.max(other.depth),
            introspection_lists: self.introspection_lists.max(other.introspection_lists),
            is_connection: self.is_connection || other.is_connection,
        }
    }
}

struct Scale<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    lists: &'a PlainLists,
    /// The guard has refused circles and bounded the number of fragments, so recursion ends soon.
    memo: HashMap<&'a Name, Weight>,
    bill: Bill,
}

impl<'a> Scale<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Weight {
        set.items.iter().fold(Weight::default(), |weight, item| {
            weight.beside(match &item.node {
                Selection::Field(field) => self.field(&field.node),
                Selection::InlineFragment(fragment) => self.set(&fragment.node.selection_set.node),
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node),
            })
        })
    }

    fn fragment(&mut self, name: &'a Name) -> Weight {
        if let Some(weight) = self.memo.get(name) {
            return *weight;
        }
        // A circle would find this placeholder; an unknown fragment keeps it for the validator.
        self.memo.insert(name, Weight::default());
        let Some(fragment) = self.document.fragments.get(name) else { return Weight::default() };
        let weight = self.set(&fragment.node.selection_set.node);
        self.memo.insert(name, weight);
        weight
    }

    fn field(&mut self, field: &'a Field) -> Weight {
        let name = field.name.node.as_str();
        let inside = self.set(&field.selection_set.node);
        let members = self.members(field, inside.is_connection);
        let contents = if inside.is_connection {
            members.saturating_mul(inside.each).saturating_add(inside.once)
        } else {
            members.saturating_mul(inside.all())
        };
        let cost = contents.saturating_add(1);
        let is_once = matches!(name, "pageInfo" | "totalCount" | "__typename");
        let introspection_lists = inside.introspection_lists + u32::from(is_introspection_list(name));
        if matches!(name, "__schema" | "__type") && introspection_lists > INTROSPECTION_LISTS_MAX {
            self.bill.is_circular_introspection = true;
        }
        Weight {
            each: if is_once { 0 } else { cost },
            once: if is_once { cost } else { 0 },
            depth: inside.depth.saturating_add(1),
            introspection_lists,
            is_connection: matches!(name, "edges" | "nodes"),
        }
    }

    fn members(&mut self, field: &'a Field, is_connection: bool) -> u64 {
        let page = ["first", "last"].iter().filter_map(|name| field.get_argument(name)).map(|v| &v.node);
        let pages: Vec<&Argument> = page.collect();
        if !pages.is_empty() {
            return pages.into_iter().map(|argument| self.page(argument)).max().unwrap_or(PAGE_MAX);
        }
        let listed = ["ids", "representations"].iter().find_map(|name| field.get_argument(name));
        if let Some(listed) = listed {
            return self.length(&listed.node);
        }
        match () {
            () if is_connection => PAGE_DEFAULT,
            () if self.lists.0.contains(field.name.node.as_str()) => PLAIN_LIST,
            () => 1,
        }
    }

    fn page(&mut self, argument: &'a Argument) -> u64 {
        match argument {
            Argument::Number(number) => number.as_u64().unwrap_or(PAGE_MAX),
            Argument::Null => PAGE_DEFAULT,
            Argument::Variable(name) => match self.variable(name) {
                Some(Value::Number(number)) => number.as_u64().unwrap_or(PAGE_MAX),
                Some(Value::Null) => PAGE_DEFAULT,
                _ => PAGE_MAX,
            },
            _ => PAGE_MAX,
        }
    }

    fn length(&mut self, argument: &'a Argument) -> u64 {
        match argument {
            Argument::List(items) => u64::try_from(items.len()).unwrap_or(u64::MAX),
            Argument::Variable(name) => match self.variable(name) {
                Some(Value::List(items)) => u64::try_from(items.len()).unwrap_or(u64::MAX),
                _ => PAGE_MAX,
            },
            _ => 1,
        }
    }

    fn variable(&mut self, name: &Name) -> Option<&'a Value> {
        self.bill.depends_on_variables = true;
        self.variables.get(name).or_else(|| {
            let definitions = &self.operation.variable_definitions;
            let definition = definitions.iter().find(|definition| definition.node.name.node == *name)?;
            definition.node.default_value.as_ref().map(|value| &value.node)
        })
    }
}

fn is_introspection_list(name: &str) -> bool {
    matches!(name, "fields" | "inputFields" | "interfaces" | "possibleTypes")
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::value;

    use super::*;

    fn check(query: &str, variables: Value) -> Bill {
        let document = parse_query(query).expect("the query parses");
        let (_, operation) = document.operations.iter().next().expect("there is an operation");
        let lists =
            PlainLists::from_sdl("type Query { tags: [String!]! nodes: [Int] pages(first: Int): [Int] }");
        bill(&document, &operation.node, &Variables::from_value(variables), &lists)
    }

    fn cost(query: &str) -> u64 {
        check(query, value!({})).cost
    }

    #[test]
    fn lists_multiply_what_is_inside() {
        assert_eq!(cost("{ a { b c } }"), 3);
        assert_eq!(cost("{ a(first: 3) { b c } }"), 7);
        assert_eq!(cost("{ a(last: 3, first: 10) { b c } }"), 21);
        assert_eq!(cost("{ a { nodes { b } } }"), 1 + 20 * 2);
        assert_eq!(cost("{ a(first: 10) { nodes { b } totalCount pageInfo { c } } }"), 1 + 10 * 2 + 1 + 2);
        assert_eq!(cost("{ a(first: 60) { b(first: 60) { c(first: 60) { d } } } }"), 219_661);
        assert_eq!(cost("{ tags { a b } }"), 1 + 5 * 2);
        assert_eq!(cost("{ pages { a b } }"), 3);
        assert_eq!(cost("{ nodes(ids: [1, 2, 3]) { a } }"), 4);
    }

    #[test]
    fn odd_page_sizes_are_never_cheap() {
        assert_eq!(cost("{ a(first: -1) { b } }"), 101);
        assert_eq!(cost("{ a(first: \"x\") { b } }"), 101);
        assert_eq!(cost("{ a(first: null) { b } }"), 21);
        assert_eq!(cost("{ a(first: 2147483647) { b } }"), 2_147_483_648);
        assert_eq!(
            cost("{ a(first: 9223372036854775807) { b(first: 9223372036854775807) { c(first: 9) { d } } } }"),
            u64::MAX
        );
    }

    #[test]
    fn variables_count_as_given_as_defaulted_or_as_the_most() {
        let query = "query($n: Int, $m: Int = 7, $ids: [ID!]!) { a(first: $n) { x } b(first: $m) { x } nodes(ids: $ids) { x } }";
        let given = check(query, value!({"n": 2, "m": 3, "ids": ["a", "b"]}));
        assert_eq!((given.cost, given.depends_on_variables), (1 + 2 + 1 + 3 + 1 + 2, true));
        assert_eq!(check(query, value!({})).cost, 1 + 100 + 1 + 7 + 1 + 100);
    }

    #[test]
    fn skipping_saves_nothing_and_fragments_cost_what_they_hold() {
        assert_eq!(cost("query($f: Boolean!) { a @include(if: $f) { b c } }"), 3);
        let fragments =
            "{ a(first: 10) { ...F ...F } } fragment F on T { nodes { ...G } } fragment G on T { b c }";
        assert_eq!(cost(fragments), 1 + 10 * 6);
    }

    #[test]
    fn depth_counts_fields_through_fragments() {
        assert_eq!(
            check("{ a { ... on T { b { ...F } } } } fragment F on T { c { d } }", value!({})).depth,
            4
        );
    }

    #[test]
    fn circular_introspection_is_seen() {
        let circular = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
        assert!(check(circular, value!({})).is_circular_introspection);
        let plain = "{ __schema { types { fields { type { fields { name } } } } } }";
        assert!(!check(plain, value!({})).is_circular_introspection);
    }
}

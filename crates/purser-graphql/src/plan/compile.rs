//! From a document's selections to objects that can be written.

use std::collections::HashMap;

use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{InputType, Name, Positioned, Variables};
use async_graphql_value::{ConstValue, Value};

use super::json::{Json, key};
use super::{Asked, Scene};
use crate::page::PageArguments;

/// The one input that plans take as a variable: what lists of customers are mostly asked with.
const PROFILE_FILTER: &str = "ProfileFilterInput";

/// How a field without anything below it is written.
pub(super) type Leaf<T> = fn(&T, &Scene<'_>, &mut Json);
/// How any field is written.
pub(super) type Show<T> = Box<dyn Fn(&T, &Scene<'_>, &mut Json) + Send + Sync>;
/// A field's arguments as the document has them.
pub(super) type Arguments = HashMap<Name, Value>;

/// A field of a table.
pub(super) enum Row<T: 'static> {
    /// A field without anything below it.
    Leaf(Leaf<T>),
    /// A field with something below it, which is compiled in turn.
    Nested(for<'a> fn(&mut Compiler<'a>, &'a Field) -> Option<Show<T>>),
}

/// The fields of one type that plans know.
pub(super) struct Table<T: 'static> {
    pub(super) name: &'static str,
    pub(super) rows: &'static [(&'static str, Row<T>)],
}

/// A selection of one type's fields.
pub(super) struct Object<T: 'static> {
    fields: Vec<(String, Shown<T>)>,
}

enum Shown<T: 'static> {
    TypeName(&'static str),
    Leaf(Leaf<T>),
    Nested(Show<T>),
}

impl<T> Object<T> {
    pub(super) fn write(&self, value: &T, scene: &Scene<'_>, out: &mut Json) {
        let mut before = "{";
        for (key, shown) in &self.fields {
            out.raw(before);
            out.raw(key);
            match shown {
                Shown::TypeName(name) => out.word(name),
                Shown::Leaf(write) => write(value, scene, out),
                Shown::Nested(write) => write(value, scene, out),
            }
            before = ",";
        }
        out.raw(if self.fields.is_empty() { "{}" } else { "}" });
    }
}

/// Goes through a document. Whatever it does not know ends it with none.
pub(super) struct Compiler<'a> {
    pub(super) document: &'a ExecutableDocument,
    pub(super) asked: Asked,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(document: &'a ExecutableDocument) -> Self {
        Self { document, asked: Asked::default() }
    }

    /// A selection on a type.
    pub(super) fn object<T>(&mut self, table: &'static Table<T>, set: &'a SelectionSet) -> Option<Object<T>> {
        self.member(table, &[], set)
    }

    /// A selection on a member of a union: what is selected on its other members is passed over.
    pub(super) fn member<T>(
        &mut self,
        table: &'static Table<T>,
        others: &[&str],
        set: &'a SelectionSet,
    ) -> Option<Object<T>> {
        let mut shown = Vec::new();
        for field in fields(self.document, table.name, others, set)? {
            let name = field.name.node.as_str();
            let row = table.rows.iter().find(|(known, _)| *known == name).map(|(_, row)| row);
            let show = match row {
                None if name == "__typename" => Shown::TypeName(table.name),
                None => return None,
                Some(Row::Leaf(write)) => Shown::Leaf(*write),
                Some(Row::Nested(compile)) => Shown::Nested(compile(self, field)?),
            };
            shown.push((key(field), show));
        }
        Some(Object { fields: shown })
    }
}

/// The fields of a selection on an object, through fragments on the same type. Fragments on the `others`
/// never fit. Fields that are met twice would have to be merged; only `__typename` may be, which some
/// clients add to every selection.
pub(super) fn fields<'a>(
    document: &'a ExecutableDocument,
    ty: &str,
    others: &[&str],
    set: &'a SelectionSet,
) -> Option<Vec<&'a Field>> {
    let mut gathered = Vec::new();
    gather(document, ty, others, set, &mut gathered)?;
    let mut found: Vec<&Field> = Vec::with_capacity(gathered.len());
    for field in gathered {
        let key = &field.response_key().node;
        match found.iter().find(|known| known.response_key().node == *key) {
            None => found.push(field),
            Some(known) if known.name.node == "__typename" && field.name.node == "__typename" => {}
            Some(_) => return None,
        }
    }
    Some(found)
}

fn gather<'a>(
    document: &'a ExecutableDocument,
    ty: &str,
    others: &[&str],
    set: &'a SelectionSet,
    found: &mut Vec<&'a Field>,
) -> Option<()> {
    for item in &set.items {
        let (on, directives, set) = match &item.node {
            Selection::Field(field) if field.node.directives.is_empty() => {
                found.push(&field.node);
                continue;
            }
            Selection::Field(_) => return None,
            Selection::InlineFragment(Positioned { node, .. }) => {
                let on = node.type_condition.as_ref().map(|on| &on.node.on.node);
                (on, &node.directives, &node.selection_set.node)
            }
            Selection::FragmentSpread(Positioned { node, .. }) => {
                let fragment = &document.fragments.get(&node.fragment_name.node)?.node;
                if !fragment.directives.is_empty() {
                    return None;
                }
                let on = &fragment.type_condition.node.on.node;
                (Some(on), &node.directives, &fragment.selection_set.node)
            }
        };
        match on {
            _ if !directives.is_empty() => return None,
            Some(on) if others.contains(&on.as_str()) => {}
            Some(on) if on != ty => return None,
            _ => gather(document, ty, others, set, found)?,
        }
    }
    Some(())
}

/// The arguments of a field.
pub(super) fn arguments(field: &Field) -> Arguments {
    let pair =
        |(name, value): &(Positioned<Name>, Positioned<Value>)| (name.node.clone(), value.node.clone());
    field.arguments.iter().map(pair).collect()
}

/// The types of an operation's variables; none if one has a default or is of a type that plans
/// do not know.
pub(super) fn types(operation: &OperationDefinition) -> Option<HashMap<Name, &'static str>> {
    let types = operation.variable_definitions.iter().map(|definition| {
        let definition = &definition.node;
        let BaseType::Named(name) = &definition.var_type.node.base else { return None };
        let known =
            ["ID", "String", "Int", "DateTime", PROFILE_FILTER].into_iter().find(|known| name == known)?;
        let is_simple = definition.default_value.is_none() && definition.directives.is_empty();
        is_simple.then(|| (definition.name.node.clone(), known))
    });
    types.collect()
}

/// The values that came with a request.
pub(super) struct Given<'a> {
    pub(super) types: &'a HashMap<Name, &'static str>,
    pub(super) variables: &'a Variables,
}

impl Given<'_> {
    /// An argument as a resolver would get it; none if its variables are not of their types, or if
    /// together they are no such value.
    pub(super) fn argument<T: InputType>(&self, arguments: &Arguments, name: &str) -> Option<T> {
        let value = match arguments.get(name) {
            Some(value) => Some(value.clone().into_const_with(|name| self.variable(&name).ok_or(())).ok()?),
            None => None,
        };
        T::parse(value).ok()
    }

    /// The arguments that every connection takes.
    pub(super) fn page(&self, arguments: &Arguments) -> Option<PageArguments> {
        Some(PageArguments::new(
            self.argument(arguments, "first")?,
            self.argument(arguments, "after")?,
            self.argument(arguments, "last")?,
            self.argument(arguments, "before")?,
        ))
    }

    fn variable(&self, name: &Name) -> Option<ConstValue> {
        let ty = *self.types.get(name)?;
        match self.variables.get(name) {
            None | Some(ConstValue::Null) => Some(ConstValue::Null),
            Some(value @ ConstValue::String(_)) if ty != "Int" => Some(value.clone()),
            Some(value @ ConstValue::Number(number)) if ty == "Int" && is_int(number) => Some(value.clone()),
            Some(value @ ConstValue::Object(fields)) if ty == PROFILE_FILTER => {
                let is_known = |name: &Name| name == "containerId" || name == "tag";
                let is_text = |value: &ConstValue| matches!(value, ConstValue::String(_) | ConstValue::Null);
                fields.iter().all(|(name, value)| is_known(name) && is_text(value)).then(|| value.clone())
            }
            Some(_) => None,
        }
    }
}

fn is_int(number: &async_graphql::Number) -> bool {
    number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
}

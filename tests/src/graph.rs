//! The schema as the server tells it, and selections made from it.
//!
//! Tests that look at *everything* ask the schema what there is, so that a field which is added tomorrow is
//! looked at tomorrow.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::client::Client;

const INTROSPECTION: &str = "{ __schema { types { name kind possibleTypes { name } fields { name args { name type { kind } }
    type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } }";

/// A field of an object.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// The name of its type, without list and non-null.
    pub ty: String,
    has_page: bool,
    needs_arguments: bool,
}

/// The types of a schema that have fields or members.
#[derive(Debug, Default)]
pub struct Graph {
    fields: BTreeMap<String, Vec<Field>>,
    members: BTreeMap<String, Vec<String>>,
}

/// What decides which fields a selection has: the type's name and the field.
type Chooser<'a> = &'a mut dyn FnMut(&str, &Field) -> bool;

impl Graph {
    /// Asks a server.
    ///
    /// # Panics
    /// If it does not tell.
    pub async fn read(client: &Client) -> Self {
        let answer = client.query(INTROSPECTION, json!({})).await;
        let mut graph = Self::default();
        for ty in answer.data("__schema.types").as_array().into_iter().flatten() {
            let name = text(&ty["name"]);
            if name.starts_with("__") {
                continue;
            }
            if let Some(fields) = ty["fields"].as_array() {
                graph.fields.insert(name.clone(), fields.iter().map(field).collect());
            }
            if let Some(members) = ty["possibleTypes"].as_array() {
                graph.members.insert(name, members.iter().map(|member| text(&member["name"])).collect());
            }
        }
        graph
    }

    /// The fields of a type.
    #[must_use]
    pub fn fields(&self, ty: &str) -> &[Field] {
        self.fields.get(ty).map(Vec::as_slice).unwrap_or_default()
    }

    /// The types that an interface or union stands for.
    #[must_use]
    pub fn members(&self, ty: &str) -> &[String] {
        self.members.get(ty).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a field of this type needs no selection below it.
    #[must_use]
    pub fn is_leaf(&self, ty: &str) -> bool {
        !self.fields.contains_key(ty) && !self.members.contains_key(ty)
    }

    /// A selection of a type, with objects below it to this depth; empty if nothing was chosen. A page of a
    /// list has two members.
    pub fn selection(&self, ty: &str, depth: usize, choose: Chooser<'_>) -> String {
        let mut selection = String::new();
        if self.members.contains_key(ty) {
            selection += "__typename ";
            for member in self.members(ty) {
                let of_member = self.selection(member, depth, choose);
                if !of_member.is_empty() {
                    let _ = write!(selection, "... on {member} {{ {of_member}}} ");
                }
            }
            return selection;
        }
        for field in self.fields(ty).iter().filter(|field| !field.needs_arguments) {
            // A list's wrapping is no level of the graph.
            let is_wrapping = ty.ends_with("Connection") || ty.ends_with("Edge");
            if self.is_leaf(&field.ty) {
                if choose(ty, field) {
                    let _ = write!(selection, "{} ", field.name);
                }
            } else if (depth > 0 || is_wrapping) && choose(ty, field) {
                let below = self.selection(&field.ty, depth - usize::from(!is_wrapping && depth > 0), choose);
                if !below.is_empty() {
                    let page = if field.has_page { "(first: 2)" } else { "" };
                    let _ = write!(selection, "{}{page} {{ {below}}} ", field.name);
                }
            }
        }
        selection
    }

    /// Documents that together ask for everything of a root field's object to this depth: one for its own
    /// values, and one for each object that it leads to, so that none costs more than is allowed.
    #[must_use]
    pub fn everything(&self, root: &str, ty: &str, depth: usize) -> Vec<String> {
        let own = self.selection(ty, 0, &mut |_, _| true);
        let mut documents = vec![format!("{{ {root} {{ {own}}} }}")];
        for field in self.fields(ty).iter().filter(|field| !self.is_leaf(&field.ty) && !field.needs_arguments)
        {
            // `nodes` and `edges` show the same.
            let below = self.selection(&field.ty, depth, &mut |_, field| field.name != "edges");
            let page = if field.has_page { "(first: 2)" } else { "" };
            if !below.is_empty() {
                documents.push(format!("{{ {root} {{ {}{page} {{ {below}}} }} }}", field.name));
            }
        }
        documents
    }
}

fn field(field: &Value) -> Field {
    let mut ty = &field["type"];
    while ty["name"].is_null() {
        ty = &ty["ofType"];
    }
    let arguments = field["args"].as_array().cloned().unwrap_or_default();
    Field {
        name: text(&field["name"]),
        ty: text(&ty["name"]),
        has_page: arguments.iter().any(|argument| argument["name"] == json!("first")),
        needs_arguments: arguments.iter().any(|argument| argument["type"]["kind"] == json!("NON_NULL")),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

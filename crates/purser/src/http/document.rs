//! Documents that passed every check, kept by hash.

use std::sync::{Arc, OnceLock};

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Request, Variables};
use moka::sync::Cache;
use purser_graphql::Plan;

use super::cost::{self, Bill, PlainLists};
use super::guard::{self, Fault, Limits};
use super::ports::Operation;
use super::refusal::{Code, Refusal};

/// Bytes of cached documents; their trees take about [`TREE_FACTOR`] times the text.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// Cached documents, however small.
const CACHE_DOCUMENTS: u64 = 4_096;
/// Bytes of tree per byte of text, measured generously.
const TREE_FACTOR: usize = 24;

/// A parsed document and what is known of its operations.
pub struct Prepared {
    document: ExecutableDocument,
    hash: String,
    facts: Vec<Facts>,
    /// Bytes that it takes in the cache, about.
    weight: usize,
}

struct Facts {
    name: Option<Name>,
    kind: OperationType,
    root_fields: Vec<String>,
    root_field_count: u64,
    /// The weight, if no variable changes it.
    bill: Option<Bill>,
    /// How to run it without the executor, once the executor has shown that it is good.
    plan: OnceLock<Option<Arc<Plan>>>,
}

/// Checks, parses and caches documents.
pub struct Documents {
    cache: Cache<[u8; 32], Arc<Prepared>>,
    limits: Limits,
    lists: PlainLists,
}

impl Documents {
    /// An empty cache with these bounds.
    #[must_use]
    pub fn new(limits: Limits, lists: PlainLists) -> Self {
        let least = CACHE_BYTES / CACHE_DOCUMENTS;
        let weigher = move |_: &[u8; 32], prepared: &Arc<Prepared>| {
            u32::try_from(prepared.weight.max(usize::try_from(least).unwrap_or(usize::MAX)))
                .unwrap_or(u32::MAX)
        };
        let cache = Cache::builder().max_capacity(CACHE_BYTES).weigher(weigher).build();
        Self { cache, limits, lists }
    }

    /// The parsed document of a text, from the cache if it was seen before.
    ///
    /// # Errors
    /// What the guard or the parser found; the text is never part of it.
    pub fn prepare(&self, text: &str) -> Result<Arc<Prepared>, Refusal> {
        let hash = blake3::hash(text.as_bytes());
        if let Some(prepared) = self.cache.get(hash.as_bytes()) {
            return Ok(prepared);
        }
        guard::shape::check(text, &self.limits)?;
        let document = parse_query(text).map_err(|error| parse_refusal(&error))?;
        let facts = document.operations.iter().map(|(name, operation)| {
            let bill = cost::bill(&document, &operation.node, &Variables::default(), &self.lists);
            let (root_fields, root_field_count) = root_fields(&document, &operation.node);
            Facts {
                name: name.cloned(),
                kind: operation.node.ty,
                root_fields,
                root_field_count,
                bill: (!bill.depends_on_variables).then_some(bill),
                plan: OnceLock::new(),
            }
        });
        let facts = facts.collect();
        let weight = text.len().saturating_mul(TREE_FACTOR);
        let hash_text = hash.to_hex()[..16].to_owned();
        let prepared = Arc::new(Prepared { document, hash: hash_text, facts, weight });
        self.cache.insert(*hash.as_bytes(), Arc::clone(&prepared));
        Ok(prepared)
    }

    /// Chooses the operation and checks its depth and cost.
    ///
    /// # Errors
    /// No such operation, or one that is too deep or too costly.
    pub fn select(
        &self,
        prepared: &Prepared,
        name: Option<&str>,
        variables: &Variables,
    ) -> Result<Operation, Refusal> {
        let (facts, definition) = prepared.find(name)?;
        let bill =
            facts.bill.unwrap_or_else(|| cost::bill(&prepared.document, definition, variables, &self.lists));
        self.check_budget(&bill)?;
        let introspects = |field: &String| matches!(field.as_str(), "__schema" | "__type" | "_service");
        Ok(Operation {
            name: facts.name.as_ref().map(ToString::to_string),
            kind: facts.kind,
            introspects: facts.root_fields.iter().any(introspects),
            root_fields: facts.root_fields.clone(),
            root_field_count: facts.root_field_count,
            cost: bill.cost,
            depth: bill.depth,
            hash: prepared.hash.clone(),
        })
    }

    fn check_budget(&self, bill: &Bill) -> Result<(), Refusal> {
        let Limits { depth, cost, .. } = self.limits;
        let message = match bill {
            bill if bill.depth > depth => {
                format!("The operation is {} fields deep; {depth} are allowed.", bill.depth)
            }
            bill if bill.cost > cost => {
                format!("The operation costs {} points; {cost} are allowed.", bill.cost)
            }
            Bill { is_circular_introspection: true, .. } => "The introspection goes in circles.".to_owned(),
            _ => return Ok(()),
        };
        metrics::counter!("purser_guard_refusals_total", "code" => Code::QueryTooComplex.as_str())
            .increment(1);
        Err(Refusal::bad_request(message).code(Code::QueryTooComplex))
    }
}

impl Prepared {
    /// The request that the executor is given.
    #[must_use]
    pub fn request(&self, operation: &Operation, variables: Variables) -> Request {
        let mut request = Request::new("").variables(variables);
        request.operation_name.clone_from(&operation.name);
        request.set_parsed_query(self.document(operation));
        request
    }

    /// A copy of the document with nothing but the chosen operation, for the executor to take.
    fn document(&self, operation: &Operation) -> ExecutableDocument {
        let operations = match (&self.document.operations, &operation.name) {
            (DocumentOperations::Multiple(operations), Some(name)) if operations.len() > 1 => {
                let chosen = operations.get(name.as_str()).map(|chosen| (Name::new(name), chosen.clone()));
                DocumentOperations::Multiple(chosen.into_iter().collect())
            }
            (operations, _) => operations.clone(),
        };
        ExecutableDocument { operations, fragments: self.document.fragments.clone() }
    }

    /// The plan of an operation, if it is known to have one.
    #[must_use]
    pub fn plan(&self, operation: &Operation) -> Option<Arc<Plan>> {
        let (facts, _) = self.find(operation.name.as_deref()).ok()?;
        facts.plan.get()?.clone()
    }

    /// Makes the plan of an operation that the executor has answered without an error, once.
    pub fn learn(
        &self,
        operation: &Operation,
        plan: impl FnOnce(&ExecutableDocument, Option<&str>) -> Option<Plan>,
    ) {
        if let Ok((facts, _)) = self.find(operation.name.as_deref()) {
            facts.plan.get_or_init(|| plan(&self.document, operation.name.as_deref()).map(Arc::new));
        }
    }

    /// Checks that each variable that must have a value has one. The library would report it as the
    /// failure of a field, after other fields have run.
    ///
    /// # Errors
    /// Names the first variable that is missing.
    pub fn check_variables(&self, operation: &Operation, variables: &Variables) -> Result<(), Refusal> {
        let (_, definition) = self.find(operation.name.as_deref())?;
        for variable in &definition.variable_definitions {
            let node = &variable.node;
            let given = variables.get(&node.name.node);
            let is_null = matches!(given, Some(async_graphql::Value::Null));
            let is_missing = given.is_none() && node.default_value.is_none();
            if !node.var_type.node.nullable && (is_null || is_missing) {
                let message = format!(
                    "Variable \"${}\" of required type \"{}\" was not provided.",
                    node.name.node, node.var_type.node
                );
                let refusal = Refusal::request_error(message).code(Code::BadUserInput);
                return Err(refusal.at(variable.pos.line, variable.pos.column));
            }
        }
        Ok(())
    }

    fn find(&self, name: Option<&str>) -> Result<(&Facts, &OperationDefinition), Refusal> {
        let matches = |facts: &&Facts| match name {
            Some(name) => facts.name.as_ref().is_some_and(|own| own == name),
            None => self.facts.len() == 1,
        };
        let facts = self.facts.iter().find(matches).ok_or_else(|| {
            Refusal::request_error(match name {
                Some(_) => "The document has no operation with this operationName.",
                None => "The document has several operations; operationName must name one of them.",
            })
        })?;
        let mut operations = self.document.operations.iter();
        let found =
            operations.find(|(own, _)| own.map(Name::as_str) == facts.name.as_ref().map(Name::as_str));
        let (_, definition) = found.ok_or_else(Refusal::internal)?;
        Ok((facts, &definition.node))
    }
}

fn parse_refusal(error: &async_graphql::parser::Error) -> Refusal {
    // The parser's own message quotes the source line.
    match error.positions().next() {
        Some(position) => Fault::Syntax { line: position.line, column: position.column }.into(),
        None => Refusal::request_error("Syntax error.").code(Code::GraphqlParseFailed),
    }
}

/// The names at the root of an operation, each once, and how many there are with repetitions.
fn root_fields(document: &ExecutableDocument, operation: &OperationDefinition) -> (Vec<String>, u64) {
    // The guard has bounded expanded root fields, so following every spread is bounded too.
    fn collect(document: &ExecutableDocument, set: &SelectionSet, names: &mut Vec<String>, count: &mut u64) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    *count += 1;
                    let name = field.node.name.node.as_str();
                    if !names.iter().any(|known| known == name) {
                        names.push(name.to_owned());
                    }
                }
                Selection::InlineFragment(inline) => {
                    collect(document, &inline.node.selection_set.node, names, count);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                        collect(document, &fragment.node.selection_set.node, names, count);
                    }
                }
            }
        }
    }
    let (mut names, mut count) = (Vec::new(), 0);
    collect(document, &operation.selection_set.node, &mut names, &mut count);
    (names, count)
}

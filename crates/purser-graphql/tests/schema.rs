//! The schema as text: described throughout, guarded throughout, and the one that is committed.

use std::fs;
use std::path::{Path, PathBuf};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};
use purser_graphql::security;

fn types() -> Vec<TypeDefinition> {
    let document = parse_schema(purser_graphql::sdl()).expect("the text is a schema");
    let types = document.definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(definition) => Some(definition.node),
        TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
    });
    types.collect()
}

type Described<'a> = (String, Option<&'a Positioned<String>>);

fn of_inputs<'a>(path: &str, inputs: &'a [Positioned<InputValueDefinition>]) -> Vec<Described<'a>> {
    let described = |input: &'a Positioned<InputValueDefinition>| {
        (format!("{path}.{}", input.node.name.node), input.node.description.as_ref())
    };
    inputs.iter().map(described).collect()
}

fn of_fields<'a>(name: &Name, fields: &'a [Positioned<FieldDefinition>]) -> Vec<Described<'a>> {
    let each = fields.iter().flat_map(|field| {
        let path = format!("{name}.{}", field.node.name.node);
        let mut described = of_inputs(&path, &field.node.arguments);
        described.push((path, field.node.description.as_ref()));
        described
    });
    each.collect()
}

#[test]
fn everything_has_a_description_that_is_a_sentence() {
    let types = types();
    let mut missing = Vec::new();
    for definition in &types {
        let name = &definition.name.node;
        let mut described = vec![(name.to_string(), definition.description.as_ref())];
        described.extend(match &definition.kind {
            TypeKind::Object(object) => of_fields(name, &object.fields),
            TypeKind::Interface(interface) => of_fields(name, &interface.fields),
            TypeKind::InputObject(input) => of_inputs(name, &input.fields),
            TypeKind::Enum(values) => values
                .values
                .iter()
                .map(|value| (format!("{name}.{}", value.node.value.node), value.node.description.as_ref()))
                .collect(),
            TypeKind::Scalar | TypeKind::Union(_) => Vec::new(),
        });
        let is_sentence = |text: &&Positioned<String>| text.node.trim_end().ends_with(['.', ')']);
        missing.extend(
            described
                .into_iter()
                .filter(|(_, text)| text.filter(is_sentence).is_none())
                .map(|(path, _)| path),
        );
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn a_root_field_ends_its_description_with_what_it_needs() {
    let types = types();
    let mut checked = 0;
    for definition in &types {
        let name = definition.name.node.as_str();
        let TypeKind::Object(object) = &definition.kind else { continue };
        if !["Query", "Mutation"].contains(&name) {
            continue;
        }
        for field in &object.fields {
            let subject = format!("{name}.{}", field.node.name.node);
            let sentence = security::row(&subject).expect("a row").sentence();
            let told = field.node.description.as_ref().map(|text| text.node.replace('\n', " "));
            assert!(told.is_some_and(|told| told.ends_with(&sentence)), "{subject} should end: {sentence}");
            checked += 1;
        }
    }
    let roots = security::TABLE
        .iter()
        .filter(|row| row.subject.starts_with("Query.") || row.subject.starts_with("Mutation."));
    assert_eq!(checked, roots.count());
}

#[test]
fn a_mutation_takes_one_input_and_answers_a_nullable_payload_with_its_own_errors() {
    let types = types();
    let find = |name: &str| types.iter().find(|definition| definition.name.node == name);
    let Some(TypeKind::Object(mutation)) = find("Mutation").map(|definition| &definition.kind) else {
        panic!("there is no type Mutation");
    };
    for field in &mutation.fields {
        let name = field.node.name.node.as_str();
        let upper = name[..1].to_uppercase() + &name[1..];
        let arguments: Vec<String> = field
            .node
            .arguments
            .iter()
            .map(|argument| format!("{}: {}", argument.node.name.node, argument.node.ty.node))
            .collect();
        assert_eq!(arguments, [format!("input: {upper}Input!")]);
        assert_eq!(field.node.ty.node.to_string(), format!("{upper}Payload"));
        let payload = find(&format!("{upper}Payload")).expect("a payload");
        let TypeKind::Object(payload) = &payload.kind else { panic!("{name} has no payload") };
        let errors = payload.fields.iter().find(|field| field.node.name.node == "userErrors");
        let errors = errors.map(|field| field.node.ty.node.to_string());
        assert_eq!(errors, Some(format!("[{upper}Error!]!")));
        assert!(find(&format!("{upper}ErrorCode")).is_some(), "{name}");
    }
}

#[test]
fn every_scalar_of_ours_names_its_specification() {
    for line in purser_graphql::sdl().lines().filter(|line| line.starts_with("scalar ")) {
        assert!(line.contains("@specifiedBy(url: \"https://"), "{line}");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_committed_schema_is_the_one_that_is_served() {
    let committed = fs::read_to_string(root().join("schema.graphql")).expect("schema.graphql");
    let served = purser_graphql::sdl();
    let first = committed.lines().zip(served.lines()).find(|(committed, served)| committed != served);
    assert_eq!(first, None, "run `cargo xtask schema`");
    assert_eq!(committed.lines().count(), served.lines().count(), "run `cargo xtask schema`");
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The lines of a file that lie inside the library's `#[Object]` blocks, where the house rule counts.
fn resolver_lines(text: &str) -> Vec<(usize, &str)> {
    let mut is_inside = false;
    let lines = text.lines().enumerate().filter(|(_, line)| {
        if line.starts_with("#[Object") {
            is_inside = true;
        } else if *line == "}" {
            is_inside = false;
        }
        is_inside
    });
    lines.collect()
}

#[test]
fn no_resolver_is_fallible_the_wrong_way_round() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let (mut resolvers, mut wrong) = (0, Vec::new());
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        for (number, line) in resolver_lines(&text) {
            resolvers += usize::from(line.contains("async fn "));
            if line.contains("Result<Option<") {
                wrong.push(format!("{}:{}", file.display(), number + 1));
            }
        }
    }
    assert!(resolvers > 200, "{resolvers} resolvers were read");
    assert_eq!(wrong, Vec::<String>::new());
}

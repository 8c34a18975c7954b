//! Whoever writes a plugin reads the connector crate's documentation and nothing else, so what can go
//! wrong stands there: every public function that returns a `Result` says so under `# Errors`.

use syn::{Attribute, ReturnType, Signature, Type, Visibility, spanned::Spanned, visit::Visit};

use super::{Finding, tree::Tree};

const SOURCES: &str = "crates/purser-connector/src/";
/// `Reply` is the crate's own alias of a `Result`.
const RESULTS: [&str; 2] = ["Result", "Reply"];

/// Public functions without the paragraph.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rust in tree.rust.iter().filter(|rust| rust.path.starts_with(SOURCES)) {
        let mut functions = Functions { path: &rust.path, findings: Vec::new() };
        functions.visit_file(&rust.syntax);
        findings.extend(functions.findings.into_iter().filter(|finding| !rust.is_test(finding.line)));
    }
    findings
}

struct Functions<'a> {
    path: &'a str,
    findings: Vec<Finding>,
}

impl Functions<'_> {
    fn look_at(&mut self, attributes: &[Attribute], signature: &Signature) {
        if returns_result(&signature.output) && !documentation(attributes).contains("# Errors") {
            let message = format!("`{}` can fail and does not say how under `# Errors`", signature.ident);
            self.findings.push(Finding::new(self.path, signature.fn_token.span().start().line, message));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if is_public(&function.vis) {
            self.look_at(&function.attrs, &function.sig);
        }
    }

    fn visit_item_impl(&mut self, block: &'ast syn::ItemImpl) {
        // The functions of a trait are documented where the trait is.
        if block.trait_.is_none() {
            syn::visit::visit_item_impl(self, block);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if is_public(&function.vis) {
            self.look_at(&function.attrs, &function.sig);
        }
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        // What all functions of a trait have in common may be said once, at the trait.
        if is_public(&item.vis) && !documentation(&item.attrs).contains("# Errors") {
            syn::visit::visit_item_trait(self, item);
        }
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        self.look_at(&function.attrs, &function.sig);
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn returns_result(output: &ReturnType) -> bool {
    let ReturnType::Type(_, returned) = output else { return false };
    let Type::Path(path) = returned.as_ref() else { return false };
    path.path.segments.last().is_some_and(|last| RESULTS.iter().any(|result| last.ident == result))
}

fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| {
        let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(line), .. }) = &pair.value else { return None };
        pair.path.is_ident("doc").then(|| line.value())
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOWHERE: [usize; 0] = [];

    fn lines(text: &str) -> Vec<usize> {
        let path = format!("{SOURCES}lib.rs");
        check(&Tree::of(&[(&path, text)])).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_public_function_that_can_fail_must_say_how() {
        assert_eq!(lines("/// Does.\npub fn a() -> Result<(), B> { c() }\n"), [2]);
        assert_eq!(
            lines("/// Does.\n///\n/// # Errors\n/// Always.\npub fn a() -> Result<(), B> { c() }\n"),
            NOWHERE
        );
    }

    #[test]
    fn methods_and_functions_of_public_traits_count_also_with_the_alias() {
        assert_eq!(lines("impl A {\n    pub fn b() -> std::result::Result<(), C> { d() }\n}\n"), [2]);
        assert_eq!(lines("pub trait A {\n    async fn b() -> Reply<()>;\n}\n"), [2]);
        assert_eq!(
            lines("/// # Errors\n/// All alike.\npub trait A {\n    fn b() -> Reply<()>;\n}\n"),
            NOWHERE
        );
    }

    #[test]
    fn private_functions_implementations_of_traits_and_tests_do_not_count() {
        assert_eq!(lines("fn a() -> Result<(), B> { c() }\ntrait D { fn e() -> Result<(), B>; }\n"), NOWHERE);
        assert_eq!(lines("impl A for B {\n    fn c() -> Result<(), D> { e() }\n}\n"), NOWHERE);
        assert_eq!(lines("#[cfg(test)]\nmod tests {\n    pub fn a() -> Result<(), B> { c() }\n}\n"), NOWHERE);
    }
}

//! User errors: what a mutation answers when it does not do what was asked.
//!
//! Every mutation has an enum of the codes that it can give, and no others. Its values and their
//! descriptions come from the services' closed set of codes: a mutation names those that are its own, in
//! one line, and a code outside of them is a fault of ours.

use std::borrow::Cow;
use std::marker::PhantomData;

use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaEnumValue, MetaType, MetaTypeId, Registry};
use async_graphql::{
    ContextSelectionSet, Error, ID, MaybeUndefined, Name, Object, OutputType, Positioned, ServerResult,
    TypeName, Value,
};
use purser_services::Patch;
use purser_types::id::{Id, Kind};

use crate::error::{Code, ServiceError, internal, told};

/// The codes that one mutation can give.
pub(crate) trait Codes: Send + Sync + 'static {
    /// The mutation's type name: `CapturePayment`.
    const MUTATION: &'static str;
    /// The codes.
    const CODES: &'static [Code];
}

/// What a mutation came to: the object or the reasons why there is none. A fault is neither.
pub(crate) type Settled<T, C> = (Option<T>, Vec<UserError<C>>);

/// Turns a refusal into a user error, and everything else into a fault, which is logged.
///
/// # Errors
/// `INTERNAL`.
pub(crate) fn settle<T, C: Codes>(result: Result<T, ServiceError>) -> Result<Settled<T, C>, Error> {
    match result {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(ServiceError::Refused(refusal)) if C::CODES.contains(&refusal.code) => {
            let error = UserError {
                code: ErrorCode { code: refusal.code, codes: PhantomData },
                message: refusal.message,
                field: refusal.field,
            };
            Ok((None, vec![error]))
        }
        Err(ServiceError::Refused(refusal)) => {
            tracing::error!(
                mutation = C::MUTATION,
                code = refusal.code.as_str(),
                "a refusal is not the mutation's own"
            );
            Err(internal())
        }
        Err(fault) => Err(told(&fault)),
    }
}

/// Reads an id of an input. One of another kind or shape names nothing that anybody could see.
///
/// # Errors
/// The code for what does not exist.
pub(crate) fn id<K: Kind>(id: &ID, code: Code, field: &str) -> Result<Id<K>, ServiceError> {
    id.parse().map_err(|_| ServiceError::not_found(code, field))
}

/// Reads an id that may be missing.
///
/// # Errors
/// As [`id`].
pub(crate) fn optional_id<K: Kind>(
    value: Option<&ID>,
    code: Code,
    field: &str,
) -> Result<Option<Id<K>>, ServiceError> {
    value.map(|value| id(value, code, field)).transpose()
}

/// What an update does to a field: leaves it, clears it, or sets it.
pub(crate) fn patch<T>(value: MaybeUndefined<T>) -> Patch<T> {
    match value {
        MaybeUndefined::Undefined => Patch::Keep,
        MaybeUndefined::Null => Patch::Clear,
        MaybeUndefined::Value(value) => Patch::Set(value),
    }
}

/// One reason why a mutation did nothing.
pub(crate) struct UserError<C> {
    code: ErrorCode<C>,
    message: String,
    field: Vec<String>,
}

impl<C: Codes> TypeName for UserError<C> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Error", C::MUTATION).into()
    }
}

/// Why the mutation did nothing. Nothing was changed, sent or charged.
#[Object(name_type)]
impl<C: Codes> UserError<C> {
    /// The reason to branch on; one of the codes that this mutation can give.
    async fn code(&self) -> ErrorCode<C> {
        ErrorCode { code: self.code.code, codes: PhantomData }
    }

    /// The reason in an English sentence, for developers and support; it does not echo the input.
    async fn message(&self) -> &str {
        &self.message
    }

    /// The path into `input` of what is at fault, list positions as numbers; empty for the whole input.
    async fn field(&self) -> &[String] {
        &self.field
    }
}

/// A code of a mutation's own set, as an enum of the graph.
pub(crate) struct ErrorCode<C> {
    code: Code,
    codes: PhantomData<fn() -> C>,
}

impl<C: Codes> OutputType for ErrorCode<C> {
    fn type_name() -> Cow<'static, str> {
        format!("{}ErrorCode", C::MUTATION).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Enum, |_| MetaType::Enum {
            name: Self::type_name().into_owned(),
            description: Some("Why the mutation can decline to do what was asked.".to_owned()),
            enum_values: C::CODES.iter().map(|code| (code.as_str().to_owned(), described(*code))).collect(),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: Some(std::any::type_name::<Self>()),
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        })
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::Enum(Name::new(self.code.as_str())))
    }
}

fn described(code: Code) -> MetaEnumValue {
    MetaEnumValue {
        name: code.as_str().to_owned(),
        description: Some(code.meaning().trim().to_owned()),
        deprecation: async_graphql::registry::Deprecation::NoDeprecated,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        directive_invocations: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Toy;
    impl Codes for Toy {
        const MUTATION: &'static str = "Toy";
        const CODES: &'static [Code] = &[Code::InvalidInput];
    }

    #[test]
    fn a_refusal_of_the_set_is_data() {
        let (value, errors) =
            settle::<(), Toy>(Err(ServiceError::refused(Code::InvalidInput, "a.0.b", "No."))).expect("data");
        assert!(value.is_none());
        let told: Vec<_> =
            errors.iter().map(|e| (e.code.code, e.message.as_str(), e.field.as_slice())).collect();
        assert_eq!(
            told,
            [(Code::InvalidInput, "No.", &["a".to_owned(), "0".to_owned(), "b".to_owned()][..])]
        );
    }

    #[test]
    fn a_refusal_outside_of_the_set_is_a_fault_without_its_message() {
        let error = settle::<(), Toy>(Err(ServiceError::refused(Code::SlugTaken, "slug", "Taken.")))
            .err()
            .expect("a fault");
        assert_eq!(error.message, internal().message);
    }

    #[test]
    fn each_code_is_described() {
        for code in Code::ALL {
            let description = described(*code).description.expect("a description");
            assert!(description.ends_with('.') && !description.starts_with(' '), "{code}");
        }
    }
}

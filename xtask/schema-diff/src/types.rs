//! Whether a type may take another's place.

use graphql_parser::schema::Type;

/// In an answer: whoever reads the old type can read the new one.
pub fn output_fits(old: &Type<'static, String>, new: &Type<'static, String>) -> bool {
    match (old, new) {
        (Type::NonNullType(old), Type::NonNullType(new))
        | (Type::ListType(old), Type::ListType(new)) => output_fits(old, new),
        (Type::NonNullType(_), _) => false,
        // What is never null may stand for what was at times.
        (old, Type::NonNullType(new)) => output_fits(old, new),
        (Type::NamedType(old), Type::NamedType(new)) => old == new,
        _ => false,
    }
}

/// In an argument or input field: whoever writes the old type is understood.
pub fn input_fits(old: &Type<'static, String>, new: &Type<'static, String>) -> bool {
    match (old, new) {
        (Type::NonNullType(old), Type::NonNullType(new))
        | (Type::ListType(old), Type::ListType(new)) => input_fits(old, new),
        (_, Type::NonNullType(_)) => false,
        (Type::NonNullType(old), new) => input_fits(old, new),
        (Type::NamedType(old), Type::NamedType(new)) => old == new,
        _ => false,
    }
}

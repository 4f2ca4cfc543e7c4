//! Constants of an expression, in the server's own binary form. It is that of a little-endian server; on another one no
//! constant is recognized, and the lint is stricter.

use super::tree::Node;

/// `VARHDRSZ`: the length of a value, before it.
const HEADER: usize = 4;
const TEXT: i64 = 25;
const TEXT_ARRAY: i64 = 1009;
const JSONB: i64 = 3802;

/// `JB_FARRAY` with `JB_FSCALAR` and `JB_FOBJECT` unset, in the server's `utils/jsonb.h`.
const JSON_ARRAY: u32 = 0x4;
/// `JENTRY_TYPEMASK`, of which strings have no bit, and `JENTRY_OFFLENMASK`.
const JSON_TYPE: u32 = 0x7000_0000;
const JSON_LENGTH: u32 = 0x0FFF_FFFF;
/// `JB_OFFSET_STRIDE`: entries beyond have another form. Nobody writes that many.
const JSON_ENTRIES: usize = 32;

/// SuperTokens' ids have 36 characters. A type modifier counts the header, too.
const USER_ID: u32 = 36 + 4;

/// A constant of type `text`.
pub fn text(node: &Node) -> Option<Vec<u8>> {
    value(node, TEXT)
}

/// A list of at least one text, none of which is NULL: `'{a,b}'` or `ARRAY['a', 'b']`.
pub fn is_array_of_texts(node: &Node) -> bool {
    // `ARRAY` before PostgreSQL 16.
    if matches!(node.name.as_str(), "ARRAY" | "ARRAYEXPR") {
        let elements = node.nodes("elements");
        return !elements.is_empty()
            && elements.iter().all(|element| text(element).is_some_and(|text| !text.is_empty()));
    }
    let Some(array) = value(node, TEXT_ARRAY) else { return false };
    // Dimensions, where the values begin if there are NULLs, the type, and the length of the first dimension.
    let (dimensions, nulls, length) = (word(&array, 0), word(&array, 1), word(&array, 3));
    dimensions == Some(1) && nulls == Some(0) && length.is_some_and(|length| length > 0)
}

/// A JSON array of at least one text, none of which is empty: `'["staff"]'`.
pub fn is_json_array_of_texts(node: &Node) -> bool {
    let Some(json) = value(node, JSONB) else { return false };
    let Some(head) = word(&json, 0) else { return false };
    let count = usize::try_from(head & JSON_LENGTH).unwrap_or(usize::MAX);
    let is_text = |index: usize| {
        word(&json, index + 1)
            .is_some_and(|entry| entry & JSON_TYPE == 0 && entry & JSON_LENGTH > 0)
    };
    head >> 28 == JSON_ARRAY && (1..=JSON_ENTRIES).contains(&count) && (0..count).all(is_text)
}

/// The length of `char(36)` or `varchar(36)`, or a longer one: a shorter one makes users the same.
pub fn fits_user_id(length: &Node) -> bool {
    length.name == "CONST" && word(&length.bytes("constvalue"), 0).is_some_and(|at| at >= USER_ID)
}

fn value(node: &Node, of_type: i64) -> Option<Vec<u8>> {
    let is_wanted = node.name == "CONST" && node.number("consttype") == Some(of_type);
    let bytes = is_wanted.then(|| node.bytes("constvalue"))?;
    bytes.get(HEADER..).map(<[u8]>::to_vec)
}

fn word(bytes: &[u8], index: usize) -> Option<u32> {
    let bytes = bytes.get(index * 4..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

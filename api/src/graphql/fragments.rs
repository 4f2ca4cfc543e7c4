//! A bound on fragments, before anything follows them.
//!
//! async-graphql 7.2 follows every spread to check depth, and follows it again for each place it
//! stands in: thirty small fragments that name each other three times are 3^30 steps. Counting the
//! spreads follows none of them.

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

/// Introspection as GraphiQL sends it has fewer than ten.
const MAX_SPREADS: usize = 20;

/// Whether the document spreads fragments more often than any honest one.
pub fn too_many(document: &ExecutableDocument) -> bool {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set);
    operations.chain(fragments).map(|set| spreads(&set.node)).sum::<usize>() > MAX_SPREADS
}

/// The parser has bounded how deep sets nest.
fn spreads(set: &SelectionSet) -> usize {
    let count = |selection: &Selection| match selection {
        Selection::Field(field) => spreads(&field.node.selection_set.node),
        Selection::InlineFragment(inline) => spreads(&inline.node.selection_set.node),
        Selection::FragmentSpread(_) => 1,
    };
    set.items.iter().map(|item| count(&item.node)).sum()
}

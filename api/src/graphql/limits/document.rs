//! The size of a document as it is executed: with each fragment in each of its places.
//!
//! Thirty small fragments that name each other three times are 3^30 steps for who follows them.
//! Here a fragment is measured once, whoever names it.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

use crate::graphql::Error;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Fields, spreads and inline fragments.
    pub selections: usize,
    /// Fields in each other.
    pub depth: usize,
    /// Selection sets in each other, those of fragments, too.
    pub nesting: usize,
}

impl Size {
    /// Beside each other.
    fn and(self, other: Self) -> Self {
        Self {
            selections: self.selections.saturating_add(other.selections),
            depth: self.depth.max(other.depth),
            nesting: self.nesting.max(other.nesting),
        }
    }
}

/// All operations together: each of them is checked, whichever is executed.
pub fn measure(document: &ExecutableDocument) -> Result<Size, Error> {
    let mut known = Known { document, sizes: HashMap::new() };
    document.operations.iter().try_fold(Size::default(), |size, (_, operation)| {
        Ok(size.and(known.set(&operation.node.selection_set.node)?))
    })
}

/// The fragments that were measured; those without a size are being measured.
struct Known<'a> {
    document: &'a ExecutableDocument,
    sizes: HashMap<&'a str, Option<Size>>,
}

impl<'a> Known<'a> {
    /// The text's tokens bound how deep this goes.
    fn set(&mut self, set: &'a SelectionSet) -> Result<Size, Error> {
        set.items.iter().try_fold(Size::default(), |size, item| {
            let (below, is_field) = match &item.node {
                Selection::Field(field) => (self.set(&field.node.selection_set.node)?, true),
                Selection::InlineFragment(inline) => {
                    (self.set(&inline.node.selection_set.node)?, false)
                }
                Selection::FragmentSpread(spread) => {
                    (self.fragment(&spread.node.fragment_name.node)?, false)
                }
            };
            Ok(size.and(Size {
                selections: below.selections.saturating_add(1),
                depth: below.depth + usize::from(is_field),
                nesting: below.nesting + 1,
            }))
        })
    }

    fn fragment(&mut self, name: &'a str) -> Result<Size, Error> {
        match self.sizes.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                return Err(Error::bad_input(format!("The fragment {name} spreads itself.")));
            }
            None => {}
        }
        // One that is not there is for the executor to explain.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Size::default()) };
        self.sizes.insert(name, None);
        let size = self.set(&fragment.node.selection_set.node)?;
        self.sizes.insert(name, Some(size));
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn size(text: &str) -> (usize, usize, usize) {
        let size = measure(&parse_query(text).unwrap()).unwrap();
        (size.selections, size.depth, size.nesting)
    }

    #[test]
    fn fragments_count_where_they_stand() {
        assert_eq!(size("{ a { b c } d }"), (4, 2, 2));
        assert_eq!(size("{ a { ... on A { b } } }"), (3, 2, 3));
        assert_eq!(size("{ ...F a { ...F } } fragment F on A { b c }"), (7, 2, 3));
        assert_eq!(size("query A { a } query B { b { c } }"), (3, 2, 2));
        assert_eq!(size("{ ...Missing }"), (1, 0, 1));
    }

    #[test]
    fn fragments_that_multiply_are_measured_without_being_followed() {
        let fragments = (0..30).fold(String::new(), |query, n| {
            let next = format!("...f{}", n + 1);
            query + &format!(" fragment f{n} on Query {{ {next} {next} {next} }}")
        });
        let (selections, depth, nesting) =
            size(&format!("{{ ...f0 }}{fragments} fragment f30 on Query {{ a }}"));
        assert!(selections > 3_usize.pow(30), "{selections}");
        assert_eq!((depth, nesting), (1, 32));
    }

    #[test]
    fn a_fragment_in_itself_is_refused() {
        let text = "{ ...A } fragment A on Q { a { ...B } } fragment B on Q { ...A }";
        let refused = measure(&parse_query(text).unwrap());
        assert!(matches!(refused, Err(Error::BadUserInput(text)) if text.contains("fragment A")));
    }
}

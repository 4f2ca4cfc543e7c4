//! The statement of a page. Its text depends on what the list is asked for, not on the values, and is written once.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, QueryFilter, QueryTrait, Select, Statement, Value,
    sea_query::Values,
};

use super::{
    columns::Columns,
    entity::{Column, Entity},
    list::List,
    order::{Keys, TodoOrder},
};

/// How many texts are kept. Pages ask for a few of the 18,000 that there are.
const MAX_TEXTS: usize = 256;

static TEXTS: LazyLock<RwLock<HashMap<Shape, Arc<str>>>> = LazyLock::new(RwLock::default);

/// All that the text of a statement depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part of the text that may be missing")]
struct Shape {
    columns: Columns,
    is_of_owner: bool,
    order: TodoOrder,
    is_complete: Option<bool>,
    searches: bool,
    has_inserted_after: bool,
    has_inserted_before: bool,
    is_backwards: bool,
    has_after: bool,
    has_before: bool,
}

/// All todos, or those of this owner, that the database lets be seen.
pub fn todos(owner: Option<&str>) -> Select<Entity> {
    let todos = Entity::find();
    match owner {
        Some(owner) => todos.filter(Column::UserId.eq(owner)),
        None => todos,
    }
}

impl List {
    /// The statement of this page with these columns.
    pub(super) fn statement(&self, columns: Columns, owner: Option<&str>) -> Statement {
        let shape = self.shape(columns, owner);
        let known = TEXTS.read().unwrap_or_else(PoisonError::into_inner).get(&shape).cloned();
        let Some(text) = known else {
            let statement = self.written_statement(columns, owner);
            let mut texts = TEXTS.write().unwrap_or_else(PoisonError::into_inner);
            if texts.len() >= MAX_TEXTS {
                texts.clear();
            }
            texts.insert(shape, statement.sql.as_str().into());
            return statement;
        };
        let values = Some(Values(self.values(owner)));
        Statement { sql: (*text).to_owned(), values, db_backend: DbBackend::Postgres }
    }

    fn written_statement(&self, columns: Columns, owner: Option<&str>) -> Statement {
        columns.select(self.select(todos(owner))).build(DbBackend::Postgres)
    }

    fn shape(&self, columns: Columns, owner: Option<&str>) -> Shape {
        let Self { order, filter, page } = self;
        Shape {
            columns,
            is_of_owner: owner.is_some(),
            order: *order,
            is_complete: filter.is_complete,
            searches: filter.task_contains.is_some(),
            has_inserted_after: filter.inserted_after.is_some(),
            has_inserted_before: filter.inserted_before.is_some(),
            is_backwards: page.is_backwards,
            has_after: page.after.is_some(),
            has_before: page.before.is_some(),
        }
    }

    /// The parameters, in the order of the text.
    fn values(&self, owner: Option<&str>) -> Vec<Value> {
        let Self { order, filter, page } = self;
        let mut values: Vec<Value> = Vec::with_capacity(8);
        values.extend(owner.map(Value::from));
        filter.values(&mut values);
        let keys = Keys::of(*order, filter.is_complete);
        for place in page.after.iter().chain(&page.before) {
            keys.values(*place, &mut values);
        }
        values.push(page.limit().into());
        values
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{
        super::{
            cursor::{Place, encode},
            filter::TodoFilter,
            page::Arguments,
        },
        *,
    };

    fn flags<const N: usize>(number: usize) -> [bool; N] {
        std::array::from_fn(|bit| number >> bit & 1 == 1)
    }

    /// Lists of every shape but for their columns.
    fn lists() -> Vec<List> {
        let mut lists = Vec::new();
        for order in [TodoOrder::OpenFirst, TodoOrder::NewestFirst, TodoOrder::OldestFirst] {
            for is_complete in [None, Some(true), Some(false)] {
                for number in 0..64 {
                    let [text, from, to, is_backwards, after, before] = flags(number);
                    let moment = |micros| DateTime::from_timestamp_micros(micros).unwrap();
                    let cursor = |id| {
                        let inserted_at = moment(1_000_000 + id);
                        encode(&Place { is_open: id == 1, inserted_at, id }, order)
                    };
                    let arguments = Arguments {
                        first: (!is_backwards).then_some(10),
                        last: is_backwards.then_some(20),
                        after: after.then(|| cursor(1)),
                        before: before.then(|| cursor(2)),
                    };
                    let filter = TodoFilter {
                        is_complete,
                        task_contains: text.then(|| "50%".to_owned()),
                        inserted_after: from.then(|| moment(3)),
                        inserted_before: to.then(|| moment(4)),
                    };
                    lists.push(List::new(&arguments, Some(filter), Some(order)).unwrap());
                }
            }
        }
        lists
    }

    #[test]
    fn values_match_placeholders_of_every_shape() {
        let mut texts: HashMap<Shape, String> = HashMap::new();
        for list in lists() {
            for owner in [None, Some("ada")] {
                let columns = Columns::of_place();
                let written = list.written_statement(columns, owner);
                assert_eq!(written.values, Some(Values(list.values(owner))), "{list:?}");
                texts.insert(list.shape(columns, owner), written.sql.clone());
                for _ in 0..2 {
                    assert_eq!(list.statement(columns, owner), written, "{list:?}");
                }
            }
        }
        assert_eq!(texts.len(), 3 * 3 * 64 * 2);
        assert!(TEXTS.read().unwrap().len() <= MAX_TEXTS);
    }

    #[test]
    fn text_does_not_depend_on_values() {
        let list = |size, text: &str| {
            let arguments = Arguments { first: Some(size), ..Arguments::default() };
            let filter = TodoFilter { task_contains: Some(text.into()), ..TodoFilter::default() };
            List::new(&arguments, Some(filter), None).unwrap()
        };
        let sql = |list: List, owner| list.written_statement(Columns::default(), owner).sql;
        assert_eq!(sql(list(1, "a"), Some("ada")), sql(list(2, "%_'"), Some("eve")));
    }

    #[test]
    fn columns_are_part_of_the_shape() {
        let list = List::new(&Arguments::default(), None, None).unwrap();
        for columns in [Columns::default(), Columns::of_place()] {
            let written = list.written_statement(columns, None);
            assert_eq!(list.statement(columns, None), written);
        }
    }
}

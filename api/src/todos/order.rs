//! The orders of a list, and the indexes that have them.

use async_graphql::Enum;
use sea_orm::{
    Order, Value,
    sea_query::{Expr, ExprTrait},
};

use super::{cursor::Place, entity::Column};

/// In which order todos stand. Those that were added at the same moment stand by their ids.
#[derive(Enum, Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TodoOrder {
    /// Open todos first, then the newest first.
    #[default]
    OpenFirst,
    /// The newest first.
    NewestFirst,
    /// The oldest first.
    OldestFirst,
}

/// Whether a todo is open, as the index `todos_list` has it.
pub fn is_open() -> Expr {
    Expr::col(Column::IsComplete).not()
}

/// The sort keys of a list, as one of two indexes has them: `todos_list` by state, then age, or
/// `todos_age` by age alone. All keys of an index run in one direction, so that one comparison of
/// rows says where a page begins, and the way back is the same index backwards.
#[derive(Debug, Clone, Copy)]
pub struct Keys {
    by_state: Option<State>,
    is_descending: bool,
}

/// How far a list that is walked by `todos_list` spreads over it.
#[derive(Debug, Clone, Copy)]
enum State {
    Both,
    /// All todos of the list are open, or none is: within these, the index has every order.
    One {
        is_open: bool,
    },
}

impl Keys {
    pub fn of(order: TodoOrder, is_complete: Option<bool>) -> Self {
        let by_state = match (order, is_complete) {
            (TodoOrder::OpenFirst, _) => Some(State::Both),
            (_, Some(is_complete)) => Some(State::One { is_open: !is_complete }),
            (_, None) => None,
        };
        Self { by_state, is_descending: order != TodoOrder::OldestFirst }
    }

    /// The way through the index; `backwards` from the end of the list.
    pub fn direction(self, backwards: bool) -> Order {
        if self.is_descending == backwards { Order::Asc } else { Order::Desc }
    }

    pub fn columns(self) -> Vec<Expr> {
        let age = [Expr::col(Column::InsertedAt), Expr::col(Column::Id)];
        self.by_state.map(|_| is_open()).into_iter().chain(age).collect()
    }

    /// What comes after the place in the order of the list.
    pub fn after(self, place: Place) -> Expr {
        self.beyond(place, self.is_descending)
    }

    /// What comes before it.
    pub fn before(self, place: Place) -> Expr {
        self.beyond(place, !self.is_descending)
    }

    /// The parameters of either, in their order.
    pub fn values(self, place: Place, to: &mut Vec<Value>) {
        to.extend(self.is_open(place).map(Value::from));
        to.extend([place.inserted_at.into(), place.id.into()]);
    }

    /// The state to compare with, where the list is in an order of states.
    fn is_open(self, place: Place) -> Option<bool> {
        self.by_state.map(|state| match state {
            State::Both => place.is_open,
            State::One { is_open } => is_open,
        })
    }

    fn beyond(self, place: Place, is_below: bool) -> Expr {
        let age = [Expr::from(place.inserted_at), place.id.into()];
        let limit = Expr::tuple(self.is_open(place).map(Expr::from).into_iter().chain(age));
        let key = Expr::tuple(self.columns());
        if is_below { key.lt(limit) } else { key.gt(limit) }
    }
}

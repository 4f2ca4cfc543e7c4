use async_graphql::{Context, ID, Object, Result};

use crate::{
    graphql::context::{begin_support, permit},
    todos::{
        connection::{TodoConnection, Wanted},
        filter::TodoFilter,
        list::List,
        order::TodoOrder,
        page::{Arguments, complexity},
    },
};

const READ_ANY: &str = "todos:read-any";

#[derive(Default)]
pub struct UserTodosQuery;

#[Object]
impl UserTodosQuery {
    /// For support staff: the todos of one user, to read. Needs the permission `todos:read-any`.
    #[graphql(complexity = "complexity(first, last, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of the GraphQL field")]
    async fn user_todos(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose: the id of the user.")] user_id: ID,
        #[graphql(desc = "How many from the start, 0 to 100. 50 if `last` is not given either.")]
        first: Option<i32>,
        #[graphql(desc = "Those after this cursor, such as `endCursor` of the page before. A \
                          cursor goes with its `orderBy`, and with every filter.")]
        after: Option<String>,
        #[graphql(desc = "How many from the end, 0 to 100. Not together with `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Those before this cursor, such as `startCursor` of the page behind.")]
        before: Option<String>,
        #[graphql(desc = "Which todos; all of them when it is not given.")] filter: Option<
            TodoFilter,
        >,
        #[graphql(
            default_with = "Some(TodoOrder::OpenFirst)",
            desc = "In which order they stand, whichever end is read from."
        )]
        order_by: Option<TodoOrder>,
    ) -> Result<TodoConnection> {
        let page = List::new(&Arguments { first, after, last, before }, filter, order_by)?;
        let wanted = Wanted::of(context);
        if wanted.is_nothing() {
            permit(context, READ_ANY).await?;
            return Ok(page.unread());
        }
        let begin = async |work| begin_support(context, READ_ANY, work).await;
        Ok(page.read(Some(user_id.as_str()), wanted, begin).await?)
    }
}

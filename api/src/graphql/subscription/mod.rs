//! One file a subscription.

mod todo_changed;

use async_graphql::MergedSubscription;

/// What a signed-in user can be told of as it happens: over a WebSocket, at `/graphql/ws`.
#[derive(MergedSubscription, Default)]
pub struct Subscription(todo_changed::TodoChanged);

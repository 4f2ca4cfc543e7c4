import { Client, fetchExchange, subscriptionExchange } from '@urql/core';

export function urql(url, socket) {
  const live = subscriptionExchange({
    forwardSubscription: ({ query = '', variables }) => ({
      subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
    }),
  });
  return new Client({ url, preferGetMethod: false, exchanges: [fetchExchange, live] });
}

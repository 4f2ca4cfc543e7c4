import { createClient } from 'graphql-ws';

// `session` is supertokens-web-js/recipe/session. `url` is wss://…/graphql/ws.
export function connect(url, session, options = {}) {
  let isExpired = false;
  return createClient({
    // Called before each connection.
    url: async () => {
      if (isExpired) await session.attemptRefreshingSession();
      return url;
    },
    // In a page with cookies there is no token to read, and the cookies are enough.
    connectionParams: async () => {
      const token = await session.getAccessToken();
      return token ? { Authorization: `Bearer ${token}` } : {};
    },
    retryAttempts: Infinity,
    // The network may be gone for a while, which is no reason to give up.
    shouldRetry: () => true,
    on: { closed: (event) => (isExpired = event.code === 4403) },
    ...options,
  });
}

// The audits of GraphQL over HTTP from graphql-http. Prints a line of JSON for each: its id, name, status and reason.
import { serverAudits } from 'graphql-http';

const [url, token] = process.argv.slice(2);

function fetchFn(address, init = {}) {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token}`);
  return fetch(address, { ...init, headers });
}

for (const audit of serverAudits({ url, fetchFn })) {
  const { status, reason } = await audit.fn();
  console.log(JSON.stringify({ id: audit.id, name: audit.name, status, reason }));
}

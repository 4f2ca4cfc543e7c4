// The playground, from our own origin and with the session's cookie.
import assert from 'node:assert/strict';
import { app } from '../support/app.mjs';
import { scenario } from '../support/scenario.mjs';

scenario('the playground knows the schema and asks as who is signed in', async ({ page, faults }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Buy milk');

  const answer = async (act) => {
    const response = page.waitForResponse((response) => response.url().endsWith('/graphql'));
    await act();
    return (await response).json();
  };
  const { errors, data } = await answer(() => page.goto('/graphiql'));
  assert.equal(errors, undefined);
  assert.equal(data.__schema.queryType.name, 'Query');
  await page.getByRole('button', { name: /documentation explorer/i }).click();
  await page.getByRole('link', { name: 'Query' }).click();
  await page.getByText('The session of this request.').first().waitFor();

  // Until its editors are there, the button does nothing.
  await page.locator('.graphiql-query-editor').getByText('isComplete').waitFor();
  await page.locator('.graphiql-response .monaco-editor').waitFor();
  const run = page.getByRole('button', { name: /execute query/i });
  const { data: list } = await answer(() => run.click());
  assert.deepEqual(list.todos.edges.map((edge) => edge.node.task), ['Buy milk']);
  assert.deepEqual(faults, []);
});

// The playground, from our own origin and with the session's cookie.
import assert from 'node:assert/strict';
import { app } from '../support/app.mjs';
import { scenario } from '../support/scenario.mjs';

scenario('the playground knows the schema and asks as who is signed in', async ({ page, faults }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Buy milk');

  /** The response to the operation with this text. The page that is left may have requests of its own. */
  const answer = async (text, act) => {
    const response = page.waitForResponse(
      (response) => response.url().endsWith('/graphql') && response.request().postData()?.includes(text),
    );
    await act();
    return (await response).json();
  };
  const { errors, data } = await answer('__schema', () => page.goto('/graphiql'));
  assert.equal(errors, undefined);
  assert.equal(data.__schema.queryType.name, 'Query');
  await page.getByRole('button', { name: /documentation explorer/i }).click();
  await page.getByRole('link', { name: 'Query' }).click();
  await page.getByText('The session of this request.').first().waitFor();

  // Until its editors are there, the button does nothing.
  await page.locator('.graphiql-query-editor').getByText('isComplete').waitFor();
  await page.locator('.graphiql-response .monaco-editor').waitFor();
  const run = page.getByRole('button', { name: /execute query/i });
  const { data: list } = await answer('todos', () => run.click());
  assert.deepEqual(list.todos.edges.map((edge) => edge.node.task), ['Buy milk']);
  assert.deepEqual(faults, []);
});

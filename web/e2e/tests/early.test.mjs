// What the list waits for is asked for while the app is on its way.
import assert from 'node:assert/strict';
import { app, operation, tryRefresh } from '../support/app.mjs';
import { scenario } from '../support/scenario.mjs';

/** What is asked for: the app comes after the list was, and after what happens in between. */
async function asks(context, inBetween = () => {}) {
  const asked = [];
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await context.route('**/graphql', async (route) => {
    asked.push(operation(route));
    await route.fallback();
    if (operation(route) === 'Todos') release();
  });
  await context.route('**/*.wasm', async (route) => {
    await held;
    await inBetween();
    await route.fallback();
  });
  return asked;
}

scenario('the list is asked for once, before the app is there', async ({ page, context }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Ask early');
  // A subscription begins with a look at what it may have missed.
  await page.routeWebSocket('**/graphql/ws', () => {});
  const asked = await asks(context);
  await page.reload();
  await me.row('Ask early').waitFor();
  assert.deepEqual(asked.filter((name) => name === 'Todos'), ['Todos']);
});

scenario('an early answer that asks for a refresh is followed by one', async ({ page, context }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Ask again');
  let isFirst = true;
  await context.route('**/graphql', (route) => {
    const early = isFirst && operation(route) === 'Todos';
    isFirst &&= !early;
    return early ? route.fulfill(tryRefresh) : route.fallback();
  });
  await page.reload();
  await me.row('Ask again').waitFor();
});

scenario('an early answer to cookies that were replaced is not taken', async ({ page, context }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Ask for me');
  const asked = await asks(context, () => page.evaluate(() => localStorage.setItem('todos.generation', '99')));
  await page.routeWebSocket('**/graphql/ws', () => {});
  await page.reload();
  await me.row('Ask for me').waitFor();
  assert.deepEqual(asked.filter((name) => name === 'Todos'), ['Todos', 'Todos']);
});

scenario('nothing is asked for on behalf of who has left', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  assert.ok(await page.evaluate(() => localStorage.getItem('todos.first')));
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Create an account' }).waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem('todos.first')), null);
});

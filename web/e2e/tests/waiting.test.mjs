// A lost network: what is done is shown, waits, and is sent in order, whatever happens to the page meanwhile.
import assert from 'node:assert/strict';
import { app, isSent, operation, record, stored } from '../support/app.mjs';
import { scenario } from '../support/scenario.mjs';

/** Lets no operation through until the value that it returns is called. */
async function cut(context) {
  const refuse = (route) => route.abort();
  await context.route('**/graphql', refuse);
  return () => context.unroute('**/graphql', refuse);
}

const waiting = (me, task) => me.row(task).getByText('Waiting', { exact: true });

scenario('what is done without a network waits and is sent in order', async ({ page, context }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Milk', 'Bread');
  const sent = record(page);
  await context.setOffline(true);
  await page.getByText(/You.re offline/).waitFor();
  await me.field.fill('Tea');
  await me.field.press('Enter');
  await waiting(me, 'Tea').waitFor();
  await me.tick('Milk').click();
  await waiting(me, 'Milk').waitFor();
  await me.tick('Tea').click();
  await me.expectCount('1 open, 2 done');
  await me.edit('Bread');
  await me.editor.fill('Rye bread');
  await me.editor.press('Enter');
  await waiting(me, 'Rye bread').waitFor();

  sent.clear();
  await context.setOffline(false);
  await isSent(page);
  await page.getByText(/You.re offline/).waitFor({ state: 'detached' });
  await waiting(me, 'Tea').waitFor({ state: 'detached' });
  const changes = (await sent.executed()).filter((name) => !['Todos', 'Session'].includes(name));
  assert.deepEqual(changes, ['AddTodos', 'UpdateTodo', 'UpdateTodo', 'UpdateTodo']);
  assert.deepEqual(await stored(page), [
    { task: 'Rye bread', isComplete: false },
    { task: 'Tea', isComplete: true },
    { task: 'Milk', isComplete: true },
  ]);
  assert.deepEqual(await me.tasks(), ['Rye bread', 'Tea', 'Milk']);
});

scenario('what waits survives a reload and is added once', async ({ page, context }) => {
  const me = app(page);
  await context.routeWebSocket('**/graphql/ws', (socket) => socket.close({ code: 1011 }));
  await me.signUp();
  await me.add('Before');
  // The answer gets lost: nobody knows whether it was added.
  let isAdded = false;
  await context.route('**/graphql', async (route) => {
    if (operation(route) !== 'AddTodos') {
      return route.fallback();
    }
    if (!isAdded) {
      isAdded = true;
      await route.fetch();
    }
    await route.abort();
  });
  await me.field.fill('Meanwhile');
  await me.field.press('Enter');
  await waiting(me, 'Meanwhile').waitFor();
  await cut(context);
  await page.reload();
  await waiting(me, 'Meanwhile').waitFor();
  await context.unrouteAll();
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await isSent(page);
  await me.expectCount('2 open, 0 done');
  assert.deepEqual(await me.tasks(), ['Meanwhile', 'Before']);
  assert.equal((await stored(page)).length, 2);
});

scenario('a retry is sent after the first try has ended, with the same key', async ({ page, context }) => {
  // Requests time out when the test says so.
  await context.addInitScript(() => {
    window.timeouts = [];
    AbortSignal.timeout = () => {
      const controller = new AbortController();
      window.timeouts.push(() => controller.abort(new DOMException('late', 'TimeoutError')));
      return controller.signal;
    };
  });
  const me = app(page);
  await me.signUp();
  const tries = [];
  await page.route('**/graphql', (route) => {
    if (operation(route) !== 'AddTodos') return route.fallback();
    tries.push(route.request().postDataJSON().variables.inputs);
    // The first is never answered.
    return tries.length === 1 ? undefined : route.fallback();
  });
  const begun = page.waitForRequest(
    (request) => request.url().endsWith('/graphql') && request.postDataJSON().operationName === 'AddTodos',
  );
  await me.field.fill('Slow');
  await me.field.press('Enter');
  const first = await begun;
  // Whatever makes the page send what waits.
  await me.field.fill('Next');
  await me.field.press('Enter');
  await me.row('Next').waitFor();
  for (const name of ['online', 'focus']) {
    await page.evaluate((name) => dispatchEvent(new Event(name)), name);
  }
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  assert.equal(tries.length, 1, 'a try overlaps the first one');
  const failed = page.waitForEvent('requestfailed', (request) => request === first);
  await page.evaluate(() => window.timeouts.forEach((timeout) => timeout()));
  await failed;
  await isSent(page);
  assert.deepEqual(tries[1][0], tries[0][0]);
  assert.ok(tries[0][0].key);
  await me.expectCount('2 open, 0 done');
  assert.deepEqual(await stored(page), [
    { task: 'Next', isComplete: false },
    { task: 'Slow', isComplete: false },
  ]);
});

scenario('a task that waits does not stand for the whole list', async ({ page, context }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Before');
  await context.route('**/graphql', (route) =>
    operation(route) === 'Todos' ? undefined : route.abort(),
  );
  await me.field.fill('Meanwhile');
  await me.field.press('Enter');
  await waiting(me, 'Meanwhile').waitFor();
  await page.reload();
  await me.row('Meanwhile').waitFor();
  await page.getByText('Loading your tasks').waitFor();
  await context.unrouteAll();
  await page.reload();
  await me.expectCount('2 open, 0 done');
  await page.getByText('Loading your tasks').waitFor({ state: 'detached' });
});

scenario('a new task that is refused stays with its author', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await page.route('**/graphql', (route) =>
    operation(route) === 'AddTodos'
      ? route.fulfill({ json: { data: null, errors: [{ message: 'Refused.', extensions: { code: 'BAD_USER_INPUT' } }] } })
      : route.fallback(),
  );
  await me.field.fill('Stubborn');
  await me.field.press('Enter');
  await me.alert.getByText(/Stubborn.+wasn.t saved. Refused/).waitFor();
  await me.row('Stubborn').getByText('Not saved').waitFor();
  await page.reload();
  await me.row('Stubborn').getByText('Not saved').waitFor();
  await page.unrouteAll();
  await me.row('Stubborn').getByRole('button', { name: 'Try again' }).click();
  await me.expectCount('1 open, 0 done');
  await isSent(page);
  assert.deepEqual(await stored(page), [{ task: 'Stubborn', isComplete: false }]);
});

scenario('one tab sends for all', async ({ page, context }) => {
  const me = app(page);
  await me.signUp();
  const second = await context.newPage();
  await second.goto('/');
  await app(second).ready();
  let count = 0;
  await context.route('**/graphql', (route) => {
    count += operation(route) === 'AddTodos' ? 1 : 0;
    return route.fallback();
  });
  const back = await cut(context);
  await me.field.fill('From the first');
  await me.field.press('Enter');
  await app(second).row('From the first').waitFor();
  await app(second).field.fill('From the second');
  await app(second).field.press('Enter');
  await me.row('From the second').waitFor();
  await back();
  await Promise.all([page, second].map((tab) => tab.evaluate(() => dispatchEvent(new Event('online')))));
  await isSent(page);
  for (const tab of [page, second]) {
    await app(tab).expectCount('2 open, 0 done');
    await tab.locator('.todo.saving').first().waitFor({ state: 'detached' });
    // A tab that did not send hears of the two from the server, one after the other.
    for (const task of ['From the first', 'From the second']) await app(tab).row(task).waitFor();
    assert.deepEqual(await app(tab).tasks(), ['From the second', 'From the first']);
  }
  assert.equal((await stored(page)).length, 2);
});

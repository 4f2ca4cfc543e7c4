// The session's life: refreshed unseen, ended without loss, left everywhere at once.
import assert from 'node:assert/strict';
import { app, operation, tryRefresh, unauthorised } from '../support/app.mjs';
import { scenario } from '../support/scenario.mjs';

/** Answers the next `count` requests with `try refresh token`, all at once when the last has come. */
async function expire(context, count) {
  const waiting = [];
  await context.route('**/graphql', async (route) => {
    if (count === 0) {
      return route.fallback();
    }
    count -= 1;
    waiting.push(route);
    if (count === 0) {
      await Promise.all(waiting.map((route) => route.fulfill(tryRefresh)));
    }
  });
}

/** Counts refreshes. */
async function refreshes(context) {
  const seen = { count: 0 };
  await context.route('**/auth/session/refresh', async (route) => {
    seen.count += 1;
    const response = await route.fetch();
    await route.fulfill({ response });
  });
  return seen;
}

/** Resolves when so many requests have been answered well. */
function answers(page, count) {
  return new Promise((resolve) => {
    page.on('response', (response) => {
      if (response.url().endsWith('/graphql') && response.status() === 200) {
        count -= 1;
        if (count === 0) {
          resolve();
        }
      }
    });
  });
}

scenario('an expired access token is refreshed unseen', async ({ page, context }) => {
  const me = app(page);
  await me.signUp();
  const seen = await refreshes(context);
  await expire(context, 1);
  await me.add('Survives');
  assert.equal(seen.count, 1);
  await me.expectCount('1 open, 0 done');
});

scenario('a token that the service cannot check is replaced unseen', async ({ page, context }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Survives');
  const cookie = (await context.cookies()).find(({ name }) => name === 'sAccessToken');
  const [, payload, signature] = cookie.value.split('.');
  const header = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT', version: '5', kid: 'd-unknown' }));
  const value = [header.toString('base64url'), payload, signature].join('.');
  await context.addCookies([{ ...cookie, value }]);
  const seen = await refreshes(context);
  await page.reload();
  await me.row('Survives').waitFor();
  await me.add('And goes on');
  assert.equal(seen.count, 1);
  const fresh = (await context.cookies()).find(({ name }) => name === 'sAccessToken');
  assert.notEqual(fresh.value, value);
});

scenario('many waiting requests share one refresh', async ({ page, context }) => {
  const me = app(page);
  await me.signUp();
  await me.add('One', 'Two', 'Three');
  const seen = await refreshes(context);
  // What was done goes one by one, what is asked for does not wait for it.
  await expire(context, 2);
  const saved = answers(page, 4);
  for (const task of ['One', 'Two', 'Three']) {
    await me.tick(task).click();
  }
  await page.getByRole('link', { name: 'Done', exact: true }).click();
  await saved;
  assert.equal(seen.count, 1);
  // What the list still asks for after the last change is not what is counted.
  await page.goto('about:blank');
  await expire(context, 2);
  await page.goto('/');
  await me.expectCount('0 open, 3 done');
  assert.equal(seen.count, 2);
});

scenario('two tabs that wake together share one refresh', async ({ page, context }) => {
  const me = app(page);
  const email = await me.signUp();
  await me.add('Here in both');
  const second = await context.newPage();
  await second.goto('/');
  await app(second).ready();
  const seen = await refreshes(context);
  await expire(context, 4);
  await Promise.all([page.reload(), second.reload()]);
  for (const tab of [page, second]) {
    await app(tab).expectCount('1 open, 0 done');
    await tab.getByText(email).waitFor();
  }
  assert.equal(seen.count, 1);
});

scenario('the page and the playground share one refresh', async ({ page, context }) => {
  const there = await context.request.get('/graphiql', { headers: { accept: 'text/html' } });
  if (there.status() === 404) {
    return; // It could not be built here; everything else works without it.
  }
  const me = app(page);
  await me.signUp();
  await me.add('Here in both');
  const seen = await refreshes(context);
  // The page asks for the list and the address, the playground for the schema.
  await expire(context, 3);
  const playground = await context.newPage();
  const schema = answers(playground, 1);
  await Promise.all([page.reload(), playground.goto('/graphiql')]);
  await me.expectCount('1 open, 0 done');
  await schema;
  assert.equal(await playground.getByText('Sign in first').isVisible(), false);
  assert.equal(seen.count, 1);
});

scenario('a session that ends keeps what was typed', async ({ page, context }) => {
  const me = app(page);
  const email = await me.signUp();
  await me.add('Anything');
  await me.field.fill('Half a thou');
  await context.route('**/graphql', (route) => route.fulfill(unauthorised), { times: 1 });
  await me.tick('Anything').click();
  await page.getByText('Your session ended. Sign in again to continue.').waitFor();
  assert.equal(new URL(page.url()).pathname, '/auth');
  await me.signIn(email);
  assert.equal(await me.field.inputValue(), 'Half a thou');
  // Done before it ended, and sent now.
  await me.expectCount('0 open, 1 done');
});

scenario('a tab that is gone while it signs out throws nothing away later', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Anything');
  // What such a tab leaves behind.
  await page.evaluate(() => {
    const user = localStorage.getItem('todos.session').replace('in:', '');
    localStorage.setItem('todos.leaving', `${Date.now() - 60_000} ${user}`);
  });
  await me.field.fill('Half a thou');
  await refuseOnce(page, 'UpdateTodo');
  await me.tick('Anything').click();
  await page.getByText('Your session ended. Sign in again to continue.').waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem('todos.session')), 'ended');
});

/** The session has ended by the time of this operation; what else is asked meanwhile is answered. */
async function refuseOnce(where, name) {
  let isFirst = true;
  await where.route('**/graphql', (route) => {
    const refused = isFirst && operation(route) === name;
    isFirst &&= !refused;
    return refused ? route.fulfill(unauthorised) : route.fallback();
  });
}

scenario('a session that ends keeps an edit and a new task', async ({ page, context }) => {
  const me = app(page);
  const email = await me.signUp();
  await me.add('Old words');
  await me.edit('Old words');
  await me.editor.fill('New words');
  await refuseOnce(context, 'UpdateTodo');
  await me.editor.press('Enter');
  await me.signIn(email);
  await me.row('New words').waitFor();

  await refuseOnce(context, 'AddTodos');
  await me.field.fill('Not lost');
  await me.field.press('Enter');
  await me.signIn(email);
  await me.row('Not lost').and(page.locator('.todo:not(.saving)')).waitFor();
  await me.expectCount('2 open, 0 done');
  await page.reload();
  await me.expectCount('2 open, 0 done');
  assert.deepEqual(await me.tasks(), ['Not lost', 'New words']);
});

scenario('one person never meets the drafts of another', async ({ page, context }) => {
  const me = app(page);
  await me.signUp();
  await me.field.fill('Private');
  await context.route('**/graphql', (route) => route.fulfill(unauthorised), { times: 1 });
  await page.reload();
  await page.getByText('Your session ended.').waitFor();
  await me.signUp();
  assert.equal(await me.field.inputValue(), '');
});

scenario('signing out in one tab is noticed in the other', async ({ page, context }) => {
  const me = app(page);
  await me.signUp();
  await me.field.fill('Private');
  const second = await context.newPage();
  await second.goto('/');
  await app(second).ready();
  await second.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Create an account' }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem('todos.drafts')), null);
});

scenario('signing out is no end of the session for a tab that hears of it first', async ({ page, context }) => {
  const me = app(page);
  await me.signUp();
  await me.field.fill('Private');
  const second = await context.newPage();
  await second.goto('/');
  await app(second).ready();
  const welcome = page.getByRole('heading', { name: 'A clear list for a clear head.' });
  await context.route('**/auth/signout', async (route) => {
    const response = await route.fetch();
    await welcome.waitFor();
    await route.fulfill({ response });
  });
  await second.getByRole('button', { name: 'Sign out' }).click();
  await second.getByRole('link', { name: 'Create an account' }).waitFor();
  await welcome.waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem('todos.drafts')), null);
});

scenario('a list without the address is still a list', async ({ page, context }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Still here');
  await context.route('**/graphql', async (route) => {
    if (operation(route) !== 'Session') {
      return route.fallback();
    }
    const response = await route.fetch();
    const answer = await response.json();
    answer.data.session.email = null;
    answer.errors = [{ message: 'Unavailable.', path: ['session', 'email'], extensions: { code: 'SERVICE_UNAVAILABLE' } }];
    await route.fulfill({ response, json: answer });
  });
  await page.reload();
  await me.expectCount('1 open, 0 done');
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
});

// Two accounts in one browser: the cookies are shared, a tab belongs to one of them.
import assert from 'node:assert/strict';
import { app, newEmail, operation } from '../support/app.mjs';
import { scenario } from '../support/scenario.mjs';

const replaced = (page) => app(page).alert.getByText(/Another account has signed in/);

/** A tab that hears nothing from the others, as one that the browser has put to sleep. */
async function deaf(page) {
  await page.addInitScript(() => {
    addEventListener('storage', (event) => event.stopImmediatePropagation(), true);
    addEventListener('focus', (event) => event.target === window && event.stopImmediatePropagation(), true);
  });
  await page.routeWebSocket('**/graphql/ws', () => {});
}

/** Grace signs up in a tab of her own, after Ada has left. */
async function takeOver(context) {
  const page = await context.newPage();
  await page.goto('/');
  const grace = app(page);
  await grace.ready();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Create an account' }).waitFor();
  await grace.signUp();
  await grace.add('Of Grace');
  return page;
}

async function expectOnly(page, tasks) {
  const me = app(page);
  for (const task of tasks) {
    await me.row(task).waitFor();
  }
  assert.deepEqual(await me.tasks(), tasks);
  assert.doesNotMatch(await page.locator('body').innerHTML(), /Ada/);
  assert.equal(await me.field.inputValue(), '');
  const kept = await page.evaluate(() => sessionStorage.getItem('todos.drafts'));
  assert.doesNotMatch(kept ?? '', /Ada/);
}

/** Ada's tab, deaf, and Grace's beside it. */
async function adaThenGrace(page, context) {
  await deaf(page);
  const ada = app(page);
  await ada.signUp();
  await ada.add('Of Ada');
  await ada.field.fill('Ada is still typing');
  return { ada, second: await takeOver(context) };
}

scenario('a tab follows when another signs in somebody else', async ({ page, context }) => {
  const ada = app(page);
  await ada.signUp();
  await ada.add('Of Ada');
  await ada.field.fill('Ada is still typing');
  await takeOver(context);
  // Grace's list may have her todo by now, or not yet.
  await ada.row('Of Ada').waitFor({ state: 'detached' });
  await page.reload();
  await expectOnly(page, ['Of Grace']);
});

scenario('a new task of one is never added to the list of another', async ({ page, context }) => {
  const { ada, second } = await adaThenGrace(page, context);
  await ada.row('Of Ada').waitFor();
  await ada.field.press('Enter');
  await replaced(page).waitFor();
  await expectOnly(page, ['Of Grace']);
  await second.reload();
  await expectOnly(second, ['Of Grace']);
});

scenario('no change of one reaches another', async ({ page, context }) => {
  const { ada, second } = await adaThenGrace(page, context);
  const sent = [];
  page.on('request', (request) => sent.push(request.url()));
  await ada.edit('Of Ada');
  await ada.editor.fill('Ada has other words');
  await ada.editor.press('Enter');
  await replaced(page).waitFor();
  await expectOnly(page, ['Of Grace']);
  // Her own list has been asked for, and nothing else.
  assert.ok(sent.every((url) => url.endsWith('/graphql')), sent.join());
  await second.reload();
  await expectOnly(second, ['Of Grace']);
});

scenario('signing out in a tab of one leaves another signed in', async ({ page, context }) => {
  const { second } = await adaThenGrace(page, context);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await replaced(page).waitFor();
  await expectOnly(page, ['Of Grace']);
  await second.reload();
  await expectOnly(second, ['Of Grace']);
});

scenario('a page that comes back from the history asks who is here', async ({ page, context }) => {
  await adaThenGrace(page, context);
  await page.evaluate(() =>
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })),
  );
  await replaced(page).waitFor();
  await expectOnly(page, ['Of Grace']);
});

scenario('a list that comes late is shown to nobody else', async ({ page, context }) => {
  await deaf(page);
  const ada = app(page);
  await ada.signUp();
  await ada.add('Of Ada');
  let release;
  const held = new Promise((resolve) => (release = resolve));
  let late = true;
  await page.route('**/graphql', async (route) => {
    if (!late || operation(route) !== 'Todos') {
      return route.fallback();
    }
    late = false;
    const response = await route.fetch();
    await held;
    await route.fulfill({ response });
  });
  await page.reload();
  await takeOver(context);
  release();
  await replaced(page).waitFor();
  await expectOnly(page, ['Of Grace']);
});

scenario('a list of somebody else than the tab believes is not shown', async ({ page }) => {
  const ada = app(page);
  await ada.signUp();
  await page.evaluate(() => localStorage.setItem('todos.session', 'in:somebody-else'));
  await page.reload();
  await page.getByText('Your session ended. Sign in again to continue.').waitFor();
});

scenario('a form sent after another tab has signed in signs nobody else in', async ({ page, context }) => {
  await deaf(page);
  await page.goto('/auth?mode=signup');
  await app(page).fill(newEmail());
  const second = await context.newPage();
  const grace = app(second);
  await grace.signUp();
  await grace.add('Of Grace');
  await page.getByRole('button', { name: 'Create account' }).click();
  await app(page).alert.getByText(/signed in in another tab already/).waitFor();
  await expectOnly(page, ['Of Grace']);
  await second.reload();
  await expectOnly(second, ['Of Grace']);
});

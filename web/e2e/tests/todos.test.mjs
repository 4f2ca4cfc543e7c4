// The list: refusals, a service that is down, the keyboard.
import assert from 'node:assert/strict';
import { app, operation } from '../support/app.mjs';
import { scenario } from '../support/scenario.mjs';

const focused = (page) =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id);

const refuse = (code) => (route) =>
  route.fulfill({ json: { data: null, errors: [{ message: 'Refused.', extensions: { code } }] } });

/** Lets the operations of this name meet `handler`, once. */
async function once(page, name, handler) {
  let left = 1;
  await page.route('**/graphql', (route) =>
    left > 0 && operation(route) === name ? ((left -= 1), handler(route)) : route.fallback(),
  );
}

scenario('a refused change is undone and said', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Stubborn');

  await once(page, 'UpdateTodo', refuse('INTERNAL'));
  await me.tick('Stubborn').click();
  await me.alert.getByText(/Stubborn.+wasn.t changed/).waitFor();
  assert.equal(await me.tick('Stubborn').isChecked(), false);
  await me.expectCount('1 open, 0 done');

  await page.getByRole('button', { name: 'Dismiss' }).click();
  await once(page, 'DeleteTodo', refuse('INTERNAL'));
  await me.remove('Stubborn');
  await me.dismiss();
  await me.alert.getByText(/wasn.t deleted/).waitFor();
  await me.row('Stubborn').waitFor();

  await me.dismiss();
  await once(page, 'UpdateTodo', refuse('BAD_USER_INPUT'));
  await me.edit('Stubborn');
  await me.editor.fill('Changed my mind');
  await me.editor.press('Enter');
  await me.alert.getByText(/wasn.t changed. Refused/).waitFor();
  assert.equal(await me.editor.inputValue(), 'Changed my mind');
  await me.editor.press('Enter');
  await me.row('Changed my mind').waitFor();
  await me.alert.getByText('Refused').waitFor({ state: 'detached' });

  await once(page, 'UpdateTodo', refuse('NOT_FOUND'));
  await me.tick('Changed my mind').click();
  await me.alert.getByText(/no longer there/).waitFor();
  await me.empty.waitFor();
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await me.alert.getByText(/no longer there/).waitFor({ state: 'detached' });
});

scenario('quick clicks end where the last one meant', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Restless');
  let hold;
  const held = new Promise((resolve) => (hold = resolve));
  await once(page, 'UpdateTodo', async (route) => {
    await held;
    await route.fallback();
  });
  await me.tick('Restless').click();
  await me.expectCount('0 open, 1 done');
  await me.tick('Restless').click();
  await me.expectCount('1 open, 0 done');
  const last = page.waitForResponse(
    (response) => response.request().postDataJSON()?.variables?.input?.isComplete === false,
  );
  hold();
  await last;
  await page.reload();
  await me.expectCount('1 open, 0 done');
});

scenario('a service that is down is said, with a way to ask again', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Patience');
  // Long, so that the page does not ask again by itself before the button is clicked.
  const down = (route) => route.fulfill({ status: 503, headers: { 'retry-after': '3600' }, json: { message: 'x' } });
  await page.route('**/graphql', down);
  // Silent: its REFETCH would make the page ask again before the click, too.
  await page.routeWebSocket('**/graphql/ws', () => {});
  await page.reload();
  await page.getByText('The service is briefly unavailable. Try again in 60 minutes.').waitFor();
  await page.unroute('**/graphql', down);
  await page.getByRole('button', { name: 'Try again' }).click();
  await me.row('Patience').waitFor();
  await page.getByText('briefly unavailable').waitFor({ state: 'detached' });
});

scenario('the keyboard alone is enough', async ({ page }) => {
  const me = app(page);
  await page.goto('/');
  await page.locator('#app > .page-welcome').waitFor();
  const enter = page.getByRole('link', { name: 'Create an account' });
  await enter.focus();
  await page.keyboard.press('Enter');
  await page.locator('#email:focus').waitFor();
  await page.keyboard.type(`keys-${Date.now()}-${Math.random().toString(36).slice(2)}@example.com`);
  await page.keyboard.press('Tab');
  await page.keyboard.type('correct horse 1');
  await page.keyboard.press('Enter');
  await page.locator('#new-task:focus').waitFor();
  for (const task of ['First', 'Second', 'Third']) {
    await page.keyboard.type(task);
    await page.keyboard.press('Enter');
    await me.row(task).and(page.locator('.todo:not(.saving)')).waitFor();
  }

  // From the field over its button, three filters, the search and what is done to all, to the first row's tick.
  for (let stop = 0; stop < 7; stop += 1) {
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Space');
  await me.expectCount('2 open, 1 done');
  assert.equal(await me.tick('Third').evaluate((tick) => tick === document.activeElement), true);
  await page.keyboard.press('Space');
  await me.expectCount('3 open, 0 done');

  await page.keyboard.press('F2');
  await page.locator('textarea:focus').waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await focused(page), 'Edit Third');
  await page.keyboard.press('Enter');
  await page.locator('textarea:focus').waitFor();
  await page.keyboard.type(' time');
  await page.keyboard.press('Enter');
  await me.row('Third time').waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Edit Third time');

  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await me.row('Third time').waitFor({ state: 'detached' });
  assert.equal(await me.tick('Second').evaluate((tick) => tick === document.activeElement), true);
  await me.expectCount('2 open, 0 done');
});

scenario('an edit ends as its owner means it', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Original');
  await page.getByText('Original', { exact: true }).dblclick();
  await me.editor.fill('Dropped');
  await me.editor.press('Escape');
  assert.deepEqual(await me.tasks(), ['Original']);
  await page.getByText('Original', { exact: true }).dblclick();
  await me.editor.fill('   ');
  await me.editor.press('Enter');
  assert.deepEqual(await me.tasks(), ['Original']);
  await page.getByText('Original', { exact: true }).dblclick();
  await me.editor.fill('Kept');
  const saved = page.waitForResponse('**/graphql');
  await page.getByRole('heading', { name: 'Your tasks' }).click();
  await saved;
  await page.reload();
  await me.ready();
  assert.deepEqual(await me.tasks(), ['Kept']);
});

scenario('texts that could not be saved come back, each with its own reason', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Milk', 'Bread', 'Tea');
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route('**/graphql', async (route) => {
    if (operation(route) !== 'UpdateTodo') {
      return route.fallback();
    }
    await held;
    await refuse('INTERNAL')(route);
  });
  for (const [before, after] of [['Milk', 'Oat milk'], ['Bread', 'Rye bread']]) {
    await me.edit(before);
    await me.editor.fill(after);
    await me.editor.press('Enter');
    await me.row(after).waitFor();
  }
  await me.edit('Tea');
  await me.editor.fill('Green t');
  release();
  await me.alert.getByText(/Milk.+wasn.t changed/).waitFor();
  await me.alert.getByText(/Bread.+wasn.t changed/).waitFor();
  const text = (task) => page.getByRole('textbox', { name: `Edit ${task}` });
  assert.equal(await focused(page), 'Edit Tea', 'whoever is writing writes on');
  assert.equal(await text('Tea').inputValue(), 'Green t');
  assert.equal(await text('Milk').inputValue(), 'Oat milk');
  assert.equal(await text('Bread').inputValue(), 'Rye bread');

  await page.unrouteAll();
  await page.reload();
  assert.equal(await text('Tea').inputValue(), 'Green t');
  assert.equal(await text('Bread').inputValue(), 'Rye bread');
  await text('Milk').press('Enter');
  await me.row('Oat milk').waitFor();
  assert.equal(await text('Bread').inputValue(), 'Rye bread');
});

scenario('each task tells when it was written down, in words and on demand to the second', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Water the tomatoes');
  const age = me.row('Water the tomatoes').locator('time');
  await age.filter({ hasText: 'just now' }).waitFor();
  const at = new Date(await age.getAttribute('datetime'));
  assert.ok(Math.abs(Date.now() - at) < 60_000, `${at}`);
  await age.hover();
  assert.equal(await age.getAttribute('title'), await age.evaluate((time) => new Date(time.dateTime).toLocaleString()));

  const later = { '5 min ago': 5 * 60_000 + 1_000, yesterday: 24 * 3_600_000 };
  for (const [said, ms] of Object.entries(later)) {
    await page.clock.setSystemTime(at.getTime() + ms);
    await page.reload();
    await age.filter({ hasText: said }).waitFor();
  }
});

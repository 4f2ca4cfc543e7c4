// A deletion can be taken back; nothing is lost and nothing comes back that was not asked for.
import assert from 'node:assert/strict';
import { app, operation, stopTimers, stored } from '../support/app.mjs';
import { scenario } from '../support/scenario.mjs';

const undo = (page) => page.getByRole('button', { name: 'Undo' });
const tasks = async (page) => (await stored(page)).map(({ task }) => task);
const deletion = (page) =>
  page.waitForResponse((answer) => answer.url().endsWith('/graphql') && operation(answer) === 'DeleteTodo');

scenario('a deletion can be taken back, several together', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Milk', 'Bread', 'Tea');
  await stopTimers(page);
  await me.remove('Bread');
  await me.alert.getByText('“Bread” deleted.').waitFor();
  assert.equal(await me.tick('Milk').evaluate((tick) => tick === document.activeElement), true);
  await me.expectCount('2 open, 0 done');
  await undo(page).click();
  await me.row('Bread').waitFor();
  assert.equal(await me.tick('Bread').evaluate((tick) => tick === document.activeElement), true);
  assert.equal(await undo(page).count(), 0);

  await me.remove('Tea');
  await me.remove('Bread');
  await me.alert.getByText('2 tasks deleted.').waitFor();
  await undo(page).click();
  await me.expectCount('3 open, 0 done');
  assert.deepEqual(await me.tasks(), ['Tea', 'Bread', 'Milk']);
  assert.deepEqual(await tasks(page), ['Tea', 'Bread', 'Milk']);
});

scenario('a deletion is sent when its time is over', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Milk', 'Bread');
  const sent = deletion(page);
  await me.remove('Bread');
  await page.mouse.move(0, 0);
  await undo(page).waitFor({ state: 'detached' });
  await sent;
  assert.deepEqual(await tasks(page), ['Milk']);
});

scenario('a deletion outlives the page that is left', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Milk', 'Bread');
  await me.remove('Bread');
  const sent = deletion(page);
  await page.reload();
  await me.expectCount('1 open, 0 done');
  assert.deepEqual(await me.tasks(), ['Milk']);
  await Promise.race([sent, page.waitForFunction(() => !Object.keys(localStorage).some((key) => key.includes('queue')))]);
  await me.expectCount('1 open, 0 done');
});

scenario('whoever signs out has meant it', async ({ page }) => {
  const me = app(page);
  const email = await me.signUp();
  await me.add('Milk', 'Bread');
  await me.remove('Bread');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Create an account' }).waitFor();
  assert.equal(await page.evaluate(() => Object.keys(localStorage).some((key) => key.includes('queue'))), false);
  await page.getByRole('banner').getByRole('link', { name: 'Sign in' }).click();
  await me.signIn(email);
  assert.deepEqual(await me.tasks(), ['Milk']);
});

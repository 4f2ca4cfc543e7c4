// What was done to the list goes on while another page is up, and reaches the list that comes up next.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { app, isSent, operation, stopTimers, stored } from '../support/app.mjs';
import { scenario } from '../support/scenario.mjs';

const toAccount = async (page) => {
  await page.getByRole('link', { name: /^Account/ }).click();
  await page.getByRole('heading', { name: 'Your account' }).waitFor();
};

const andBack = async (page) => {
  await page.goBack();
  await app(page).ready();
};

scenario('a task whose answer comes after a look at the account is there once', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Milk');
  let arrive;
  const arrives = new Promise((resolve) => (arrive = resolve));
  await page.route('**/graphql', async (route) => {
    if (operation(route) !== 'AddTodos') return route.fallback();
    const response = await route.fetch();
    await arrives;
    return route.fulfill({ response });
  });
  await me.field.fill('Bread');
  await me.field.press('Enter');
  await toAccount(page);
  await andBack(page);
  // By now the list has it, and it is not known to be ours.
  await page.locator('.todo:not(.saving)').filter({ hasText: 'Bread' }).waitFor();
  arrive();
  await isSent(page);
  await page.locator('.todo.saving').waitFor({ state: 'detached' });
  await me.expectCount('2 open, 0 done');
  assert.deepEqual(await me.tasks(), ['Bread', 'Milk']);
});

scenario('what was deleted before a look at the account can be taken back after it', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Milk', 'Bread');
  await stopTimers(page);
  await me.remove('Bread');
  await toAccount(page);
  await andBack(page);
  await me.expectCount('1 open, 0 done');
  await page.getByRole('button', { name: 'Undo' }).click();
  await me.row('Bread').waitFor();
  await me.expectCount('2 open, 0 done');
  assert.equal((await stored(page)).length, 2);
});

scenario('what is sent at a sign-out that fails is no longer laid over the list', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Milk', 'Bread');
  await me.tick('Milk').click();
  await me.expectCount('1 open, 1 done');
  await isSent(page);
  await page.getByRole('button', { name: 'Clear done' }).click();
  await me.expectCount('1 open, 0 done');
  await page.route('**/auth/signout', (route) => route.abort());
  await page.getByRole('button', { name: 'Sign out' }).click();
  await me.alert.getByText('You are still signed in.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Undo' }).count(), 0);
  assert.deepEqual(await stored(page), [{ task: 'Bread', isComplete: false }]);
  await me.tick('Bread').click();
  await me.expectCount('0 open, 1 done');
});

scenario('each look at the account leaves nobody behind who tries again', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  let count = 0;
  await page.route('**/graphql', (route) => {
    if (operation(route) !== 'AddTodos') return route.fallback();
    count += 1;
    return route.abort();
  });
  await me.field.fill('Milk');
  await me.field.press('Enter');
  for (let visits = 0; visits < 4; visits += 1) {
    await toAccount(page);
    await andBack(page);
  }
  await me.row('Milk').getByText('Waiting', { exact: true }).waitFor();
  const before = count;
  await delay(5_000);
  assert.ok(count - before <= 2, `${count - before} times`);
});

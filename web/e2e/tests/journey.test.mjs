// The whole path, once, as a new user walks it.
import assert from 'node:assert/strict';
import { app, newEmail, operation } from '../support/app.mjs';
import { scenario } from '../support/scenario.mjs';

scenario('a new user keeps todos that only they can see', async ({ page, open, faults }) => {
  const me = app(page);
  const email = newEmail();
  await page.goto('/');
  await page.getByRole('link', { name: 'Create an account' }).click();
  await me.fill(email);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('heading', { name: 'Nothing to do yet' }).waitFor();
  await page.getByText(email).waitFor();

  await me.add('Buy milk', 'Call the dentist', 'Water the plants');
  assert.deepEqual(await me.tasks(), ['Water the plants', 'Call the dentist', 'Buy milk']);
  await me.expectCount('3 open, 0 done');

  await me.tick('Call the dentist').click();
  await me.expectCount('2 open, 1 done');
  assert.deepEqual(await me.tasks(), ['Water the plants', 'Buy milk', 'Call the dentist']);

  await me.edit('Buy milk');
  await me.editor.fill('Buy oat milk');
  await me.editor.press('Enter');
  await me.row('Buy oat milk').waitFor();

  // The list shows it at once; a reload before the answer could cut the request off.
  const removed = page.waitForResponse(
    (answer) => answer.url().endsWith('/graphql') && operation(answer) === 'DeleteTodo',
  );
  await me.remove('Water the plants');
  await me.dismiss();
  await me.expectCount('1 open, 1 done');
  await removed;

  await page.reload();
  await me.ready();
  await page.getByText(email).waitFor();
  assert.deepEqual(await me.tasks(), ['Buy oat milk', 'Call the dentist']);
  assert.equal(await me.tick('Call the dentist').isChecked(), true);

  const other = app(await (await open()).newPage());
  await other.signUp();
  await other.empty.waitFor();
  assert.deepEqual(await other.tasks(), []);

  assert.deepEqual(faults, [], 'the console stays empty, the content security policy unbroken');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Create an account' }).waitFor();
  await page.getByRole('banner').getByRole('link', { name: 'Sign in' }).click();
  await me.signIn(email);
  assert.deepEqual(await me.tasks(), ['Buy oat milk', 'Call the dentist']);

  // What was on its way as the session ended is refused.
  const told = faults.filter((fault) => !fault.includes('status of 401'));
  assert.deepEqual(told, [], 'and so to the end');
});

scenario('no token is within reach of script', async ({ page, context }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Something');
  const cookies = await context.cookies();
  const access = cookies.find((cookie) => cookie.name === 'sAccessToken');
  assert.equal(access?.httpOnly, true);
  const reach = await page.evaluate(() =>
    JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]),
  );
  for (const { value } of cookies) {
    assert.equal(reach.includes(value), false);
  }
  assert.doesNotMatch(reach, /eyJ|token/i);
});

scenario('the page sends the hashes of its operations, and no text', async ({ page }) => {
  const sent = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/graphql')) {
      sent.push(request.postDataJSON());
    }
  });
  const me = app(page);
  await me.signUp();
  await me.add('Something');
  assert.ok(sent.some(({ operationName }) => operationName === 'AddTodos'));
  for (const { query, extensions } of sent) {
    assert.equal(query, undefined);
    assert.match(extensions.persistedQuery.sha256Hash, /^[0-9a-f]{64}$/);
  }
});

scenario('text that looks like markup stays text', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  const nasty = '<img src=x onerror="window.broken=1"> javascript:alert(1)';
  await me.add(nasty);
  assert.deepEqual(await me.tasks(), [nasty]);
  await page.reload();
  await me.ready();
  assert.deepEqual(await me.tasks(), [nasty]);
  assert.equal(await page.locator('main img').count(), 0);
  assert.equal(await page.evaluate(() => window.broken), undefined);
});

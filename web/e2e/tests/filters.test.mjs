// What is shown of the list stands in the address; what is done to all of it; several lines at once.
import assert from 'node:assert/strict';
import { app, operation, record, seed, startTimers, stopTimers, stored } from '../support/app.mjs';
import { scenario } from '../support/scenario.mjs';

const show = (page, name) => page.getByRole('link', { name, exact: true });
const search = (page) => page.getByRole('searchbox');
const shows = (page, tasks) =>
  page.waitForFunction(
    (tasks) =>
      JSON.stringify([...document.querySelectorAll('.todo > .todo-text')].map((text) => text.innerText)) === tasks,
    JSON.stringify(tasks),
  );

scenario('a filter stands in the address and is left by the way back', async ({ page, context }) => {
  const me = app(page);
  await me.signUp();
  await seed(page, ['Milk', 'Bread', 'Tea']);
  await shows(page, ['Tea', 'Bread', 'Milk']);
  await me.tick('Bread').click();
  await me.expectCount('2 open, 1 done');

  await show(page, 'Open').click();
  await shows(page, ['Tea', 'Milk']);
  await page.waitForURL('**/?show=open');
  assert.equal(await show(page, 'Open').getAttribute('aria-current'), 'page');
  await me.expectCount('2 open, 1 done');

  // What is done is shown no more, and the focus goes on to the next.
  await me.tick('Tea').press('Space');
  await shows(page, ['Milk']);
  assert.equal(await me.tick('Milk').evaluate((tick) => tick === document.activeElement), true);

  await show(page, 'Done').click();
  await shows(page, ['Tea', 'Bread']);
  await page.waitForURL('**/?show=done');
  await page.goBack();
  await shows(page, ['Milk']);
  await page.goBack();
  await shows(page, ['Milk', 'Tea', 'Bread']);
  await page.goForward();
  await shows(page, ['Milk']);

  const other = await context.newPage();
  await other.goto('/?show=done');
  await shows(other, ['Tea', 'Bread']);
});

scenario('a search is asked for when its words are there', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await seed(page, ['Oat milk', 'Bread', 'Milk chocolate']);
  await shows(page, ['Milk chocolate', 'Bread', 'Oat milk']);
  const asked = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/graphql') && request.postDataJSON().operationName === 'Todos') {
      asked.push(request.postDataJSON().variables.filter.taskContains);
    }
  });
  // No pause between two letters is taken for the end of the word.
  await stopTimers(page);
  await search(page).pressSequentially('MILK');
  await startTimers(page);
  await shows(page, ['Milk chocolate', 'Oat milk']);
  await page.waitForURL('**/?q=MILK');
  assert.deepEqual(asked.filter(Boolean), ['MILK']);
  await page.reload();
  await shows(page, ['Milk chocolate', 'Oat milk']);
  assert.equal(await search(page).inputValue(), 'MILK');

  await search(page).fill('honey & "jam"');
  await page.getByText('Nothing here has these words.').waitFor();
  await page.goBack();
  await shows(page, ['Milk chocolate', 'Bread', 'Oat milk']);
  assert.equal(await search(page).inputValue(), '');

  // Whoever adds wants to see what was added.
  await search(page).fill('bread');
  await shows(page, ['Bread']);
  await me.add('Butter');
  await shows(page, ['Butter', 'Milk chocolate', 'Bread', 'Oat milk']);
});

scenario('all can be completed, and the done ones cleared', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await seed(page, ['Milk', 'Bread', 'Tea']);
  await me.expectCount('3 open, 0 done');
  await page.getByRole('button', { name: 'Complete all' }).click();
  await me.expectCount('0 open, 3 done');
  await page.getByText('All done. Enjoy the quiet.').waitFor();
  await me.add('Coffee');
  assert.deepEqual((await stored(page)).map(({ isComplete }) => isComplete), [false, true, true, true]);

  await stopTimers(page);
  await page.getByRole('button', { name: 'Clear done' }).click();
  await me.expectCount('1 open, 0 done');
  await page.getByRole('button', { name: 'Undo' }).click();
  await startTimers(page);
  await me.expectCount('1 open, 3 done');
  const cleared = page.waitForResponse(
    (answer) => answer.url().endsWith('/graphql') && operation(answer) === 'ClearCompleted',
  );
  await page.getByRole('button', { name: 'Clear done' }).click();
  await me.dismiss();
  await cleared;
  assert.deepEqual((await stored(page)).map(({ task }) => task), ['Coffee']);
  await me.expectCount('1 open, 0 done');
});

/** As the browser does it when somebody pastes. */
const paste = (field, text) =>
  field.evaluate((field, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', text);
    field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);

scenario('several pasted lines become several todos, for who says so', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  const sent = record(page);
  await paste(me.field, 'Milk\r\n\r\n  Bread \nTea\n');
  await page.getByRole('button', { name: 'Cancel' }).click();
  assert.deepEqual(await me.tasks(), []);
  assert.equal(await me.field.evaluate((field) => field === document.activeElement), true);

  await paste(me.field, 'Milk\r\n\r\n  Bread \nTea\n');
  const each = page.getByRole('button', { name: 'Add 3 tasks' });
  await page.waitForFunction(() => document.activeElement?.id === 'add-lines');
  await each.click();
  await shows(page, ['Tea', 'Bread', 'Milk']);
  await page.locator('.todo.saving').first().waitFor({ state: 'detached' });
  assert.deepEqual((await sent.executed()).filter((name) => name === 'AddTodos'), ['AddTodos']);

  await paste(me.field, 'One\nlong thought');
  await page.getByRole('button', { name: 'As one task' }).click();
  assert.equal(await me.field.inputValue(), 'One long thought');
});

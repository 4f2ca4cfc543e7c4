// What one tab does, another shows once: no row comes twice, goes for a moment, or is drawn anew for nothing.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { app, ask, seed, seedMany, startTimers, stopTimers, stored } from '../support/app.mjs';
import { cut, film } from '../support/film.mjs';
import { scenario } from '../support/scenario.mjs';

/** In milliseconds: between two things that happen at once where nothing is slow. */
const LATE = 300;

/** Waits until it is so. A page that is not in front has no clock to wait by. */
async function until(holds, otherwise) {
  const deadline = Date.now() + 120_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, otherwise);
    await delay(10);
  }
}

const lastShot = (page) => page.evaluate(() => window.shots.at(-1));

const isSent = (page) =>
  page.evaluate(() => Object.keys(localStorage).every((key) => !key.startsWith('todos.queue.')));

/** Two tabs that are told of changes: how often they were told to read the list, and of how many changes. */
async function twoTabs(page, context, { news = 0, answers = 0 }) {
  let begun = 0;
  let told = 0;
  await context.routeWebSocket('**/graphql/ws', (socket) => {
    const server = socket.connectToServer();
    server.onMessage(async (message) => {
      if (message.includes('"next"')) {
        await delay(news);
        if (message.includes('"REFETCH"')) begun += 1;
        else told += 1;
      }
      socket.send(message);
    });
  });
  if (answers) {
    await context.route('**/graphql', async (route) => {
      const answer = await route.fetch();
      await delay(route.request().postDataJSON().operationName === 'Todos' ? 0 : answers);
      await route.fulfill({ response: answer });
    });
  }
  const me = app(page);
  await me.signUp();
  const other = await context.newPage();
  await other.goto('/');
  await app(other).ready();
  return { me, other, begun: () => begun, told: () => told };
}

for (const [when, times] of Object.entries({
  'at once': {},
  'later than the answers': { news: LATE },
  'earlier than the answers': { answers: LATE },
})) {
  scenario(`each change is shown once where the news come ${when}`, async ({ page, context }) => {
    const { me, other, begun, told } = await twoTabs(page, context, times);
    const both = [page, other];
    await until(() => begun() >= 2, 'they are not told how it begins');
    await page.bringToFront();
    await film(page);
    await film(other);
    let before = 'empty: ';
    /** Does something that is to be shown as these states, puts these rows into the page, and is told so often. */
    const step = async (what, { shown, put = [], news }, act) => {
      const heard = told();
      await act();
      for (const tab of both) {
        await until(async () => (await lastShot(tab)) === shown.at(-1), `${what} is not shown`);
      }
      // What can be taken back is told to nobody.
      if (news) {
        await until(() => isSent(page), `${what} is not sent`);
        await until(() => told() >= heard + 2 * news, `${what} is not told`);
        // Where the machine is slow both tabs may have sent it, which does no harm but is told twice.
        for (let last; last !== told(); ) {
          last = told();
          await delay((times.news ?? 0) + 50);
        }
      }
      for (const [name, tab] of Object.entries({ here: page, there: other })) {
        const { shots, put: rows } = await cut(tab);
        assert.deepEqual(shots, [before, ...shown], `${what}, ${name}`);
        assert.deepEqual(rows.toSorted(), put.toSorted(), `${what}, ${name}: rows that were put in`);
      }
      before = shown.at(-1);
    };
    const enter = async (task) => {
      await me.field.fill(task);
      await me.field.press('Enter');
    };
    const remove = () => page.getByRole('button', { name: 'Delete Eggs' }).click();

    const all = '4 open, 0 done: Bread, Eggs, Bread, Oat milk';
    const rest = '3 open, 0 done: Bread, Bread, Oat milk';
    await step('a first task', { shown: ['1 open, 0 done: Milk'], put: ['Milk'], news: 1 }, () => enter('Milk'));
    const several = [
      '2 open, 0 done: Bread, Milk',
      '3 open, 0 done: Eggs, Bread, Milk',
      '4 open, 0 done: Bread, Eggs, Bread, Milk',
    ];
    await step('several', { shown: several, put: ['Bread', 'Eggs', 'Bread'], news: 3 }, async () => {
      for (const task of ['Bread', 'Eggs', 'Bread']) await enter(task);
    });
    const ticked = ['3 open, 1 done: Bread, Bread, Milk, ✓ Eggs'];
    await step('done', { shown: ticked, put: ['Eggs'], news: 1 }, () => me.tick('Eggs').click());
    const open = several.slice(-1);
    await step('open again', { shown: open, put: ['Eggs'], news: 1 }, () => me.tick('Eggs').click());
    await step('another text', { shown: [all], news: 1 }, async () => {
      await me.edit('Milk');
      await me.editor.fill('Oat milk');
      await me.editor.press('Enter');
    });
    await step('deleted', { shown: [rest] }, async () => {
      await stopTimers(page);
      await remove();
    });
    await step('taken back', { shown: [all], put: ['Eggs'] }, async () => {
      await page.getByRole('button', { name: 'Undo' }).click();
      await startTimers(page);
    });
    await step('deleted for good', { shown: [rest], news: 1 }, async () => {
      await remove();
      await me.dismiss();
    });
    const done = ['0 open, 3 done: ✓ Bread, ✓ Bread, ✓ Oat milk'];
    await step('all done', { shown: done, news: 3 }, () =>
      page.getByRole('button', { name: 'Complete all' }).click(),
    );
    await step('cleared', { shown: ['empty: '], news: 3 }, async () => {
      await page.getByRole('button', { name: 'Clear done' }).click();
      await me.dismiss();
    });
  });
}

scenario('whoever writes or has the focus keeps it while rows come and go', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await seed(page, ['Milk', 'Bread', 'Eggs']);
  for (const task of ['Milk', 'Bread', 'Eggs']) await me.row(task).waitFor();
  const { todos } = await ask(page, '{ todos { nodes { id task } } }');
  const toggle = (task) =>
    ask(page, 'mutation ($id: ID!) { toggleTodo(id: $id) { todo { id } } }', {
      id: todos.nodes.find((todo) => todo.task === task).id,
    });
  /** What is done elsewhere, with the row in question itself at last. */
  const elsewhere = async (task) => {
    await toggle('Eggs');
    await me.expectCount('2 open, 1 done');
    await toggle('Milk');
    await me.expectCount('1 open, 2 done');
    await toggle(task);
    await me.expectCount('0 open, 3 done');
    for (const one of ['Milk', 'Eggs', task]) await toggle(one);
    await me.expectCount('3 open, 0 done');
  };
  const focused = () =>
    page.evaluate(() => {
      const { activeElement: element } = document;
      return [element.ariaLabel, element.value, element.selectionStart, element.sameAsBefore];
    });
  const mark = () => page.evaluate(() => (document.activeElement.sameAsBefore = true));

  await me.tick('Bread').focus();
  await mark();
  await elsewhere('Bread');
  assert.deepEqual(await focused(), ['Bread', 'on', null, true]);

  await me.edit('Bread');
  await me.editor.fill('Rye br');
  await me.editor.press('ArrowLeft');
  await mark();
  await elsewhere('Bread');
  assert.deepEqual(await focused(), ['Edit Bread', 'Rye br', 5, true]);
  await me.editor.press('End');
  await me.editor.pressSequentially('ead');
  await me.editor.press('Enter');
  await me.row('Rye bread').waitFor();
});

scenario('on a slow machine, too, whoever writes keeps the focus', async ({ page, context }) => {
  const me = app(page);
  await me.signUp();
  await seedMany(page, Array.from({ length: 60 }, (_, at) => `Task ${at}.`));
  await me.expectCount('60 open, 0 done');
  const { todos } = await ask(page, '{ todos(first: 20) { nodes { id task } } }');
  const [first, ...others] = todos.nodes;
  const toggle = ({ id }) =>
    ask(page, 'mutation ($id: ID!) { toggleTodo(id: $id) { todo { id } } }', { id });
  const tools = await context.newCDPSession(page);
  await tools.send('Emulation.setCPUThrottlingRate', { rate: 6 });
  await me.edit(first.task);
  await me.editor.fill('Half a thou');
  await toggle(first);
  await me.expectCount('59 open, 1 done');
  // Several at once: the list is drawn again before it has come to rest.
  await Promise.all([first, ...others].map(toggle));
  await me.expectCount('41 open, 19 done');
  await page.keyboard.type('ght');
  assert.equal(await me.editor.inputValue(), 'Half a thought');
  assert.equal((await stored(page)).some(({ task }) => task.startsWith('Half')), false);
});

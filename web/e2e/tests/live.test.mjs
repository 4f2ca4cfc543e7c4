// Two tabs, two devices, two users: what happens in one is seen in the others that may see it.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { app, ask, isSent, operation, stored } from '../support/app.mjs';
import { cut, film } from '../support/film.mjs';
import { scenario } from '../support/scenario.mjs';

/** Resolves when the page has been told of something by its socket. */
const told = (page) =>
  new Promise((resolve) => {
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => String(payload).includes('"next"') && resolve()),
    );
  });

/** A page of the same user elsewhere, which is told of changes already. */
async function elsewhere(context, email) {
  const page = await context.newPage();
  const listens = told(page);
  await page.goto(email ? '/auth' : '/');
  await (email ? app(page).signIn(email) : app(page).ready());
  await listens;
  return page;
}

/** Counts how many rows of a task a page has ever had at once. */
const twins = (page, task) =>
  page.evaluate((task) => {
    window.most = 0;
    const count = () => {
      const rows = [...document.querySelectorAll('.todo')].filter((row) => row.innerText.includes(task));
      window.most = Math.max(window.most, rows.length);
    };
    new MutationObserver(count).observe(document.body, { childList: true, subtree: true, characterData: true });
  }, task);

/** As they are opened, each led to the service. */
async function socketsOf(context) {
  const sockets = [];
  await context.routeWebSocket('**/graphql/ws', (socket) => {
    sockets.push(socket);
    socket.connectToServer();
  });
  return sockets;
}

scenario('two tabs and two devices keep in step', async ({ page, context, open }) => {
  const me = app(page);
  const email = await me.signUp();
  const others = [await elsewhere(context), await elsewhere(await open(), email)];
  for (const other of others) {
    await twins(other, 'Milk');
  }
  await twins(page, 'Milk');
  await me.add('Milk');
  for (const other of others) {
    await app(other).row('Milk').and(other.locator('.todo:not(.saving)')).waitFor();
    await app(other).expectCount('1 open, 0 done');
  }
  await app(others[1]).tick('Milk').click();
  await me.expectCount('0 open, 1 done');
  await app(others[0]).expectCount('0 open, 1 done');
  await me.edit('Milk');
  await me.editor.fill('Oat Milk');
  await me.editor.press('Enter');
  for (const other of others) {
    await app(other).row('Oat Milk').waitFor();
  }
  for (const tab of [page, ...others]) {
    assert.equal(await tab.evaluate(() => window.most), 1, 'no twin at any time');
  }
  await app(others[0]).remove('Oat Milk');
  await app(others[0]).dismiss();
  await me.empty.waitFor();
  await app(others[1]).empty.waitFor();
});

scenario('an answer that comes late does not undo what others did since', async ({ page, open }) => {
  const me = app(page);
  const email = await me.signUp();
  await me.add('Milk');
  const other = await elsewhere(await open(), email);
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route('**/graphql', async (route) => {
    const answer = await route.fetch();
    if (operation(route) === 'UpdateTodo') await held;
    await route.fulfill({ response: answer });
  });
  await me.tick('Milk').click();
  await app(other).expectCount('0 open, 1 done');
  await app(other).edit('Milk');
  await app(other).editor.fill('Oat milk');
  await app(other).editor.press('Enter');
  await me.row('Oat milk').waitFor();
  await film(page);
  release();
  await isSent(page);
  // What the answer says is drawn by then.
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  assert.deepEqual((await cut(page)).shots, ['0 open, 1 done: ✓ Oat milk']);
});

scenario('nobody is told of the todos of others', async ({ page, open }) => {
  const me = app(page);
  await me.signUp();
  const other = await (await open()).newPage();
  const frames = [];
  other.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload))));
  await app(other).signUp();
  await me.add('Private');
  await app(other).add('My own');
  await app(other).expectCount('1 open, 0 done');
  assert.deepEqual(await app(other).tasks(), ['My own']);
  assert.equal(frames.some((frame) => frame.includes('Private')), false);
});

scenario('what was missed is caught up with', async ({ page, context }) => {
  const me = app(page);
  const sockets = await socketsOf(context);
  await me.signUp();
  await me.add('Before');
  const add = (task) =>
    ask(page, 'mutation ($input: AddTodoInput!) { addTodo(input: $input) { todo { id } } }', { input: { task } });
  await sockets.at(-1).close({ code: 1001 });
  await add('While it was away');
  await me.row('While it was away').waitFor();
  await me.expectCount('2 open, 0 done');
  await add('And again');
  await me.row('And again').waitFor();
});

scenario('where there is no socket, who looks is shown what is there', async ({ page, context }) => {
  const me = app(page);
  await context.routeWebSocket('**/graphql/ws', (socket) => socket.close({ code: 1011 }));
  await me.signUp();
  await me.add('Here');
  await ask(page, 'mutation { addTodo(input: {task: "Elsewhere"}) { todo { id } } }');
  await page.evaluate(() => dispatchEvent(new Event('focus')));
  await me.row('Elsewhere').waitFor();
  assert.equal((await stored(page)).length, 2);
});

scenario('a page that is put away holds no socket, and catches up when it is back', async ({ page }) => {
  const me = app(page);
  const open = new Set();
  page.on('websocket', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  const listens = told(page);
  await me.signUp();
  await listens;
  assert.equal(open.size, 1);
  const [socket] = open;
  const closed = socket.waitForEvent('close');
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
  await closed;
  await ask(page, 'mutation { addTodo(input: {task: "Meanwhile"}) { todo { id } } }');
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  await me.row('Meanwhile').waitFor();
});

scenario('what was missed is asked for again where the service has no time', async ({ page, context }) => {
  const me = app(page);
  const sockets = await socketsOf(context);
  await me.signUp();
  await me.add('Before');
  let isShed = false;
  await page.route('**/graphql', (route) => {
    if (operation(route) !== 'Todos' || isShed) return route.fallback();
    isShed = true;
    return route.fulfill({ status: 503, headers: { 'retry-after': '1' }, json: { message: 'overloaded' } });
  });
  await sockets.at(-1).close({ code: 1001 });
  await ask(page, 'mutation { addTodo(input: {task: "While it was away"}) { todo { id } } }');
  await me.row('While it was away').waitFor();
  await page.locator('.trouble').waitFor({ state: 'detached' });
  assert.equal(isShed, true);
});

scenario('a socket that is dead and does not know it is noticed by who looks', async ({ page, context }) => {
  const me = app(page);
  // Its timers run as usual, and on when the test says so.
  await page.clock.install();
  let isDead = false;
  let count = 0;
  const events = new EventEmitter();
  await context.routeWebSocket('**/graphql/ws', (socket) => {
    const server = socket.connectToServer();
    count += 1;
    const dies = count === 1;
    socket.onMessage((message) => {
      if (!dies || !isDead) return server.send(message);
      if (message.includes('"ping"')) events.emit('ping');
    });
    server.onMessage((message) => {
      if (dies && isDead) return;
      socket.send(message);
      if (message.includes('"pong"')) events.emit('pong');
    });
  });
  await me.signUp();
  await me.add('Before');
  // It answers as long as it lives. The page waits ten seconds for that.
  const pong = once(events, 'pong');
  await page.evaluate(() => dispatchEvent(new Event('focus')));
  await pong;
  await page.clock.fastForward(11_000);
  assert.equal(count, 1);
  isDead = true;
  await ask(page, 'mutation { addTodo(input: {task: "While it was dead"}) { todo { id } } }');
  const ping = once(events, 'ping');
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
  await ping;
  await page.clock.fastForward(11_000);
  await me.row('While it was dead').waitFor();
  assert.equal(count, 2);
  await ask(page, 'mutation { addTodo(input: {task: "And again"}) { todo { id } } }');
  await me.row('And again').waitFor();
});

// The page as a person sees it: fields, buttons and rows by the names that are shown.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

export const password = 'correct horse 1';

export const newEmail = () => `e2e-${randomUUID()}@example.com`;

/** A page of the app with its parts and the things that are done to it. */
export function app(page) {
  const field = page.getByLabel('New task');
  const row = (task) => page.getByRole('listitem').filter({ hasText: task });
  return {
    field,
    row,
    tick: (task) => page.getByRole('checkbox', { name: task, exact: true }),
    counter: page.locator('#counter'),
    empty: page.getByRole('heading', { name: 'Nothing to do yet' }),
    editor: page.locator('textarea'),
    alert: page.locator('.toasts'),

    async fill(email, secret = password) {
      await page.getByLabel('Email').fill(email);
      await page.getByLabel('Password', { exact: true }).fill(secret);
    },

    async signUp(email = newEmail()) {
      await page.goto('/auth?mode=signup');
      await this.fill(email);
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.getByRole('heading', { name: 'Your tasks' }).waitFor();
      await this.ready();
      return email;
    },

    async signIn(email) {
      await this.fill(email);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { name: 'Your tasks' }).waitFor();
      await this.ready();
    },

    /** Waits until the list has come, and be it empty. */
    async ready() {
      await this.counter.filter({ hasText: /open/ }).or(this.empty).waitFor();
    },

    async add(...tasks) {
      for (const task of tasks) {
        await field.fill(task);
        await field.press('Enter');
        await row(task).and(page.locator('.todo:not(.saving)')).waitFor();
      }
    },

    async edit(task) {
      const finger = await page.evaluate(() => matchMedia('(pointer: coarse)').matches);
      if (finger) {
        await row(task).getByText(task).tap();
      } else {
        await row(task).hover();
        await page.getByRole('button', { name: `Edit ${task}` }).click();
      }
      await this.editor.waitFor();
    },

    async remove(task) {
      await row(task).hover();
      await page.getByRole('button', { name: `Delete ${task}` }).click();
      await row(task).waitFor({ state: 'detached' });
    },

    /** Ends the offer to undo, which may have ended by itself on a busy machine. */
    async dismiss() {
      const button = page.getByRole('button', { name: 'Dismiss' });
      const click = button.click();
      // Rejected later, when nothing is there to be clicked.
      click.catch(() => {});
      await Promise.race([click, button.waitFor({ state: 'detached' })]);
    },

    tasks: () => page.locator('.todo > .todo-text').allInnerTexts(),

    async expectCount(text) {
      await this.counter.filter({ hasText: new RegExp(`^${text}$`) }).waitFor();
    },
  };
}

/** What the API answers to who is signed in in the page's browser. */
export async function ask(page, query, variables = {}) {
  const answer = await page.request.post('/graphql', {
    headers: { rid: 'anti-csrf' },
    data: { query, variables },
  });
  const { data } = await answer.json();
  assert.ok(data, await answer.text());
  return data;
}

/** Tasks put in without the page, oldest first. */
export async function seed(page, tasks) {
  const one = 'mutation ($input: AddTodoInput!) { addTodo(input: $input) { todo { id } } }';
  for (const task of tasks) {
    await ask(page, one, { input: { task } });
  }
}

/** A list to look at, of who has signed up: these tasks, oldest first, of which some are done. */
export async function furnish(page, tasks, done) {
  await seed(page, tasks);
  await page.reload();
  const me = app(page);
  await me.ready();
  for (const task of done) await me.tick(task).click();
  await me.expectCount(`${tasks.length - done.length} open, ${done.length} done`);
}

/** Many of them, in no order. */
export async function seedMany(page, tasks) {
  const many = 'mutation ($inputs: [AddTodoInput!]!) { addTodos(inputs: $inputs) { todos { id } } }';
  for (let at = 0; at < tasks.length; at += 100) {
    const inputs = tasks.slice(at, at + 100).map((task) => ({ task }));
    await ask(page, many, { inputs });
  }
}

/** What is on the server, in its order. */
export async function stored(page) {
  const { todos } = await ask(page, '{ todos(first: 100) { nodes { task isComplete } } }');
  return todos.nodes;
}

/** Waits until nothing of what was done is left to be sent. */
export const isSent = (page) =>
  page.waitForFunction(() => !Object.keys(localStorage).some((key) => key.startsWith('todos.queue.')));

/** Stops the page's timers, so that an offer to undo does not end before the test takes it. */
export async function stopTimers(page) {
  await page.clock.install();
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1_000));
}

export const startTimers = (page) => page.clock.resume();

/** Records the operations that the page sends from now on. */
export function record(page) {
  const requests = [];
  page.on('request', (request) => request.url().endsWith('/graphql') && requests.push(request));
  return {
    clear: () => requests.splice(0),
    /**
     * The names of those that the service executed, in order. A request that failed or was turned away is not counted:
     * the page may send it again.
     */
    async executed() {
      const names = [];
      for (const request of requests) {
        const response = await request.response();
        const answer = response?.ok() && (await response.json());
        if (answer?.data) names.push(request.postDataJSON().operationName);
      }
      return names;
    },
  };
}

/** What the operation of a request to /graphql is called. */
export const operation = (route) => route.request().postDataJSON().operationName;

export const unauthorised = { status: 401, json: { message: 'unauthorised' } };
export const tryRefresh = { status: 401, json: { message: 'try refresh token' } };

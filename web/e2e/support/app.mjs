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

    tasks: () => page.locator('.todo > .todo-text').allInnerTexts(),

    async expectCount(text) {
      await this.counter.filter({ hasText: new RegExp(`^${text}$`) }).waitFor();
    },
  };
}

/** Tasks put in without the page, oldest first. */
export async function seed(page, tasks) {
  const query =
    'mutation AddTodo($input: AddTodoInput!) { addTodo(input: $input) { todo { id task isComplete insertedAt } } }';
  for (const task of tasks) {
    const answer = await page.request.post('/graphql', {
      headers: { rid: 'anti-csrf' },
      data: { operationName: 'AddTodo', query, variables: { input: { task } } },
    });
    assert.equal(answer.status(), 200, await answer.text());
  }
}

/** What the operation of a request to /graphql is called. */
export const operation = (route) => route.request().postDataJSON().operationName;

export const unauthorised = { status: 401, json: { message: 'unauthorised' } };
export const tryRefresh = { status: 401, json: { message: 'try refresh token' } };

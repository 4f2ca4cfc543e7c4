// The sign-in screen and what it says.
import assert from 'node:assert/strict';
import { app, newEmail } from '../support/app.mjs';
import { scenario } from '../support/scenario.mjs';

const focused = (page) => page.evaluate(() => document.activeElement?.id);

scenario('what is wrong with the form is said in place', async ({ page }) => {
  const me = app(page);
  const email = await me.signUp();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Create an account' }).click();
  const create = page.getByRole('button', { name: 'Create account' });

  await create.click();
  await page.getByText('Enter your email address.').waitFor();
  await page.getByText('Enter your password.').waitFor();
  assert.equal(await focused(page), 'email');

  await me.fill('someone@example.com', 'short');
  await create.click();
  const weak = page.locator('#password-note', { hasText: /at least 8 characters/ });
  await weak.and(page.locator('.field-error')).waitFor();
  assert.equal(await page.getByLabel('Password', { exact: true }).getAttribute('aria-invalid'), 'true');
  assert.equal(await focused(page), 'password');

  await me.fill(email);
  await page.locator('#email-note', { hasText: 'already exists' }).waitFor();
  await create.click();
  await page.locator('#email-note', { hasText: 'already exists' }).waitFor();

  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await page.locator('.field-error').count(), 0);
  await me.fill(email, 'wrong password 1');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText(/email and password don.t match/).waitFor();
  await me.signIn(email);
});

scenario('a late answer about one address says nothing of another', async ({ page }) => {
  const me = app(page);
  const taken = await me.signUp();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Create an account' }).click();
  const waiting = [];
  await page.route('**/email/exists**', (route) => waiting.push(route));
  const asked = page.waitForRequest(/email\/exists/);
  const answered = page.waitForResponse(/email\/exists/);
  await me.fill(taken);
  await asked;
  await me.fill(newEmail());
  await waiting[0].fallback();
  const answer = await answered;
  assert.equal((await answer.json()).exists, true);
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
  assert.equal(await page.locator('.field-error').count(), 0);
  await waiting[1].fallback();
  await page.getByRole('button', { name: 'Create account' }).click();
  await me.empty.waitFor();
});

scenario('a password can be looked at', async ({ page }) => {
  await page.goto('/auth');
  const field = page.getByLabel('Password', { exact: true });
  await field.fill('secret123');
  await page.getByRole('button', { name: 'Show password' }).click();
  assert.equal(await field.getAttribute('type'), 'text');
  await page.getByRole('button', { name: 'Hide password' }).click();
  assert.equal(await field.getAttribute('type'), 'password');
  assert.equal(await field.inputValue(), 'secret123');
});

scenario('a busy server says when to come back', async ({ page }) => {
  const me = app(page);
  await page.goto('/auth');
  const busy = (status) => (route) =>
    route.fulfill({ status, headers: { 'retry-after': '30' }, json: { message: 'later' } });
  await page.route('**/auth/signin', busy(429));
  await me.fill('someone@example.com');
  const submit = page.getByRole('button', { name: 'Sign in' });
  await submit.click();
  await page.getByText('Too many attempts. Try again in 30 seconds.').waitFor();
  await page.unroute('**/auth/signin');
  await page.route('**/auth/signin', busy(503));
  await submit.click();
  await page.getByText('The service is briefly unavailable. Try again in 30 seconds.').waitFor();
});

scenario('an address without a page says so', async ({ page }) => {
  await page.goto('/auth/nothing-here');
  await page.getByRole('heading', { name: 'Page not found' }).waitFor();
  await page.getByRole('link', { name: 'Go to the start page' }).click();
  await page.getByRole('link', { name: 'Create an account' }).waitFor();
  assert.equal(await focused(page), 'title');
});

scenario('who is signed in has no business at the sign-in screen', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await page.goto('/auth');
  await page.getByRole('heading', { name: 'Your tasks' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/');
});

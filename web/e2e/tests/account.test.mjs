// One's own account: sessions, password, deletion, and the way back to it.
import assert from 'node:assert/strict';
import { app, operation, password, unauthorised } from '../support/app.mjs';
import { scenario } from '../support/scenario.mjs';

const another = 'another horse 2';
const heading = (page) => page.getByRole('heading', { name: 'Your account' });
const sessions = (page) => page.locator('.sessions li');

async function account(page) {
  await page.getByRole('link', { name: /^Account/ }).click();
  await heading(page).waitFor();
  await sessions(page).first().waitFor();
}

/** Signs in in a browser of its own. */
async function elsewhere(open, email, secret = password) {
  const page = await (await open()).newPage();
  await page.goto('/auth');
  await app(page).fill(email, secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await app(page).ready();
  return page;
}

/** Whether the session of a page can be refreshed: what an access token outlives. */
async function lives(page) {
  const answer = await page.request.post('/auth/session/refresh', { headers: { rid: 'anti-csrf' } });
  return answer.ok();
}

async function changePassword(page, current, secret) {
  await page.getByLabel('Current password').fill(current);
  await page.getByLabel('New password').fill(secret);
  await page.getByRole('button', { name: 'Change password' }).click();
}

scenario('sessions are listed, and one that is ended is over', async ({ page, open }) => {
  const email = await app(page).signUp();
  const other = await elsewhere(open, email);
  await account(page);
  await page.getByText(email).waitFor();
  assert.equal(await sessions(page).count(), 2);
  await sessions(page).first().getByText('This one').waitFor();
  await sessions(page).first().getByText(/Chrome on Linux/).first().waitFor();

  await sessions(page).nth(1).getByRole('button', { name: 'Sign out' }).click();
  await sessions(page).nth(1).waitFor({ state: 'detached' });
  assert.equal(await lives(other), false);
  assert.equal(await lives(page), true);

  await sessions(page).first().getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Create an account' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/');
});

scenario('signing out everywhere leaves no session', async ({ page, context, open }) => {
  const email = await app(page).signUp();
  const other = await elsewhere(open, email);
  await account(page);
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await page.getByRole('link', { name: 'Create an account' }).waitFor();
  assert.equal(await lives(other), false);
  const cookies = await context.cookies();
  assert.deepEqual(cookies.filter(({ name }) => /^s(Access|Refresh)Token$/.test(name)), []);
});

scenario('another password asks for the current one and ends other sessions', async ({ page, open }) => {
  const email = await app(page).signUp();
  const other = await elsewhere(open, email);
  await account(page);
  await changePassword(page, 'wrong password 1', another);
  await page.locator('#current-note', { hasText: 'not your current password' }).waitFor();
  assert.equal(await page.getByLabel('New password').inputValue(), another);
  await changePassword(page, password, 'short');
  await page.locator('#password-note.field-error', { hasText: 'at least 8 characters' }).waitFor();

  await changePassword(page, password, another);
  await page.getByText('Your password is changed.').waitFor();
  assert.equal(await page.getByLabel('Current password').inputValue(), '');
  await sessions(page).nth(1).waitFor({ state: 'detached' });
  assert.equal(await lives(other), false);
  assert.equal(await lives(page), true);
  await elsewhere(open, email, another);
});

scenario('an account is deleted with its tasks, after being asked for', async ({ page, open }) => {
  const me = app(page);
  const email = await me.signUp();
  await me.add('Not for anybody else');
  await account(page);
  const begin = page.getByRole('button', { name: 'Delete my account' });
  await begin.click();
  await page.getByRole('button', { name: 'Keep my account' }).click();
  await begin.click();
  const end = page.getByRole('button', { name: 'Delete for good' });
  await end.click();
  await page.locator('#proof-note', { hasText: 'Enter your password.' }).waitFor();
  await page.getByLabel('Your password').fill('wrong password 1');
  await end.click();
  await page.locator('#proof-note', { hasText: 'That is not your password.' }).waitFor();
  await page.getByLabel('Your password').fill(password);
  await end.click();
  await page.getByRole('heading', { name: 'Your account is deleted' }).waitFor();
  await page.getByRole('link', { name: 'Go to the start page' }).click();
  await page.getByRole('link', { name: 'Create an account' }).waitFor();

  await page.goto('/auth');
  await me.fill(email);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText(/don.t match/).waitFor();
  // The email is free again, and leads to an empty list.
  const next = app(await (await open()).newPage());
  await next.signUp(email);
  await next.empty.waitFor();
});

scenario('a session that ends on the account page leads back to it', async ({ page, context }) => {
  const email = await app(page).signUp();
  await context.route('**/graphql', (route) =>
    operation(route) === 'Account' ? route.fulfill(unauthorised) : route.fallback(),
  );
  await page.getByRole('link', { name: /^Account/ }).click();
  await page.getByText('Your session ended.').waitFor();
  await context.unrouteAll();
  await app(page).fill(email);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await heading(page).waitFor();
  assert.equal(new URL(page.url()).pathname, '/account');
});

scenario('a way back is never taken from the address', async ({ page }) => {
  for (const target of ['https://evil.example/', '//evil.example/', '/account']) {
    await page.goto(`/auth?mode=signup&redirectToPath=${encodeURIComponent(target)}`);
    await page.evaluate((target) => sessionStorage.setItem('todos.place', target), '//evil.example/');
    await app(page).fill(`back-${crypto.randomUUID()}@example.com`);
    await page.getByRole('button', { name: 'Create account' }).click();
    await app(page).empty.waitFor();
    assert.equal(new URL(page.url()).pathname, '/');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Create an account' }).waitFor();
  }
});

scenario('an account that cannot be shown now can be asked for again', async ({ page, context }) => {
  await app(page).signUp();
  const unavailable = (route) =>
    route.fulfill({ status: 503, headers: { 'retry-after': '3600' }, json: { message: 'later' } });
  await context.route('**/graphql', unavailable);
  await page.goto('/account');
  await page.getByText('briefly unavailable').waitFor();
  await context.unroute('**/graphql', unavailable);
  await page.getByRole('button', { name: 'Try again' }).click();
  await sessions(page).first().waitFor();
});

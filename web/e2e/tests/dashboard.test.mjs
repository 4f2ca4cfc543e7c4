// The dashboard: an administrator signs in, finds a user, ends a session, deletes the user.
//
// An administrator is added on the server only: `cargo xtask test` adds the one who is named here.
import assert from 'node:assert/strict';
import { newEmail, password } from '../support/app.mjs';
import { scenario } from '../support/scenario.mjs';

const { DASHBOARD_EMAIL: adminEmail, DASHBOARD_PASSWORD: adminPassword } = process.env;

async function signIn(page, secret = adminPassword) {
  await page.getByLabel('Email').fill(adminEmail);
  await page.getByLabel('Password').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** A user with two sessions, without the application's page. */
async function user(page) {
  const email = newEmail();
  const data = {
    formFields: [
      { id: 'email', value: email },
      { id: 'password', value: password },
    ],
  };
  for (const path of ['/auth/signup', '/auth/signin']) {
    const answer = await page.request.post(path, { data, headers: { 'st-auth-mode': 'header' } });
    assert.equal((await answer.json()).status, 'OK');
  }
  return email;
}

async function find(page, email) {
  await page.getByRole('searchbox', { name: 'Search' }).fill(email);
  return page.getByRole('link', { name: email, exact: true });
}

const card = (page, title) =>
  page.locator('section').filter({ has: page.getByRole('heading', { name: title, exact: true }) });

/** What the page itself would ask of the API. */
async function ask(page, method, path, data) {
  const session = await page.evaluate(() => sessionStorage.getItem('dashboard.session'));
  const headers = { authorization: `Bearer ${session}` };
  const answer = await page.request.fetch(`/auth/dashboard/api${path}`, { method, headers, data });
  return answer.json();
}

scenario('an administrator finds a user, ends a session and deletes the user', async ({ page }) => {
  const [email, other] = [await user(page), await user(page)];
  await page.goto('/auth/dashboard');
  await signIn(page, 'wrong password 1');
  await page.getByRole('alert').filter({ hasText: 'Wrong email or password.' }).waitFor();
  await signIn(page);
  await (await find(page, email)).click();
  await page.getByRole('heading', { name: email }).waitFor();

  // A reload keeps both the session and the place.
  await page.reload();
  await page.getByRole('heading', { name: email }).waitFor();
  const sessions = card(page, 'Sessions');
  await sessions.getByRole('button', { name: 'Revoke', exact: true }).nth(1).waitFor();
  await sessions.getByRole('button', { name: 'Revoke', exact: true }).first().click();
  await page.getByText('The session has ended.').waitFor();
  assert.equal(await sessions.getByRole('listitem').count(), 1);

  const methods = card(page, 'Login methods');
  await methods.getByRole('button', { name: 'Mark as verified' }).click();
  await methods.getByText('Verified', { exact: true }).waitFor();
  await methods.getByRole('button', { name: 'Set password' }).click();
  await methods.getByLabel('New password').fill('short');
  await methods.getByRole('button', { name: 'Save password' }).click();
  await methods.getByText('Password must contain at least 8 characters').waitFor();
  await methods.getByRole('button', { name: 'Cancel' }).click();

  await page.getByRole('button', { name: 'Delete user…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete this user?' });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('heading', { name: email }).waitFor();
  await page.getByRole('button', { name: 'Delete user…' }).click();
  await dialog.getByRole('button', { name: 'Delete user' }).click();
  await (await find(page, other)).waitFor();
  await find(page, email);
  await page.getByText(/Nobody found/).waitFor();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
});

scenario('a session that ended elsewhere asks to sign in, and shows nothing more', async ({ page }) => {
  const email = await user(page);
  await page.goto('/auth/dashboard');
  await signIn(page);
  const link = await find(page, email);
  await link.waitFor();
  await ask(page, 'POST', '/signout', {});
  await link.click();
  await page.getByText('Your session has ended. Sign in again.').waitFor();
  assert.doesNotMatch(await page.locator('body').innerText(), new RegExp(email));
  await signIn(page);
  await page.getByRole('heading', { name: email }).waitFor();
});

scenario('markup in a name is shown as it is written', async ({ page }) => {
  const email = await user(page);
  await page.goto('/auth/dashboard');
  await signIn(page);
  const link = await find(page, email);
  await link.waitFor();
  const role = `<img src=x onerror="document.title='broken in'">${email}`;
  const { users } = await ask(page, 'GET', `/users?limit=1&email=${encodeURIComponent(email)}`);
  await ask(page, 'PUT', '/userroles/role', { role, permissions: [] });
  await ask(page, 'PUT', '/userroles/user/roles', { role, userId: users[0].id });
  await link.click();
  await card(page, 'Roles').getByText(role, { exact: true }).waitFor();
  assert.equal(await page.locator('img').count(), 0);
  await ask(page, 'DELETE', `/userroles/role?role=${encodeURIComponent(role)}`);
});

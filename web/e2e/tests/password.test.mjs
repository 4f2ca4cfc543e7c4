// A password that is chosen, forgotten, and chosen anew by a link.
import assert from 'node:assert/strict';
import { app, newEmail, password } from '../support/app.mjs';
import { mailedLink } from '../support/mail.mjs';
import { scenario } from '../support/scenario.mjs';

const path = '/auth/reset-password';
const another = 'another horse 2';

/** Asks on the page for a link, and gives it. */
async function askForLink(page, email) {
  await page.goto('/auth');
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await page.getByLabel('Email').fill(email);
  await page.getByRole('button', { name: 'Send a link' }).click();
  await page.getByText('Look into your mail.').waitFor();
  assert.equal(await page.getByLabel('Email').inputValue(), email);
  return mailedLink(page, email, path);
}

async function choose(page, secret) {
  await page.getByLabel('New password').fill(secret);
  await page.getByRole('button', { name: 'Set new password' }).click();
}

scenario('a forgotten password is replaced by a link, once', async ({ page, open }) => {
  const email = await app(page).signUp();
  const other = await (await open()).newPage();
  const link = await askForLink(other, email);

  await other.goto(link);
  await choose(other, 'short');
  await other.locator('#password-note.field-error', { hasText: 'at least 8 characters' }).waitFor();
  assert.equal(await other.getByLabel('New password').inputValue(), 'short');
  await choose(other, another);
  await other.getByRole('heading', { name: 'Your password is changed' }).waitFor();
  await other.getByRole('link', { name: 'Sign in' }).click();
  await app(other).fill(email, password);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await other.getByText(/don.t match/).waitFor();
  await app(other).fill(email, another);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await app(other).empty.waitFor();

  // Whoever was signed in with the old one has to come back with the new one, and is told at once.
  await page.getByText('Your session ended.').waitFor();

  await page.goto(link);
  await choose(page, 'a third horse 3');
  await page.getByText('This link does not work any more').waitFor();
  await page.getByLabel('Email').fill(email);
  await page.getByRole('button', { name: 'Send a link' }).click();
  await page.getByText('Look into your mail.').waitFor();
});

scenario('an unknown email is answered as a known one', async ({ page }) => {
  await page.goto(path);
  await page.getByRole('button', { name: 'Send a link' }).click();
  await page.locator('#email-note', { hasText: 'Enter your email address.' }).waitFor();
  await page.getByLabel('Email').fill('not-an-address');
  await page.getByRole('button', { name: 'Send a link' }).click();
  await page.locator('#email-note', { hasText: 'Email is invalid' }).waitFor();
  assert.equal(await page.getByLabel('Email').getAttribute('aria-invalid'), 'true');
  await page.getByLabel('Email').fill(newEmail());
  await page.getByRole('button', { name: 'Send a link' }).click();
  await page.getByText('Look into your mail.').waitFor();
});

scenario('what a password has to be is ticked off while it is typed', async ({ page }) => {
  await page.goto('/auth?mode=signup');
  const field = page.getByLabel('Password', { exact: true });
  const met = page.locator('.rules .met');
  for (const [text, rules] of [
    ['', []],
    ['horse', ['a letter']],
    ['horse 1', ['a letter', 'a number']],
    ['correct horse 1', ['8 to 99 characters', 'a letter', 'a number']],
    ['correct horse', ['8 to 99 characters', 'a letter']],
  ]) {
    await field.fill(text);
    assert.deepEqual(await met.allTextContents(), rules.map((rule) => `${rule}, done`), text);
  }
  assert.equal(await field.getAttribute('aria-describedby'), 'password-note');
  assert.equal(await field.getAttribute('autocomplete'), 'new-password');
});

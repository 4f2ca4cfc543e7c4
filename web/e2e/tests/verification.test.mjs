// An email that its owner verifies: by the link, and on the page that waits for it.
import assert from 'node:assert/strict';
import { app } from '../support/app.mjs';
import { mailedLink } from '../support/mail.mjs';
import { scenario } from '../support/scenario.mjs';

const path = '/auth/verify-email';

const heading = (page) => page.getByRole('heading', { level: 1 });

/** Answers as a service that asks for a verified email, until it is verified. */
async function required(context) {
  await context.route('**/graphql', async (route) => {
    const answer = await context.request.get('/auth/user/email/verify');
    const verified = answer.ok() && (await answer.json()).isVerified;
    return verified
      ? route.fallback()
      : route.fulfill({ status: 403, json: { message: 'invalid claim', claimValidationErrors: [] } });
  });
}

/** Signs up where that leads to the page that waits. */
async function signUp(page, email) {
  await page.goto('/auth?mode=signup');
  await app(page).fill(email);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('heading', { name: 'Verify your email' }).waitFor();
}

const press = (page) => page.getByRole('button', { name: 'Verify email' }).click();

const fresh = (name) => `${name}-${crypto.randomUUID()}@example.com`;

async function mails(page, email) {
  const answer = await page.request.get('/dev/mail', { headers: { accept: 'application/json' } });
  return (await answer.json()).filter(({ recipient }) => recipient === email).length;
}

scenario('the page that waits goes on by itself once the link was opened elsewhere', async ({ page, context, open }) => {
  await required(context);
  const email = fresh('waits');
  await signUp(page, email);
  await page.getByText(`Open the link that we sent to ${email}.`).waitFor();
  const link = await mailedLink(page, email, path);

  const phone = await (await open()).newPage();
  await phone.goto(link);
  await press(phone);
  await phone.getByRole('heading', { name: 'Your email is verified' }).waitFor();
  await app(page).empty.waitFor();
  assert.equal(new URL(page.url()).pathname, '/');

  await phone.goto(link);
  await press(phone);
  await phone.getByRole('heading', { name: 'This link does not work' }).waitFor();
  await phone.getByRole('link', { name: 'Continue' }).click();
  await phone.getByRole('heading', { name: 'Sign in' }).waitFor();
});

scenario('opening a link without its user leaves it unused', async ({ page, context, open }) => {
  await required(context);
  const email = fresh('scanned');
  await signUp(page, email);
  const link = await mailedLink(page, email, path);
  const isVerified = async () => (await (await page.request.get('/auth/user/email/verify')).json()).isVerified;

  const other = await (await open()).newPage();
  const spent = [];
  other.on('request', (request) => request.method() === 'POST' && spent.push(request.url()));
  const opens = async () => {
    await other.goto(link);
    await other.getByRole('button', { name: 'Verify email' }).waitFor();
    // All that the page sends by itself has been sent.
    await other.waitForLoadState('networkidle');
    assert.deepEqual(spent.filter((url) => url.endsWith('/user/email/verify')), []);
    assert.equal(await isVerified(), false);
  };
  await opens();
  // A session of another user does not count.
  await app(other).signUp();
  await opens();
  await press(other);
  await other.getByRole('heading', { name: 'Your email is verified' }).waitFor();
  assert.equal(await isVerified(), true);
});

scenario('a link is sent again on demand, and by no reload', async ({ page, context }) => {
  await required(context);
  const email = fresh('again');
  await signUp(page, email);
  await page.getByText('A link is on its way.').waitFor();
  assert.equal(await mails(page, email), 1);
  const asked = page.waitForResponse(/\/user\/email\/verify$/);
  await page.reload();
  await asked;
  await page.getByRole('button', { name: 'Send the link again' }).click();
  await page.getByText('A link is on its way.').waitFor();
  await page.waitForFunction(
    async (email) => {
      const answer = await fetch('/dev/mail', { headers: { accept: 'application/json' } });
      return (await answer.json()).filter(({ recipient }) => recipient === email).length === 2;
    },
    email,
  );

  // In the same tab, the way the mail's link leads.
  await page.goto(await mailedLink(page, email, path));
  await page.getByRole('heading', { name: 'Your email is verified' }).waitFor();
  await page.getByRole('link', { name: 'Continue' }).click();
  await app(page).empty.waitFor();
});

scenario('who does not want to wait can leave', async ({ page, context }) => {
  await required(context);
  await signUp(page, fresh('leaves'));
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.goto(path);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

scenario('a link that cannot be checked now says so', async ({ page }) => {
  await page.route('**/auth/user/email/verify', (route) =>
    route.fulfill({ status: 503, headers: { 'retry-after': '5' }, json: { message: 'later' } }),
  );
  await page.goto(`${path}?token=x`);
  await press(page);
  await page.getByText('Try again in 5 seconds.').waitFor();
  assert.equal(await heading(page).innerText(), 'Your email could not be verified now');
});

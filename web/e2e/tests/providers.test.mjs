// Sign-in with an account elsewhere, by our own page.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { app } from '../support/app.mjs';
import { consent, deny, signInAtProvider, startProvider } from '../support/provider.mjs';
import { scenario } from '../support/scenario.mjs';

let provider;
before(async () => {
  provider = await startProvider();
});
after(() => provider.close());

const login = () => `page-${crypto.randomUUID()}`;
const button = (page, name = 'The Provider') => page.getByRole('button', { name: `Continue with ${name}` });

/** From our page to the question of consent. */
async function begin(page, who = login()) {
  await page.goto('/auth');
  await button(page).click();
  await signInAtProvider(page, who);
  return who;
}

/** The screen of a failure, and the way out of it. */
async function expectFailure(page, title, text) {
  await page.getByRole('heading', { name: title }).waitFor();
  await page.locator('.card [role=status]').filter({ hasText: text }).waitFor();
  await page.getByRole('link', { name: 'Back to sign-in' }).click();
  await button(page).waitFor();
  const cookies = await page.context().cookies();
  assert.equal(cookies.some(({ name }) => name === 'sAccessToken'), false);
}

scenario('each provider that is configured has a button', async ({ page }) => {
  await page.goto('/auth');
  await button(page).waitFor();
  const names = await page.getByRole('button', { name: /^Continue with/ }).allInnerTexts();
  assert.deepEqual(names, ['Continue with The Provider', 'Continue with public']);
  await page.getByRole('link', { name: 'Create an account' }).click();
  await button(page).waitFor();
});

scenario('a provider signs in, and leads back to where one was', async ({ page }) => {
  const who = login();
  await page.goto('/account');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await button(page).click();
  await signInAtProvider(page, who);
  await consent(page);
  await page.getByRole('heading', { name: 'Your account' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/account');
  await page.getByText(`${who}@provider.example.com`).waitFor();
  // There is no password to change.
  await page.getByText('Where you are signed in').waitFor();
  assert.equal(await page.getByLabel('Current password').count(), 0);

  await page.getByRole('button', { name: 'Delete my account' }).click();
  await page.getByRole('button', { name: 'Delete for good' }).click();
  await page.getByRole('heading', { name: 'Your account is deleted' }).waitFor();
});

scenario('an account that was entered long ago is not deleted without a new sign-in', async ({ page, context }) => {
  await begin(page);
  await consent(page);
  await app(page).empty.waitFor();
  await page.goto('/account');
  await context.route('**/graphql', (route) =>
    route.request().postDataJSON().operationName === 'DeleteAccount'
      ? route.fulfill({ json: { data: { deleteAccount: { outcome: 'SIGN_IN_AGAIN' } } } })
      : route.fallback(),
  );
  await page.getByRole('button', { name: 'Delete my account' }).click();
  await page.getByRole('button', { name: 'Delete for good' }).click();
  await page.getByText('Sign in again first.').waitFor();
});

scenario('who denies consent is told so', async ({ page }) => {
  await begin(page);
  await deny(page);
  await expectFailure(page, 'You were not signed in', 'You did not let The Provider tell us');
});

scenario('a way back with another state, or into another tab, signs nobody in', async ({ page, context }) => {
  const asked = [];
  await context.route('**/auth/signinup', (route) => {
    asked.push(route.request().url());
    return route.fallback();
  });
  const begun = page.waitForRequest(/client_id=confidential/);
  await begin(page);
  const state = new URL((await begun).url()).searchParams.get('state');
  const back = (state) => `/auth/callback/confidential?code=x&state=${encodeURIComponent(state)}`;

  const another = await context.newPage();
  await another.goto(back(state));
  await expectFailure(another, 'This sign-in cannot be finished', 'another tab');

  await page.goto(back('of-somebody-else'));
  await expectFailure(page, 'This sign-in cannot be finished', 'start again');
  assert.deepEqual(asked, []);
});

scenario('a way back counts once', async ({ page }) => {
  await begin(page);
  const sent = page.waitForRequest(/\/auth\/callback\//);
  await consent(page);
  const back = (await sent).url();
  await app(page).empty.waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Create an account' }).waitFor();
  await page.goto(back);
  await expectFailure(page, 'This sign-in cannot be finished', 'start again');
});

scenario('a code that has expired asks to start again', async ({ page, context }) => {
  await context.route('**/auth/signinup', (route) =>
    route.fulfill({ status: 400, json: { message: 'Signing in with The Provider did not work (invalid_grant). Start again.' } }),
  );
  await begin(page);
  await consent(page);
  await expectFailure(page, 'Signing in did not work', 'invalid_grant');
});

scenario('an account that may not come in hears why', async ({ page, context }) => {
  await context.route('**/auth/signinup', (route) =>
    route.fulfill({ json: { status: 'SIGN_IN_UP_NOT_ALLOWED', reason: 'Please contact support.' } }),
  );
  await begin(page);
  await consent(page);
  await expectFailure(page, 'You cannot sign in this way', 'Please contact support.');
});

scenario('a provider that is away is named, before and after', async ({ page }) => {
  await begin(page);
  await page.route('**/auth/signinup', async (route) => {
    await provider.close();
    await route.continue();
  });
  try {
    await consent(page);
    await expectFailure(page, 'Signing in did not work', 'Signing in with The Provider is not possible right now.');
    await page.route('**/auth/authorisationurl**', (route) =>
      route.fulfill({ status: 502, json: { message: 'Signing in with The Provider is not possible right now.' } }),
    );
    await button(page).click();
    await page.getByRole('alert').filter({ hasText: 'is not possible right now' }).waitFor();
    await page.getByLabel('Email').waitFor();
  } finally {
    provider = await startProvider();
  }
});

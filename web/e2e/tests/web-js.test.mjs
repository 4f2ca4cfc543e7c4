// The official browser SDK against our service, with the session in cookies and in headers.
import assert from 'node:assert/strict';
import { newEmail, password } from '../support/app.mjs';
import { mailedLink } from '../support/mail.mjs';
import { scenario } from '../support/scenario.mjs';
import { call, form, session, signIn, signUp, useWebJs } from '../support/web-js.mjs';

const query = '{ session { userId } }';

/** Asks our GraphQL API as any code of the page would: the SDK sees to the session. */
const ask = (page) =>
  page.evaluate(async (query) => {
    const answer = await fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    return { status: answer.status, body: await answer.json() };
  }, query);

/** Replaces the access token that the browser keeps by one that the service cannot check. */
async function spoil(context, name) {
  const cookie = (await context.cookies()).find((cookie) => cookie.name === name);
  const [, payload, signature] = cookie.value.split('.');
  const header = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: 'of-another-service' }));
  const value = [header.toString('base64url'), payload, signature].join('.');
  await context.addCookies([{ ...cookie, value }]);
}

const refreshes = (page) => {
  const seen = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/auth/session/refresh')) {
      seen.push(request);
    }
  });
  return seen;
};

for (const [transfer, accessToken] of [
  ['cookie', 'sAccessToken'],
  ['header', 'st-access-token'],
]) {
  scenario(`web-js signs up, in and out with the session in a ${transfer}`, async ({ page, context }) => {
    await useWebJs(context, transfer);
    await page.goto('/');
    assert.deepEqual(await session(page), { exists: false });
    assert.equal((await ask(page)).status, 401);

    const email = newEmail();
    const exists = () => call(page, 'EmailPassword', 'doesEmailExist', { email });
    assert.equal((await exists()).doesExist, false);
    const user = await signUp(page, email, password);
    assert.equal((await exists()).doesExist, true);
    const names = (await context.cookies()).map(({ name }) => name);
    assert.ok(names.includes(accessToken), names.join());
    const mine = await session(page);
    assert.equal(mine.userId, user.id);
    assert.equal(mine.payload.sub, user.id);
    assert.equal(mine.payload['st-ev'].v, false);
    assert.deepEqual((await ask(page)).body, { data: { session: { userId: user.id } } });

    await page.reload();
    assert.equal((await session(page)).userId, user.id);
    await call(page, 'Session', 'signOut');
    assert.deepEqual(await session(page), { exists: false });
    assert.equal((await ask(page)).status, 401);

    assert.equal((await signIn(page, email, `${password}!`)).status, 'WRONG_CREDENTIALS_ERROR');
    assert.deepEqual(await session(page), { exists: false });
    assert.equal((await signIn(page, email, password)).status, 'OK');
    assert.equal((await session(page)).userId, user.id);
    const [taken, weak] = [
      await call(page, 'EmailPassword', 'signUp', { formFields: form({ email, password }) }),
      await call(page, 'EmailPassword', 'signUp', { formFields: form({ email: newEmail(), password: 'short' }) }),
    ];
    assert.deepEqual([taken.status, taken.formFields[0].id], ['FIELD_ERROR', 'email']);
    assert.deepEqual([weak.status, weak.formFields[0].id], ['FIELD_ERROR', 'password']);
  });

  scenario(`web-js refreshes a session in a ${transfer} once for all who wait`, async ({ page, context }) => {
    await useWebJs(context, transfer);
    await page.goto('/');
    const user = await signUp(page, newEmail(), password);
    const seen = refreshes(page);
    await spoil(context, accessToken);
    const answers = await Promise.all([ask(page), ask(page), ask(page)]);
    assert.deepEqual(answers.map(({ body }) => body.data?.session.userId), Array(3).fill(user.id));
    assert.equal(seen.length, 1);
    assert.equal(await page.evaluate(() => Session.attemptRefreshingSession()), true);
    assert.equal(seen.length, 2);
    assert.equal((await ask(page)).status, 200);
    assert.equal(seen.length, 2);
  });
}

scenario('web-js verifies an email by the mailed link', async ({ page, context }) => {
  await useWebJs(context);
  await page.goto('/');
  const email = newEmail();
  await signUp(page, email, password);
  const isVerified = async () => (await call(page, 'EmailVerification', 'isEmailVerified')).isVerified;
  assert.equal(await isVerified(), false);
  assert.equal((await call(page, 'EmailVerification', 'sendVerificationEmail')).status, 'OK');

  await page.goto(await mailedLink(page, email, '/auth/verify-email'));
  assert.equal((await call(page, 'EmailVerification', 'verifyEmail')).status, 'OK');
  assert.equal(await isVerified(), true);
  assert.equal((await session(page)).payload['st-ev'].v, true);
  const again = await call(page, 'EmailVerification', 'verifyEmail');
  assert.equal(again.status, 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR');
  const send = await call(page, 'EmailVerification', 'sendVerificationEmail');
  assert.equal(send.status, 'EMAIL_ALREADY_VERIFIED_ERROR');
});

scenario('web-js sets a new password by the mailed link', async ({ page, context }) => {
  await useWebJs(context);
  await page.goto('/');
  const email = newEmail();
  await signUp(page, email, password);
  await call(page, 'Session', 'signOut');
  const send = { formFields: form({ email }) };
  assert.equal((await call(page, 'EmailPassword', 'sendPasswordResetEmail', send)).status, 'OK');

  await page.goto(await mailedLink(page, email, '/auth/reset-password'));
  const submit = (secret) =>
    call(page, 'EmailPassword', 'submitNewPassword', { formFields: form({ password: secret }) });
  assert.equal((await submit('short')).status, 'FIELD_ERROR');
  assert.equal((await submit('a new horse 3')).status, 'OK');
  assert.equal((await submit('a new horse 4')).status, 'RESET_PASSWORD_INVALID_TOKEN_ERROR');
  assert.equal((await signIn(page, email, password)).status, 'WRONG_CREDENTIALS_ERROR');
  assert.equal((await signIn(page, email, 'a new horse 3')).status, 'OK');
});

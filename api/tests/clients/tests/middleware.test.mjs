// The routes of the SDK, as a browser goes through them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Session, mails, customFramework, newEmail, password } from '../support/sdk.mjs';
import { Browser, form } from '../support/browser.mjs';

const credentials = (email, secret = password) => form({ email, password: secret });

async function signedUp() {
  const browser = new Browser();
  const email = newEmail();
  const { body } = await browser.send('POST', '/auth/signup', credentials(email));
  assert.equal(body.status, 'OK');
  return { browser, email, user: body.user };
}

/** The token in the link of the newest mail. */
const mailed = (link) => new URL(mails.at(-1)[link]).searchParams.get('token');

test('sign-up, sign-in, refresh and sign-out keep and clear the cookies', async () => {
  const { browser, email } = await signedUp();
  const first = { ...browser.cookies };
  assert.deepEqual(Object.keys(first).toSorted(), ['sAccessToken', 'sRefreshToken']);

  const taken = await browser.send('POST', '/auth/signup', credentials(email));
  assert.equal(taken.body.status, 'FIELD_ERROR');
  const wrong = await new Browser().send('POST', '/auth/signin', credentials(email, 'wrong 1234'));
  assert.deepEqual([wrong.status, wrong.body.status], [200, 'WRONG_CREDENTIALS_ERROR']);
  const exists = await browser.send('GET', `/auth/emailpassword/email/exists?email=${email}`);
  assert.equal(exists.body.exists, true);

  const again = new Browser();
  assert.equal((await again.send('POST', '/auth/signin', credentials(email))).body.status, 'OK');
  assert.equal((await again.send('POST', '/auth/session/refresh')).status, 200);
  const session = await Session.getSession(again.request('GET', '/'), new customFramework.CollectingResponse());
  assert.equal((await again.send('POST', '/auth/signout')).body.status, 'OK');
  assert.deepEqual(again.cookies, {});
  assert.equal(await Session.getSessionInformation(session.getHandle()), undefined);
  // The other session goes on.
  assert.equal((await browser.send('POST', '/auth/session/refresh')).status, 200);
});

test('the keys that sign are served', async () => {
  const { browser } = await signedUp();
  const { keys } = (await browser.send('GET', '/auth/jwt/jwks.json')).body;
  const { kid } = JSON.parse(Buffer.from(browser.cookies.sAccessToken.split('.')[0], 'base64url'));
  assert.ok(keys.some((key) => key.kid === kid));
  const { body } = await browser.send('GET', '/auth/.well-known/openid-configuration');
  assert.equal(body.jwks_uri, 'http://localhost:3001/auth/jwt/jwks.json');
});

test('a stolen refresh token ends the session', async () => {
  const { browser } = await signedUp();
  const thief = new Browser();
  thief.cookies = { ...browser.cookies };
  for (let i = 0; i < 2; i += 1) {
    assert.equal((await browser.send('POST', '/auth/session/refresh')).status, 200);
  }
  const theft = await thief.send('POST', '/auth/session/refresh');
  assert.deepEqual([theft.status, theft.body], [401, { message: 'token theft detected' }]);
  const ended = await browser.send('POST', '/auth/session/refresh');
  assert.deepEqual([ended.status, ended.body], [401, { message: 'unauthorised' }]);
  assert.deepEqual(browser.cookies, {});
});

test('a mailed link sets a new password', async () => {
  const { browser, email } = await signedUp();
  await browser.send('POST', '/auth/user/password/reset/token', form({ email }));
  const reset = { method: 'token', token: mailed('passwordResetLink'), ...form({ password: 'a new horse 3' }) };
  assert.equal((await browser.send('POST', '/auth/user/password/reset', reset)).body.status, 'OK');
  const spent = await browser.send('POST', '/auth/user/password/reset', reset);
  assert.equal(spent.body.status, 'RESET_PASSWORD_INVALID_TOKEN_ERROR');
  const signIn = await browser.send('POST', '/auth/signin', credentials(email, 'a new horse 3'));
  assert.equal(signIn.body.status, 'OK');
});

test('a mailed link verifies the email', async () => {
  const { browser } = await signedUp();
  const isVerified = async () => (await browser.send('GET', '/auth/user/email/verify')).body.isVerified;
  assert.equal(await isVerified(), false);
  assert.equal((await browser.send('POST', '/auth/user/email/verify/token')).body.status, 'OK');
  const verify = { method: 'token', token: mailed('emailVerifyLink') };
  assert.equal((await browser.send('POST', '/auth/user/email/verify', verify)).body.status, 'OK');
  assert.equal(await isVerified(), true);
});

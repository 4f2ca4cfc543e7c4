// Sign-in at an OpenID provider, from our service by way of the provider's own pages and back.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { baseURL, issuer } from '../support/config.mjs';
import { consent, deny, signInAtProvider, startProvider } from '../support/provider.mjs';
import { scenario } from '../support/scenario.mjs';
import { call, session, useWebJs } from '../support/web-js.mjs';

let provider;
before(async () => {
  provider = await startProvider();
});
after(() => provider.close());

/** Begins on our page, and goes to the provider as `login`; what it asks for is in the address. */
async function begin(page, thirdPartyId, login) {
  await page.goto('/');
  const url = await page.evaluate(
    (argument) => ThirdParty.getAuthorisationURLWithQueryParamsAndSetState(argument),
    { thirdPartyId, frontendRedirectURI: `${baseURL}/auth/callback/${thirdPartyId}` },
  );
  await page.goto(url);
  await signInAtProvider(page, login);
  return new URL(url);
}

/** Waits until the provider has sent the browser back. */
async function back(page, thirdPartyId) {
  const address = `${baseURL}/auth/callback/${thirdPartyId}`;
  await page.waitForURL((url) => url.href.startsWith(`${address}?`), { waitUntil: 'commit' });
  // Where a redirect leads is not routed to the page of the test; where one goes is.
  await page.goto(page.url());
}

const finish = (page) => call(page, 'ThirdParty', 'signInAndUp');

const newLogin = (name) => `${name}-${process.pid}-${Date.now()}`;

for (const thirdPartyId of ['confidential', 'public']) {
  scenario(`a ${thirdPartyId} client signs people in with state and PKCE`, async ({ page, context }) => {
    await useWebJs(context);
    const login = newLogin('grace');
    const url = await begin(page, thirdPartyId, login);
    assert.equal(url.origin, issuer);
    assert.equal(url.searchParams.get('code_challenge_method'), 'S256');
    assert.equal(url.searchParams.get('scope'), 'openid email');
    await consent(page);
    await back(page, thirdPartyId);
    assert.equal(new URL(page.url()).searchParams.get('state'), url.searchParams.get('state'));

    const first = await finish(page);
    assert.equal(first.status, 'OK');
    assert.equal(first.createdNewRecipeUser, true);
    assert.deepEqual(first.user.emails, [`${login}@provider.example.com`]);
    assert.deepEqual(first.user.thirdParty, [{ id: thirdPartyId, userId: login }]);
    assert.equal(first.user.loginMethods[0].verified, true);
    const mine = await session(page);
    assert.equal(mine.userId, first.user.id);
    assert.equal(mine.payload['st-ev'].v, true);
    const { code_verifier: verifier, authorization } = provider.exchanges.at(-1);
    assert.equal(verifier.length >= 43, true);
    // The provider offers `client_secret_basic` (RFC 6749, 2.3.1).
    const secret = authorization && atob(authorization.replace('Basic ', '')).split(':')[1];
    assert.equal(secret, thirdPartyId === 'public' ? undefined : 's3cret');

    // The provider knows the browser now, and asks nothing. Its code is of no use without the verifier.
    await call(page, 'Session', 'signOut');
    await page.goto(url.href);
    await back(page, thirdPartyId);
    const stolen = await page.request.post('/auth/signinup', {
      data: {
        thirdPartyId,
        redirectURIInfo: {
          redirectURIOnProviderDashboard: `${baseURL}/auth/callback/${thirdPartyId}`,
          redirectURIQueryParams: Object.fromEntries(new URL(page.url()).searchParams),
          pkceCodeVerifier: 'of-another-sign-in-of-another-sign-in-of-another',
        },
      },
    });
    assert.equal(stolen.status(), 400, await stolen.text());
    assert.equal(stolen.headers()['st-access-token'], undefined);
  });
}

scenario('who comes again is the same user, and an email counts as the provider says', async ({ page, open }) => {
  const login = newLogin('unverified');
  const ids = [];
  for (const context of [page.context(), await open()]) {
    await useWebJs(context);
    const tab = await context.newPage();
    await begin(tab, 'confidential', login);
    await consent(tab);
    await back(tab, 'confidential');
    const { status, user, createdNewRecipeUser } = await finish(tab);
    assert.deepEqual([status, createdNewRecipeUser], ['OK', ids.length === 0]);
    assert.equal(user.loginMethods[0].verified, false);
    assert.equal((await session(tab)).payload['st-ev'].v, false);
    ids.push(user.id);
  }
  assert.equal(ids[0], ids[1]);
});

scenario('who denies consent is told so and is not signed in', async ({ page, context }) => {
  await useWebJs(context);
  await begin(page, 'confidential', newLogin('reluctant'));
  await deny(page);
  await back(page, 'confidential');
  await assert.rejects(finish(page), /access_denied/);
  assert.deepEqual(await session(page), { exists: false });

  // A client that does not look hears it from us.
  const answer = await page.request.post('/auth/signinup', {
    data: {
      thirdPartyId: 'confidential',
      redirectURIInfo: {
        redirectURIOnProviderDashboard: `${baseURL}/auth/callback/confidential`,
        redirectURIQueryParams: Object.fromEntries(new URL(page.url()).searchParams),
      },
    },
  });
  assert.equal(answer.status(), 400);
  assert.match((await answer.json()).message, /access_denied/);
});

scenario('an answer with another state is not taken for ours', async ({ page, context }) => {
  await useWebJs(context);
  await begin(page, 'confidential', newLogin('mallory'));
  await consent(page);
  await back(page, 'confidential');
  const url = new URL(page.url());
  url.searchParams.set('state', 'of-somebody-else');
  await page.goto(url.href);
  await assert.rejects(finish(page), /state/);
  assert.deepEqual(await session(page), { exists: false });
});

scenario('a provider that goes away between the steps is named in a 502', async ({ page, context }) => {
  await useWebJs(context);
  await begin(page, 'confidential', newLogin('patient'));
  await consent(page);
  await back(page, 'confidential');
  await provider.close();
  try {
    const answered = page.waitForResponse(/signinup/);
    await assert.rejects(finish(page));
    const answer = await answered;
    assert.equal(answer.status(), 502);
    assert.match(answer.headers()['content-type'], /json/);
    assert.match((await answer.json()).message, /The Provider/);
    assert.deepEqual(await session(page), { exists: false });
  } finally {
    provider = await startProvider();
  }
});

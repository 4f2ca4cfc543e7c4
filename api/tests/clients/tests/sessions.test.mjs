// Sessions as a backend manages them, without requests of a browser.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Session, signUp, tenant } from '../support/sdk.mjs';

const HOUR = 3_600_000;

const create = (recipeUserId, claims, data) =>
  Session.createNewSessionWithoutRequestResponse(tenant, recipeUserId, claims, data, true);

const check = ({ accessToken }, options) =>
  Session.getSessionWithoutRequestResponse(accessToken, undefined, { antiCsrfCheck: false, ...options });

const refresh = ({ refreshToken }) =>
  Session.refreshSessionWithoutRequestResponse(refreshToken, true);

const tokens = (session) => session.getAllSessionTokensDangerously();

const fails = (type) => (error) => error.type === type;

test('a session is checked by its token, in the Core as well', async () => {
  const { user, recipeUserId } = await signUp();
  const made = await create(recipeUserId, { plan: 'free' }, { seen: 1 });
  for (const checkDatabase of [false, true]) {
    const session = await check(tokens(made), { checkDatabase });
    assert.equal(session.getUserId(), user.id);
    assert.equal(session.getHandle(), made.getHandle());
    assert.equal(session.getTenantId(), tenant);
    assert.equal(session.getAccessTokenPayload().plan, 'free');
    assert.equal(session.getAccessTokenPayload().iss, 'http://localhost:3001/auth');
    assert.deepEqual(await session.getSessionDataFromDatabase(), { seen: 1 });
    assert.ok((await session.getExpiry()) > Date.now() + 99 * 24 * HOUR);
    assert.ok(Math.abs((await session.getTimeCreated()) - Date.now()) < HOUR);
  }
  const { accessToken } = tokens(made);
  const forged = accessToken.slice(0, -8) + (accessToken.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA');
  await assert.rejects(check({ accessToken: forged }), fails('TRY_REFRESH_TOKEN'));
  await assert.rejects(check({ accessToken: 'nonsense' }), fails('UNAUTHORISED'));
});

test('an expired token asks for a refresh', async (t) => {
  const made = tokens(await create((await signUp()).recipeUserId));
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 2 * HOUR });
  await assert.rejects(check(made), fails('TRY_REFRESH_TOKEN'));
});

test('a refresh token is good until its child is used, and then is theft', async () => {
  const { user, recipeUserId } = await signUp();
  const first = tokens(await create(recipeUserId, { plan: 'free' }));
  const session = await refresh(first);
  assert.equal(session.getAccessTokenPayload().plan, 'free');
  const second = tokens(session);
  assert.notEqual(second.refreshToken, first.refreshToken);
  assert.equal((await refresh(first)).getHandle(), session.getHandle());

  // The first use of the new access token settles it, and gives one that is settled.
  const settled = await check(second);
  assert.equal(tokens(settled).accessAndFrontTokenUpdated, true);
  assert.equal(tokens(await check(tokens(settled))).accessAndFrontTokenUpdated, false);
  await assert.rejects(refresh(first), (error) => {
    assert.equal(error.type, 'TOKEN_THEFT_DETECTED');
    assert.equal(error.payload.userId, user.id);
    assert.equal(error.payload.sessionHandle, session.getHandle());
    return true;
  });
  assert.equal(await Session.revokeSession(session.getHandle()), true);
  await assert.rejects(refresh(second), fails('UNAUTHORISED'));
});

test('a session that was revoked is gone for who asks the Core', async () => {
  const { user, recipeUserId } = await signUp();
  const sessions = [];
  for (let i = 0; i < 3; i += 1) {
    sessions.push(await create(recipeUserId));
  }
  const handles = sessions.map((session) => session.getHandle());
  const all = () => Session.getAllSessionHandlesForUser(user.id);
  assert.deepEqual((await all()).toSorted(), handles.toSorted());

  assert.equal(await Session.revokeSession(handles[0]), true);
  assert.equal(await Session.revokeSession(handles[0]), false);
  await check(tokens(sessions[0]));
  await assert.rejects(check(tokens(sessions[0]), { checkDatabase: true }), fails('UNAUTHORISED'));
  assert.equal(await Session.getSessionInformation(handles[0]), undefined);
  assert.deepEqual(await Session.revokeMultipleSessions(handles.slice(0, 2)), [handles[1]]);
  assert.deepEqual(await Session.revokeAllSessionsForUser(user.id), [handles[2]]);
  assert.deepEqual(await all(), []);
});

test('data and payload of a session can be changed by its handle', async () => {
  const { user, recipeUserId } = await signUp();
  const made = await create(recipeUserId, { plan: 'free', beta: true });
  const handle = made.getHandle();
  assert.equal(await Session.updateSessionDataInDatabase(handle, { seen: 2 }), true);
  assert.equal(await Session.mergeIntoAccessTokenPayload(handle, { plan: 'paid', beta: null }), true);
  const info = await Session.getSessionInformation(handle);
  assert.equal(info.userId, user.id);
  assert.deepEqual(info.sessionDataInDatabase, { seen: 2 });
  assert.equal(info.customClaimsInAccessTokenPayload.plan, 'paid');
  assert.equal('beta' in info.customClaimsInAccessTokenPayload, false);
  assert.equal((await refresh(tokens(made))).getAccessTokenPayload().plan, 'paid');

  assert.equal(await Session.updateSessionDataInDatabase('no-session', {}), false);
  assert.equal(await Session.mergeIntoAccessTokenPayload('no-session', {}), false);
});

test('a session in hand gets its new payload and data at once', async () => {
  const made = await create((await signUp()).recipeUserId);
  const session = await check(tokens(made));
  await session.mergeIntoAccessTokenPayload({ plan: 'paid' });
  assert.equal(session.getAccessTokenPayload().plan, 'paid');
  assert.equal((await check(tokens(session))).getAccessTokenPayload().plan, 'paid');
  await session.updateSessionDataInDatabase({ seen: 3 });
  assert.deepEqual(await session.getSessionDataFromDatabase(), { seen: 3 });
  await session.revokeSession();
  await assert.rejects(session.getSessionDataFromDatabase(), fails('UNAUTHORISED'));
});

test('the keys and the configuration of OpenID are those of the Core', async () => {
  const { keys } = await Session.getJWKS();
  const made = tokens(await create((await signUp()).recipeUserId));
  const { kid } = JSON.parse(Buffer.from(made.accessToken.split('.')[0], 'base64url'));
  assert.ok(keys.some((key) => key.kid === kid && key.kty === 'RSA' && key.alg === 'RS256'));
  assert.ok(keys.some((key) => key.kid.startsWith('s-')));
  const { status, issuer, jwks_uri } = await Session.getOpenIdDiscoveryConfiguration();
  assert.equal(status, 'OK');
  assert.equal(issuer, 'http://localhost:3001/auth');
  assert.equal(jwks_uri, 'http://localhost:3001/auth/jwt/jwks.json');
});

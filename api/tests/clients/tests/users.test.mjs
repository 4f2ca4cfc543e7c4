// Users, and the tokens that reach them by mail, as a backend manages them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EmailPassword, EmailVerification, ThirdParty, UserMetadata, hasPasskeys, newEmail, password,
  signUp, supertokens, tenant,
} from '../support/sdk.mjs';

test('a user signs up once and signs in with that password only', async () => {
  const { email, user, recipeUserId } = await signUp();
  assert.deepEqual(user.emails, [email]);
  assert.equal(user.loginMethods[0].recipeId, 'emailpassword');
  assert.equal(user.loginMethods[0].verified, false);
  assert.deepEqual(user.toJson().webauthn, hasPasskeys ? { credentialIds: [] } : undefined);

  const again = await EmailPassword.signUp(tenant, email.toUpperCase(), password);
  assert.equal(again.status, 'EMAIL_ALREADY_EXISTS_ERROR');
  const right = await EmailPassword.signIn(tenant, ` ${email} `, password);
  assert.equal(right.status, 'OK');
  assert.deepEqual(right.user.toJson(), user.toJson());
  assert.equal(right.recipeUserId.getAsString(), recipeUserId.getAsString());
  const wrong = await EmailPassword.signIn(tenant, email, `${password}!`);
  assert.equal(wrong.status, 'WRONG_CREDENTIALS_ERROR');
  const nobody = await EmailPassword.verifyCredentials(tenant, newEmail(), password);
  assert.equal(nobody.status, 'WRONG_CREDENTIALS_ERROR');
});

test('email and password can be changed, to an email that nobody else has', async () => {
  const [ada, grace] = [await signUp(), await signUp()];
  const { recipeUserId } = ada;
  const change = (input) => EmailPassword.updateEmailOrPassword({ recipeUserId, ...input });
  assert.equal((await change({ email: grace.email })).status, 'EMAIL_ALREADY_EXISTS_ERROR');
  assert.equal((await change({ password: 'short' })).status, 'PASSWORD_POLICY_VIOLATED_ERROR');

  const email = newEmail();
  assert.equal((await change({ email, password: 'another horse 2' })).status, 'OK');
  const signIn = (email, password) => EmailPassword.signIn(tenant, email, password);
  assert.equal((await signIn(ada.email, 'another horse 2')).status, 'WRONG_CREDENTIALS_ERROR');
  assert.equal((await signIn(email, password)).status, 'WRONG_CREDENTIALS_ERROR');
  assert.equal((await signIn(email, 'another horse 2')).status, 'OK');
});

test('a password reset token works once', async () => {
  const { email, user } = await signUp();
  const create = (id) => EmailPassword.createResetPasswordToken(tenant, id, email);
  assert.equal((await create('nobody')).status, 'UNKNOWN_USER_ID_ERROR');
  const { status, token } = await create(user.id);
  assert.equal(status, 'OK');
  const reset = () => EmailPassword.resetPasswordUsingToken(tenant, token, 'a new horse 3');
  assert.equal((await reset()).status, 'OK');
  assert.equal((await reset()).status, 'RESET_PASSWORD_INVALID_TOKEN_ERROR');
  assert.equal((await EmailPassword.signIn(tenant, email, 'a new horse 3')).status, 'OK');
  assert.equal((await EmailPassword.signIn(tenant, email, password)).status, 'WRONG_CREDENTIALS_ERROR');

  const other = await create(user.id);
  const consumed = await EmailPassword.consumePasswordResetToken(tenant, other.token);
  assert.deepEqual(consumed, { status: 'OK', email, userId: user.id });
});

test('an email is verified by its token, and can be unverified', async () => {
  const { email, user, recipeUserId } = await signUp();
  const isVerified = () => EmailVerification.isEmailVerified(recipeUserId);
  const create = () => EmailVerification.createEmailVerificationToken(tenant, recipeUserId);
  const verify = (token) => EmailVerification.verifyEmailUsingToken(tenant, token);
  assert.equal(await isVerified(), false);

  const revoked = (await create()).token;
  await EmailVerification.revokeEmailVerificationTokens(tenant, recipeUserId);
  assert.equal((await verify(revoked)).status, 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR');

  const { token } = await create();
  const verified = await verify(token);
  assert.equal(verified.status, 'OK');
  assert.equal(verified.user.email, email);
  assert.equal(verified.user.recipeUserId.getAsString(), user.id);
  assert.equal(await isVerified(), true);
  assert.equal((await supertokens.getUser(user.id)).loginMethods[0].verified, true);
  assert.equal((await create()).status, 'EMAIL_ALREADY_VERIFIED_ERROR');
  assert.equal((await verify(token)).status, 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR');

  await EmailVerification.unverifyEmail(recipeUserId);
  assert.equal(await isVerified(), false);
});

test('a user of a provider is made once and keeps the id when the email changes', async () => {
  const [first, second] = [newEmail(), newEmail()];
  const put = (email, isVerified) =>
    ThirdParty.manuallyCreateOrUpdateUser(tenant, 'github', `id-of-${first}`, email, isVerified);
  const made = await put(first, true);
  assert.equal(made.status, 'OK');
  assert.equal(made.createdNewRecipeUser, true);
  assert.equal(made.user.loginMethods[0].verified, true);
  assert.deepEqual(made.user.thirdParty, [{ id: 'github', userId: `id-of-${first}` }]);

  const updated = await put(second, false);
  assert.equal(updated.createdNewRecipeUser, false);
  assert.equal(updated.user.id, made.user.id);
  assert.deepEqual(updated.user.emails, [second]);
  assert.equal(updated.user.loginMethods[0].verified, false);
});

test('users are found by what is known of them', async () => {
  const { email, user } = await signUp();
  const userId = `id-of-${email}`;
  const guest = await ThirdParty.manuallyCreateOrUpdateUser(tenant, 'github', userId, email, false);
  const find = async (info, union) => {
    const users = await supertokens.listUsersByAccountInfo(tenant, info, union);
    return users.map(({ id }) => id);
  };
  const thirdParty = { id: 'github', userId };
  assert.deepEqual(await find({ email: email.toUpperCase() }), [user.id, guest.user.id]);
  assert.deepEqual(await find({ thirdParty }), [guest.user.id]);
  assert.deepEqual(await find({ email, thirdParty }), [guest.user.id]);
  assert.deepEqual(await find({ email: newEmail(), thirdParty }), []);
  assert.deepEqual(await find({ email: newEmail(), thirdParty }, true), [guest.user.id]);
  assert.deepEqual(await find({ email, phoneNumber: '+14155552671' }), []);
  if (hasPasskeys) {
    assert.deepEqual(await find({ email, webauthn: { credentialId: 'a-key' } }), []);
  }
});

test('users are listed page by page, in the order of joining and against it', async () => {
  const joined = [];
  for (let i = 0; i < 5; i += 1) {
    joined.push((await signUp()).user.id);
  }
  const all = async (list) => {
    const ids = [];
    let paginationToken;
    do {
      const page = await list({ tenantId: tenant, limit: 2, paginationToken });
      assert.ok(page.users.length <= 2);
      ids.push(...page.users.map(({ id }) => id));
      paginationToken = page.nextPaginationToken;
    } while (paginationToken !== undefined);
    return ids;
  };
  const oldestFirst = await all(supertokens.getUsersOldestFirst);
  const newestFirst = await all(supertokens.getUsersNewestFirst);
  assert.deepEqual(oldestFirst.slice(-5), joined);
  assert.deepEqual(newestFirst, oldestFirst.toReversed());
  assert.equal(await supertokens.getUserCount(), oldestFirst.length);

  const email = newEmail();
  await ThirdParty.manuallyCreateOrUpdateUser(tenant, 'gitlab', email, email, false);
  const of = (input) => supertokens.getUsersNewestFirst({ tenantId: tenant, ...input });
  const guests = await of({ includeRecipeIds: ['thirdparty'] });
  assert.ok(guests.users.every(({ thirdParty }) => thirdParty.length === 1));
  assert.equal(guests.users[0].emails[0], email);
  const found = await of({ query: { email: email.slice(0, -5) } });
  assert.deepEqual(found.users.map(({ emails }) => emails[0]), [email]);
  assert.equal(found.nextPaginationToken, undefined);
});

test('what a backend keeps of a user is merged field by field', async () => {
  const { user } = await signUp();
  const get = async () => (await UserMetadata.getUserMetadata(user.id)).metadata;
  assert.deepEqual(await get(), {});
  await UserMetadata.updateUserMetadata(user.id, { theme: { dark: true, size: 2 }, plan: 'free' });
  const { metadata } = await UserMetadata.updateUserMetadata(user.id, {
    theme: { dark: false },
    plan: null,
    seen: ['a', 1, null],
  });
  assert.deepEqual(metadata, { theme: { dark: false }, seen: ['a', 1, null] });
  assert.deepEqual(await get(), metadata);
  await UserMetadata.clearUserMetadata(user.id);
  assert.deepEqual(await get(), {});
});

test('a user who is deleted is gone with all that was kept', async () => {
  const { email, user } = await signUp();
  await UserMetadata.updateUserMetadata(user.id, { plan: 'free' });
  assert.equal((await supertokens.getUser(user.id)).id, user.id);
  assert.deepEqual(await supertokens.deleteUser(user.id), { status: 'OK' });
  assert.equal(await supertokens.getUser(user.id), undefined);
  assert.deepEqual((await UserMetadata.getUserMetadata(user.id)).metadata, {});
  assert.equal((await EmailPassword.signIn(tenant, email, password)).status, 'WRONG_CREDENTIALS_ERROR');
});

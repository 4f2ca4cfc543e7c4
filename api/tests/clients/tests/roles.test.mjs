// Roles, their permissions, and what a session tells of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Session, UserRoles, signUp, tenant } from '../support/sdk.mjs';

test('a role has permissions, and users have roles', async () => {
  const { user } = await signUp();
  const create = (...permissions) => UserRoles.createNewRoleOrAddPermissions('editor', permissions);
  assert.deepEqual(await create('read'), { status: 'OK', createdNewRole: true });
  assert.deepEqual(await create('write'), { status: 'OK', createdNewRole: false });
  const permissions = async () => (await UserRoles.getPermissionsForRole('editor')).permissions;
  assert.deepEqual((await permissions()).toSorted(), ['read', 'write']);
  assert.deepEqual((await UserRoles.getRolesThatHavePermission('write')).roles, ['editor']);
  assert.ok((await UserRoles.getAllRoles()).roles.includes('editor'));

  const give = (role) => UserRoles.addRoleToUser(tenant, user.id, role);
  assert.deepEqual(await give('editor'), { status: 'OK', didUserAlreadyHaveRole: false });
  assert.deepEqual(await give('editor'), { status: 'OK', didUserAlreadyHaveRole: true });
  assert.equal((await give('no-such-role')).status, 'UNKNOWN_ROLE_ERROR');
  const roles = async () => (await UserRoles.getRolesForUser(tenant, user.id)).roles;
  assert.deepEqual(await roles(), ['editor']);
  assert.deepEqual((await UserRoles.getUsersThatHaveRole(tenant, 'editor')).users, [user.id]);

  await UserRoles.removePermissionsFromRole('editor', ['write']);
  assert.deepEqual(await permissions(), ['read']);
  const take = () => UserRoles.removeUserRole(tenant, user.id, 'editor');
  assert.deepEqual(await take(), { status: 'OK', didUserHaveRole: true });
  assert.deepEqual(await take(), { status: 'OK', didUserHaveRole: false });
  assert.deepEqual(await roles(), []);
  assert.deepEqual(await UserRoles.deleteRole('editor'), { status: 'OK', didRoleExist: true });
  assert.equal((await UserRoles.getPermissionsForRole('editor')).status, 'UNKNOWN_ROLE_ERROR');
});

test('a session tells the roles of its user, and newer ones when asked', async () => {
  const { user, recipeUserId } = await signUp();
  await UserRoles.createNewRoleOrAddPermissions('admin', ['todos:delete']);
  await UserRoles.addRoleToUser(tenant, user.id, 'admin');
  const session = await Session.createNewSessionWithoutRequestResponse(tenant, recipeUserId);
  const value = (claim) => session.getClaimValue(claim);
  assert.deepEqual(await value(UserRoles.UserRoleClaim), ['admin']);
  assert.deepEqual(await value(UserRoles.PermissionClaim), ['todos:delete']);
  await session.assertClaims([UserRoles.UserRoleClaim.validators.includes('admin')]);

  await UserRoles.removeUserRole(tenant, user.id, 'admin');
  await session.fetchAndSetClaim(UserRoles.UserRoleClaim);
  assert.deepEqual(await value(UserRoles.UserRoleClaim), []);
  const refused = session.assertClaims([UserRoles.UserRoleClaim.validators.includes('admin')]);
  await assert.rejects(refused, { type: 'INVALID_CLAIMS' });
});

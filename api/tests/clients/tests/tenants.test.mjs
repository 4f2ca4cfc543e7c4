// The one tenant, and what a Core does only with a licence.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccountLinking, Multitenancy, signUp, tenant } from '../support/sdk.mjs';

test('there is one tenant', async () => {
  const { tenants } = await Multitenancy.listAllTenants();
  assert.deepEqual(tenants.map(({ tenantId }) => tenantId), [tenant]);
  assert.equal((await Multitenancy.getTenant(tenant)).status, 'OK');
  assert.equal(await Multitenancy.getTenant('another'), undefined);
});

test('what needs a licence is refused as a Core without one does', async () => {
  const { recipeUserId } = await signUp();
  const refused = { message: /status code: 402 .*(multi_tenancy|Account linking)/s };
  await assert.rejects(Multitenancy.createOrUpdateTenant('another', {}), refused);
  await assert.rejects(AccountLinking.createPrimaryUser(recipeUserId), refused);
});

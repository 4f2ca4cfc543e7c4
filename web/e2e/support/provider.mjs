// An OpenID provider, the npm package `oidc-provider`, where the service is configured to find it.
import { createServer } from 'node:http';
import { baseURL, issuer } from './config.mjs';

const Provider = await quietly(async () => (await import('oidc-provider')).default);

/** Longer than a test, in seconds. */
const lifetime = 600;

/** Nobody's email is verified whose name says so. */
const claims = (sub) => ({
  sub,
  email: `${sub}@provider.example.com`,
  email_verified: !sub.startsWith('unverified'),
});

const client = (id, options) => ({
  client_id: id,
  redirect_uris: [`${baseURL}/auth/callback/${id}`],
  ...options,
});

/** Listens until it is closed. It forgets its people then, and keeps its keys, which the package brings along. */
export async function startProvider() {
  const provider = await quietly(() => new Provider(issuer, {
    clients: [
      client('confidential', { client_secret: 's3cret', token_endpoint_auth_method: 'client_secret_post' }),
      client('public', { token_endpoint_auth_method: 'none' }),
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    findAccount: (context, sub) => ({ accountId: sub, claims: async () => claims(sub) }),
    cookies: { keys: ['only for tests'] },
    ttl: {
      AccessToken: lifetime,
      Grant: lifetime,
      IdToken: lifetime,
      Interaction: lifetime,
      Session: lifetime,
    },
  }));
  const exchanges = [];
  provider.on('grant.success', ({ oidc, headers }) =>
    exchanges.push({ ...oidc.params, authorization: headers.authorization }),
  );
  const server = createServer(provider.callback());
  const { hostname, port } = new URL(issuer);
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(Number(port), hostname, resolve);
  });
  return {
    /** The parameters and the `Authorization` of each code that was traded for tokens. */
    exchanges,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Without the package's warnings: that its defaults are for development, which this is. */
async function quietly(work) {
  const { warn } = console;
  console.warn = () => {};
  try {
    return await work();
  } finally {
    console.warn = warn;
  }
}

/** Signs in on the provider's own pages, as far as the question of consent. */
export async function signInAtProvider(page, login) {
  await page.getByPlaceholder('Enter any login').fill(login);
  await page.getByPlaceholder('and password').fill('any password');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).waitFor();
}

export const consent = (page) => page.getByRole('button', { name: 'Continue' }).click();
export const deny = (page) => page.getByRole('link', { name: 'Cancel' }).click();

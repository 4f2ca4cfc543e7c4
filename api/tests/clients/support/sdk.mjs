// The SDK that the environment names, with the Core that it names, and what tests need of both.
import { createRequire } from 'node:module';

const name = process.env.SDK ?? 'supertokens-node-24';
const connectionURI = process.env.CORE_URI ?? 'http://127.0.0.1:3567';

// Not `import`: the newest version lists its parts for both ways, the oldest for this one only.
const require = createRequire(import.meta.url);
const recipe = (id) => require(`${name}/recipe/${id}`);

export const supertokens = require(name);
export const AccountLinking = recipe('accountlinking');
export const EmailPassword = recipe('emailpassword');
export const EmailVerification = recipe('emailverification');
export const Multitenancy = recipe('multitenancy');
export const Session = recipe('session');
export const ThirdParty = recipe('thirdparty');
export const UserMetadata = recipe('usermetadata');
export const UserRoles = recipe('userroles');
export const customFramework = require(`${name}/framework/custom`);

/** Whether the SDK speaks CDI 5.3 or newer: users have passkeys there. */
export const hasPasskeys = !name.endsWith('-21');

/** The mails that the SDK would have sent, newest last. */
export const mails = [];

const emailDelivery = {
  service: {
    async sendEmail(mail) {
      mails.push(mail);
    },
  },
};

supertokens.init({
  framework: 'custom',
  telemetry: false,
  supertokens: { connectionURI },
  appInfo: {
    appName: 'Todos',
    apiDomain: 'http://localhost:3001',
    websiteDomain: 'http://localhost:3000',
  },
  recipeList: [
    EmailPassword.init({ emailDelivery }),
    EmailVerification.init({ mode: 'OPTIONAL', emailDelivery }),
    Session.init(),
    ThirdParty.init(),
    UserMetadata.init(),
    UserRoles.init(),
  ],
});

export const tenant = 'public';
export const password = 'correct horse 1';

let signedUp = 0;

/** An email that nobody has yet, in whatever file of tests. */
export const newEmail = () => {
  signedUp += 1;
  return `sdk-${process.pid}-${signedUp}@example.com`;
};

/** A new user with an email and a password. */
export async function signUp(email = newEmail()) {
  const { status, user, recipeUserId } = await EmailPassword.signUp(tenant, email, password);
  if (status !== 'OK') {
    throw new Error(`${email}: ${status}`);
  }
  return { email, user, recipeUserId };
}

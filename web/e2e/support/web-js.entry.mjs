// What a page with the official browser SDK has: set up, and within reach of the tests.
import SuperTokens from 'supertokens-web-js';
import EmailPassword from 'supertokens-web-js/recipe/emailpassword';
import EmailVerification from 'supertokens-web-js/recipe/emailverification';
import Session from 'supertokens-web-js/recipe/session';
import ThirdParty from 'supertokens-web-js/recipe/thirdparty';

SuperTokens.init({
  appInfo: { appName: 'Todos', apiDomain: location.origin, apiBasePath: '/auth' },
  recipeList: [
    EmailPassword.init(),
    EmailVerification.init(),
    Session.init({ tokenTransferMethod: window.tokenTransferMethod }),
    ThirdParty.init(),
  ],
});

Object.assign(window, { EmailPassword, EmailVerification, Session, ThirdParty });

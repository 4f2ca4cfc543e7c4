// The dashboard: who is signed in, and which page the address names.
import { signOut, who } from './api.js';
import { button, h, loading, problem } from './dom.js';
import { signInPage } from './sign-in.js';
import { userPage } from './user.js';
import { forgetPlace, usersPage } from './users.js';

const app = document.getElementById('app');
let admin = null;

/** The user whom the address names, as with the official page. */
const userId = () => new URLSearchParams(location.search).get('userid');

function go(id) {
  const address = id ? `${location.pathname}?userid=${encodeURIComponent(id)}` : location.pathname;
  history.pushState(null, '', address);
  show();
}

function show() {
  const id = userId();
  const page = id
    ? userPage({ id, mayEdit: admin.mayEdit, back: () => go(null), fail })
    : usersPage({ open: go, fail });
  const notice = !admin.mayEdit && h('p', { class: 'notice' }, 'You may look, but not change anything.');
  app.replaceChildren(...[bar(), notice, page].filter(Boolean));
  scrollTo(0, 0);
  page.querySelector('h1')?.focus({ preventScroll: true });
}

function bar() {
  const leave = async () => {
    await signOut().catch(() => {});
    admin = null;
    forgetPlace();
    askToSignIn();
  };
  return h(
    'header',
    { class: 'bar' },
    h('strong', {}, 'Dashboard'),
    h('span', { class: 'who' }, admin.email),
    button('Sign out', leave, 'quiet'),
  );
}

/** Takes a failure over when the session has ended. Answers whether it did. */
function fail(failure) {
  if (failure.isSignedOut && admin) {
    admin = null;
    askToSignIn(failure.message);
  }
  return failure.isSignedOut;
}

function askToSignIn(message) {
  const page = signInPage({ message, done: start });
  app.replaceChildren(page);
  page.querySelector('input').focus();
}

async function start() {
  app.replaceChildren(loading());
  try {
    admin = await who();
  } catch (failure) {
    app.replaceChildren(h('main', { class: 'gate' }, problem(failure, start)));
    return;
  }
  if (admin) {
    show();
  } else {
    askToSignIn();
  }
}

addEventListener('popstate', () => admin && show());
start();

// The sign-in of administrators.
import { signIn } from './api.js';
import { busy, field, h } from './dom.js';

/** `message` says why they are asked; `done` goes on. */
export function signInPage({ message, done }) {
  const email = field('Email', { name: 'email', type: 'email', autocomplete: 'username', required: true });
  const password = field('Password', {
    name: 'password',
    type: 'password',
    autocomplete: 'current-password',
    required: true,
  });
  const error = h('p', { class: 'notice wrong', role: 'alert', hidden: true });
  const say = (text) => {
    error.hidden = !text;
    error.textContent = text ?? '';
  };
  const submit = h('button', { class: 'button primary wide' }, 'Sign in');
  const enter = async () => {
    say(null);
    const refused = await signIn(email.input.value, password.input.value).catch((failure) => failure.message);
    if (refused) {
      say(refused);
      password.input.select();
    } else {
      done();
    }
  };
  const onsubmit = (event) => {
    event.preventDefault();
    busy(submit, enter);
  };
  return h(
    'main',
    { class: 'gate' },
    h(
      'form',
      { class: 'card', onsubmit },
      h('h1', { tabindex: '-1' }, 'Dashboard'),
      message && h('p', { class: 'notice', role: 'status' }, message),
      email.element,
      password.element,
      error,
      submit,
      h(
        'p',
        { class: 'aside' },
        'For who administers users. They are added on the server: ',
        h('code', {}, 'api dashboard add'),
      ),
    ),
  );
}

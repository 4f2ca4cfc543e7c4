// One user: who they are, how they sign in, their roles and sessions, and what can be done about it.
import { get, post, put, remove } from './api.js';
import { busy, button, confirm, field, h, loading, problem, tell, time } from './dom.js';
import { badge, nameOf, recipe } from './users.js';

/** `fail` takes over when the session has ended; `back` shows the list. */
export function userPage({ id, mayEdit, back, fail }) {
  const page = h('main', {}, loading());
  const show = async () => {
    try {
      const answer = await get('/user', { userId: id });
      if (answer.status === 'OK') {
        document.title = nameOf(answer.user);
        page.replaceChildren(...content(answer.user));
      } else {
        page.replaceChildren(backLink(back), h('h1', { tabindex: '-1' }, 'There is no such user'));
      }
    } catch (failure) {
      if (!fail(failure)) {
        page.replaceChildren(backLink(back), problem(failure, show));
      }
    }
    page.querySelector('h1')?.focus({ preventScroll: true });
  };

  /** Does something, shows what is so then, and says so. */
  const act = (done, work, again = show) => async (event) => {
    await busy(event.currentTarget, async () => {
      try {
        await work();
        await again();
        tell(done);
      } catch (failure) {
        if (!fail(failure)) {
          tell(failure.message);
        }
      }
    });
  };
  const tools = { id, mayEdit, fail, show, act };

  const content = (user) => [
    backLink(back),
    h('h1', { tabindex: '-1' }, nameOf(user)),
    h(
      'dl',
      { class: 'facts' },
      h('div', {}, h('dt', {}, 'User id'), h('dd', {}, h('code', {}, user.id))),
      h('div', {}, h('dt', {}, 'Joined'), h('dd', {}, time(user.timeJoined))),
    ),
    part('Login methods', h('ul', {}, user.loginMethods.map((method) => loginMethod(method, tools)))),
    loadedPart('Roles', roles, tools),
    loadedPart('Sessions', sessions, tools),
    mayEdit && dangers(user, { back, fail }),
  ].filter(Boolean);

  show();
  return page;
}

function backLink(back) {
  const onclick = (event) => {
    event.preventDefault();
    back();
  };
  return h('a', { href: location.pathname, class: 'back', onclick }, '← All users');
}

function part(title, ...children) {
  return h('section', { class: 'card' }, h('h2', {}, title), children);
}

/** A part that is asked for apart, and again after a change, without moving what is around it. */
function loadedPart(title, load, tools) {
  const heading = h('h2', { tabindex: '-1' }, title);
  const place = h('div', { class: 'stack' }, loading());
  const fill = async () => {
    try {
      place.replaceChildren(...[await load(tools, again)].flat().filter(Boolean));
    } catch (failure) {
      if (!tools.fail(failure)) {
        place.replaceChildren(problem(failure, fill));
      }
    }
  };
  // The control that was used is gone then: the next one is near the heading.
  const again = async () => {
    await fill();
    heading.focus({ preventScroll: true });
  };
  fill();
  return h('section', { class: 'card' }, heading, place);
}

function loginMethod(method, tools) {
  const { mayEdit, act } = tools;
  const { recipeUserId, email, verified } = method;
  const set = (value) => () => put('/user/email/verify', { recipeUserId, verified: value });
  const forms = h('div');
  const isPassword = method.recipeId === 'emailpassword';
  const controls = mayEdit && [
    isPassword && button('Change email', () => forms.replaceChildren(emailForm(method, forms, tools))),
    isPassword && button('Set password', () => forms.replaceChildren(passwordForm(method, forms, tools))),
    email && verified && button('Mark as not verified', act('The email counts as not verified.', set(false))),
    email && !verified && button('Mark as verified', act('The email counts as verified.', set(true))),
    email &&
      !verified &&
      button('Send link to verify', act('A link is on its way.', () => post('/user/email/verify/token', { recipeUserId }))),
  ];
  return h(
    'li',
    {},
    h('p', { class: 'line' }, h('strong', {}, recipe(method)), email && h('span', {}, email), email && badge(verified)),
    controls && h('div', { class: 'actions' }, controls),
    forms,
  );
}

function emailForm({ recipeUserId, recipeId, email }, place, tools) {
  const input = field('New email', { name: 'email', type: 'email', autocomplete: 'off', required: true, value: email });
  const body = { recipeUserId, recipeId, firstName: '', lastName: '', phone: '' };
  const refusals = { EMAIL_ALREADY_EXISTS_ERROR: 'Somebody else signs in with this email.' };
  const save = () => put('/user', { ...body, email: input.input.value });
  return inlineForm(input, 'Save email', 'The email is changed. It counts as not verified.', save, refusals, place, tools);
}

function passwordForm({ recipeUserId }, place, tools) {
  const input = field('New password', { name: 'password', type: 'password', autocomplete: 'new-password', required: true });
  const save = () => put('/user/password', { recipeUserId, newPassword: input.input.value });
  return inlineForm(input, 'Save password', 'The password is set, and every session has ended.', save, {}, place, tools);
}

function inlineForm(input, label, done, save, refusals, place, { fail, show }) {
  const submit = h('button', { class: 'button primary' }, label);
  const onsubmit = (event) => {
    event.preventDefault();
    busy(submit, async () => {
      try {
        const answer = await save();
        if (answer.status === 'OK') {
          await show();
          tell(done);
        } else {
          input.say(answer.error ?? refusals[answer.status] ?? answer.status);
        }
      } catch (failure) {
        if (!fail(failure)) {
          input.say(failure.message);
        }
      }
    });
  };
  const form = h(
    'form',
    { class: 'inline', onsubmit },
    input.element,
    h('div', { class: 'actions' }, submit, button('Cancel', () => place.replaceChildren())),
  );
  queueMicrotask(() => input.input.focus());
  return form;
}

async function roles({ id, mayEdit, act }, again) {
  const [own, all] = await Promise.all([get('/userroles/user/roles', { userId: id }), get('/userroles/roles')]);
  const others = all.roles.filter((role) => !own.roles.includes(role));
  const take = (role) => () => remove('/userroles/user/roles', { userId: id, role });
  const items = own.roles.map((role) =>
    h(
      'li',
      { class: 'line' },
      h('span', {}, role),
      mayEdit && button(`Take away ${role}`, act(`The role ${role} is taken away, and every session has ended.`, take(role)), 'small'),
    ),
  );
  const list = items.length ? h('ul', {}, items) : h('p', { class: 'empty' }, 'No roles.');
  if (!mayEdit || others.length === 0) {
    return list;
  }
  const select = h('select', { 'aria-label': 'Role' }, others.map((role) => h('option', {}, role)));
  const give = () => put('/userroles/user/roles', { userId: id, role: select.value });
  return [list, h('div', { class: 'actions' }, select, button('Give role', act('The role is given.', give, again)))];
}

async function sessions({ id, mayEdit, act }, again) {
  const { sessions } = await get('/user/sessions', { userId: id });
  if (sessions.length === 0) {
    return h('p', { class: 'empty' }, 'Not signed in anywhere.');
  }
  const revoke = (handles) => () => post('/user/sessions', { sessionHandles: handles });
  const handles = sessions.map((session) => session.sessionHandle);
  const items = sessions.toReversed().map((session) =>
    h(
      'li',
      { class: 'line' },
      h('span', {}, 'Since ', time(session.timeCreated), ', until ', time(session.expiry)),
      mayEdit && button('Revoke', act('The session has ended.', revoke([session.sessionHandle]), again), 'small'),
    ),
  );
  return [
    h('ul', { class: 'sessions' }, items),
    mayEdit && sessions.length > 1 && button('Revoke all', act('Every session has ended.', revoke(handles), again)),
    h('p', { class: 'aside' }, 'Access tokens that are out already stay good until they expire.'),
  ];
}

function dangers(user, { back, fail }) {
  const name = nameOf(user);
  const ask = async (event) => {
    const control = event.currentTarget;
    const text = `${name} loses their account, sessions and roles. This cannot be undone.`;
    if (!(await confirm('Delete this user?', text, 'Delete user'))) {
      return;
    }
    await busy(control, async () => {
      try {
        await remove('/user', { userId: user.id });
        back();
        tell(`${name} is deleted.`);
      } catch (failure) {
        if (!fail(failure)) {
          tell(failure.message);
        }
      }
    });
  };
  return part('Delete', h('p', {}, 'Removes the account with its sessions and roles.'), button('Delete user…', ask, 'danger'));
}

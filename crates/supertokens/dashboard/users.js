// The list of users: pages, newest first, or what a search found.
import { get } from './api.js';
import { button, h, loading, problem, time } from './dom.js';

const PAGE = 25;
/** What a search shows at most: the Core does not go on with one. */
const FOUND = 100;

/** How users sign in, in words. */
export function recipe(method) {
  const names = { emailpassword: 'Password', passwordless: 'Link or code' };
  return method.thirdParty ? `Account at ${method.thirdParty.id}` : (names[method.recipeId] ?? method.recipeId);
}

/** A user's name on this page. */
export const nameOf = (user) => user.emails[0] ?? user.phoneNumbers[0] ?? user.id;

const start = () => ({ search: '', pages: [undefined] });
const place = start();

/** Whoever signs in next begins at the beginning. */
export const forgetPlace = () => Object.assign(place, start());

export function usersPage({ open, fail }) {
  document.title = 'Users';
  const title = h('h1', { tabindex: '-1' }, 'Users');
  const count = h('p', { class: 'aside', role: 'status' });
  const result = h('section', { 'aria-label': 'Users' });
  const input = h('input', {
    id: 'search',
    type: 'search',
    placeholder: 'Email begins with…',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  input.value = place.search;
  let latest = 0;

  const show = async () => {
    const turn = ++latest;
    result.replaceChildren(loading());
    try {
      const { search, pages } = place;
      const query = search ? { limit: FOUND, email: search } : { limit: PAGE, paginationToken: pages.at(-1) };
      const [page, all] = await Promise.all([get('/users', query), get('/users/count')]);
      // An answer that was overtaken says nothing.
      if (turn !== latest) {
        return;
      }
      count.textContent = tally(all.count, page.users.length);
      result.replaceChildren(...content(page));
    } catch (failure) {
      if (turn === latest && !fail(failure)) {
        count.textContent = '';
        result.replaceChildren(problem(failure, show));
      }
    }
  };

  const tally = (all, found) => {
    if (!place.search) {
      return all === 1 ? '1 user' : `${all} users`;
    }
    return found === FOUND ? `The first ${FOUND} found; type more to see others` : `${found} of ${all} found`;
  };

  const content = (page) => {
    if (page.users.length === 0) {
      const text = place.search
        ? 'Nobody found. A search looks at how an email begins, or the part after its @.'
        : 'Nobody has signed up yet.';
      return [h('p', { class: 'empty' }, text)];
    }
    return [table(page.users, open), place.search ? '' : pager(page.nextPaginationToken)];
  };

  const pager = (next) => {
    const turn = (change) => () => {
      change();
      show().then(() => title.focus());
    };
    const newer = place.pages.length > 1 && button('Newer', turn(() => place.pages.pop()));
    const older = next && button('Older', turn(() => place.pages.push(next)));
    return h('nav', { class: 'actions', 'aria-label': 'Pages' }, newer, older);
  };

  let typing;
  const search = () => {
    clearTimeout(typing);
    if (input.value.trim() !== place.search) {
      Object.assign(place, start(), { search: input.value.trim() });
      show();
    }
  };
  input.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(search, 300);
  });
  const onsubmit = (event) => {
    event.preventDefault();
    search();
  };
  show();
  return h(
    'main',
    {},
    h('div', { class: 'head' }, title, count),
    h('form', { role: 'search', class: 'search', onsubmit }, h('label', { for: 'search' }, 'Search'), input),
    result,
  );
}

function table(users, open) {
  const heads = ['User', 'Signs in with', 'Email', 'Joined'].map((name) => h('th', { scope: 'col' }, name));
  return h(
    'table',
    {},
    h('thead', {}, h('tr', {}, heads)),
    h('tbody', {}, users.map((user) => row(user, open))),
  );
}

function row(user, open) {
  const verified = user.loginMethods.every((method) => method.verified);
  const link = h('a', { href: `?userid=${encodeURIComponent(user.id)}` }, nameOf(user));
  link.addEventListener('click', (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      open(user.id);
    }
  });
  return h(
    'tr',
    {},
    h('td', {}, link),
    h('td', {}, user.loginMethods.map(recipe).join(', ')),
    h('td', {}, badge(verified)),
    h('td', {}, time(user.timeJoined)),
  );
}

export function badge(verified) {
  return h('span', { class: verified ? 'badge good' : 'badge' }, verified ? 'Verified' : 'Not verified');
}

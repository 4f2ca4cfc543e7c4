// The dashboard's API: one function for every request, and where the session is kept.

const BASE = '/auth/dashboard/api';
const KEY = 'dashboard.session';

// In memory, and in the tab's own storage so that a reload does not sign out. Not in localStorage, where
// every later tab would have it, nor in a cookie, which the browser would send for other sites, too. Script
// from elsewhere cannot read it: the page's policy loads none.
let session = stored();

function stored() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null; // Blocked storage: signed in until the next reload.
  }
}

function keep(id) {
  session = id;
  try {
    if (id) {
      sessionStorage.setItem(KEY, id);
    } else {
      sessionStorage.removeItem(KEY);
    }
  } catch {
    // As above.
  }
}

/** A request that failed, in words for whoever made it. */
export class Failure extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }

  get isSignedOut() {
    return this.status === 401;
  }
}

/** The answer's body, or a Failure. */
export async function request(method, path, { query = {}, body } = {}) {
  const url = new URL(BASE + path, location.origin);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') {
      url.searchParams.set(name, value);
    }
  }
  const headers = { rid: 'dashboard' };
  if (session) {
    headers.authorization = `Bearer ${session}`;
  }
  if (body !== undefined) {
    headers['content-type'] = 'application/json';
  }
  const used = session;
  let answer;
  try {
    answer = await fetch(url, { method, headers, body: body && JSON.stringify(body), credentials: 'omit' });
  } catch {
    throw new Failure(0, 'The service cannot be reached. Check the connection, then try again.');
  }
  const content = await answer.json().catch(() => ({}));
  if (answer.ok) {
    return content;
  }
  // Unless somebody has signed in meanwhile.
  if (answer.status === 401 && used === session) {
    keep(null);
  }
  throw new Failure(answer.status, explain(answer.status, content.message));
}

function explain(status, message) {
  if (status === 401) {
    return 'Your session has ended. Sign in again.';
  }
  if (status === 403) {
    return 'You may look here, but not change anything.';
  }
  if (status === 400 && message) {
    return message;
  }
  if (status === 429) {
    return 'Too many tries. Wait a little, then try again.';
  }
  if (status === 503) {
    return 'The SuperTokens Core does not answer. Try again in a few seconds.';
  }
  return `Something went wrong (${status}). Try again later.`;
}

export const get = (path, query) => request('GET', path, { query });
export const post = (path, body = {}) => request('POST', path, { body });
export const put = (path, body) => request('PUT', path, { body });
export const remove = (path, query) => request('DELETE', path, { query });

/** Who is signed in, `{email, mayEdit}`; null when nobody is. */
export async function who() {
  if (!session) {
    return null;
  }
  try {
    return await post('/key/validate');
  } catch (failure) {
    if (failure.isSignedOut) {
      return null;
    }
    throw failure;
  }
}

/** Null when it worked, else why it did not. */
export async function signIn(email, password) {
  const answer = await post('/signin', { email, password });
  if (answer.status === 'OK') {
    keep(answer.sessionId);
    return null;
  }
  return answer.message ?? 'Wrong email or password.';
}

export async function signOut() {
  try {
    await post('/signout');
  } finally {
    keep(null);
  }
}

// A page of the website's origin with the official browser SDK instead of ours.
import assert from 'node:assert/strict';
import { before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { baseURL } from './config.mjs';

let html;

before(async () => {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL('web-js.entry.mjs', import.meta.url))],
    bundle: true,
    format: 'iife',
    logLevel: 'error',
    write: false,
  });
  const script = bundle.outputFiles[0].text.replaceAll('</script', '<\\/script');
  html = `<!doctype html><title>web-js</title><script>${script}</script>`;
});

/** Lets every address of the website's origin show that page; `transfer` is `cookie` or `header`. */
export async function useWebJs(context, transfer = 'cookie') {
  await context.addInitScript((method) => {
    window.tokenTransferMethod = method;
  }, transfer);
  await context.route(
    (url) => url.origin === baseURL,
    (route) =>
      route.request().isNavigationRequest()
        ? route.fulfill({ contentType: 'text/html', body: html })
        : route.fallback(),
  );
}

/** Fields of a form. */
export const form = (fields) => Object.entries(fields).map(([id, value]) => ({ id, value }));

/** Calls `recipe.name(argument)` of the SDK on the page. */
export const call = (page, recipe, name, argument) =>
  page.evaluate(
    async ([recipe, name, argument]) => {
      const { fetchResponse, ...answer } = Object(await window[recipe][name](argument));
      return { ...answer };
    },
    [recipe, name, argument],
  );

/** What the SDK knows of the session. */
export const session = (page) =>
  page.evaluate(async () => {
    const exists = await Session.doesSessionExist();
    return exists
      ? { exists, userId: await Session.getUserId(), payload: await Session.getAccessTokenPayloadSecurely() }
      : { exists };
  });

export async function signUp(page, email, password) {
  const answer = await call(page, 'EmailPassword', 'signUp', { formFields: form({ email, password }) });
  assert.equal(answer.status, 'OK', JSON.stringify(answer));
  return answer.user;
}

export const signIn = (page, email, password) =>
  call(page, 'EmailPassword', 'signIn', { formFields: form({ email, password }) });

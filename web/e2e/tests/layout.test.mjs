// What a page must be at any size: the first paint, the narrow phone, the finger.
import assert from 'node:assert/strict';
import { app } from '../support/app.mjs';
import { sizes } from '../support/config.mjs';
import { scenario } from '../support/scenario.mjs';

/** What would have to be scrolled for sideways, or cannot be reached at all. */
const outside = (page) =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const beyond = [...document.querySelectorAll('h1, h2, p, button, input, textarea, a')]
      .filter((part) => part.checkVisibility() && !part.matches('.edit, .unseen, .unseen *'))
      .filter((part) => part.getBoundingClientRect().left < 0 || part.getBoundingClientRect().right > clientWidth)
      .map((part) => part.outerHTML.slice(0, 80));
    return scrollWidth > clientWidth ? [`${scrollWidth} in ${clientWidth}`, ...beyond] : beyond;
  });

/** Controls smaller than 44 px, other than links inside a sentence. */
const small = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('button, input, textarea, a')]
      .filter((control) => control.checkVisibility() && !control.matches('.edit'))
      .map((control) => [control.getBoundingClientRect(), control.outerHTML.slice(0, 80)])
      .filter(([box]) => box.width < 44 || box.height < 44)
      .map(([box, html]) => `${box.width}x${box.height} ${html}`),
  );

const touch = { hasTouch: true, isMobile: true };
const shapes = {
  'a narrow phone': { viewport: sizes.phone, ...touch },
  'the narrowest phone': { viewport: { width: 320, height: 568 }, ...touch },
  'a window at 200 %': { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
  'text of twice the size': { fontSize: '200%' },
};

for (const [shape, { fontSize = '', ...options }] of Object.entries(shapes)) {
  scenario(
    `${shape} needs no sideways scroll and fits the finger`,
    async ({ page }) => {
      const check = async (where) => {
        await page.evaluate((size) => void (document.documentElement.style.fontSize = size), fontSize);
        assert.deepEqual(await outside(page), [], where);
        assert.deepEqual(await small(page), [], where);
      };
      const me = app(page);
      for (const path of [
        '/',
        '/auth',
        '/auth?mode=signup',
        '/auth/reset-password',
        '/auth/reset-password?token=x',
        '/auth/verify-email?token=x',
        '/auth/callback/public?code=x&state=x',
        '/nowhere',
      ]) {
        await page.goto(path);
        await page.locator('#app h1#title').waitFor();
        await check(path);
      }
      await me.signUp(`${'long-'.repeat(9)}${Math.random().toString(36).slice(2)}@example.com`);
      await me.add('Short', 'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(4));
      await check('the list');
      await page.goto('/account');
      await page.getByRole('button', { name: 'Delete my account' }).click();
      await check('the account');
    },
    options,
  );
}

scenario('the app draws what the first paint has shown', async ({ page, context }) => {
  // The order of attributes and the room between tags say nothing.
  const drawn = () =>
    page.evaluate(() => {
      const tell = (node) =>
        node.nodeType === Node.TEXT_NODE
          ? node.data.trim()
          : [
              node.localName,
              [...node.attributes].map(({ name, value }) => `${name}=${value}`).sort(),
              [...node.childNodes]
                .filter((child) => child.nodeType === Node.ELEMENT_NODE || child.data?.trim())
                .map(tell),
            ];
      return JSON.stringify(tell(document.querySelector('.page-welcome')), null, 1);
    });
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await context.route('**/*.wasm', async (route) => {
    await held;
    await route.fallback();
  });
  await page.goto('/', { waitUntil: 'commit' });
  await page.locator('.shell .page-welcome h1').waitFor();
  const before = await drawn();
  release();
  await page.locator('#app > .page-welcome').waitFor();
  assert.equal(await drawn(), before);
});

for (const part of ['app-*.js', 'app_bg-*.wasm']) {
  scenario(`an app that cannot be loaded says so and can be asked for again (${part})`, async ({ page }) => {
    await page.route(`**/assets/${part}`, (route) => route.abort());
    await page.goto('/');
    await page.getByText('The app could not be loaded.').waitFor();
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.locator('#app > .page-welcome').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Reload' }).isVisible(), false);
  }, { breaks: true });
}

scenario('an app that breaks says so and loses nothing', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await me.field.fill('Half a thought');
  // No row can be drawn any more, which the app does not expect.
  await page.evaluate(() => {
    Node.prototype.insertBefore = () => {
      throw new Error('refused');
    };
  });
  await me.field.press('Enter');
  await page.getByText('Something went wrong in this page.').waitFor();
  await page.getByRole('button', { name: 'Reload' }).click();
  await me.ready();
  await me.row('Half a thought').waitFor();
}, { breaks: true });

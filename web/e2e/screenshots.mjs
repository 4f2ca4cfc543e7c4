// The pictures of docs/screenshots: the main states, in as few colours as do, so that a clone stays small.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import UPNG from 'upng-js';
import { app, furnish } from './support/app.mjs';
import { launch } from './support/browser.mjs';
import { baseURL } from './support/config.mjs';

const folder = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));
const colours = 64;
const heaviest = 60_000;
const desktop = { viewport: { width: 1120, height: 700 } };
const phone = { viewport: { width: 390, height: 760 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const tasks = [
  'Return the library books',
  'Ask about the garden fence',
  'Renew passport (needs two photos)',
  'Write the talk for Thursday',
  'Book the train to Lyon',
  'Try the bakery on the corner',
];

mkdirSync(folder, { recursive: true });
const browser = await launch();
const people = await Promise.all([signedUp('ada'), signedUp('grace')]);
const [ada, empty] = people;

await picture('sign-in', desktop, null, '/auth', async (page) => {
  await page.getByLabel('Email').fill('ada@example.com');
});
await picture('list', desktop, ada, '/');
await picture('list-dark', { ...desktop, colorScheme: 'dark' }, ada, '/');
await picture('list-phone', phone, ada, '/');
await picture('list-phone-dark', { ...phone, colorScheme: 'dark' }, ada, '/');
await picture('empty', desktop, empty, '/');
await picture('offline', desktop, ada, '/', async (page) => {
  // An answer that is still to come would say that there is a way.
  await page.waitForLoadState('networkidle');
  await page.context().setOffline(true);
  await page.getByText(/You.re offline/).waitFor();
});
await picture('shortcuts', desktop, ada, '/', async (page) => {
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
});
await picture('account', desktop, ada, '/account', async (page) => {
  await page.locator('.sessions li').first().waitFor();
});
await browser.close();

/** What a browser holds of somebody who has signed up; the first has tasks. */
async function signedUp(name) {
  const context = await browser.newContext({ baseURL, ...desktop });
  const page = await context.newPage();
  await app(page).signUp(`${name}@example.com`);
  if (name === 'ada') {
    await furnish(page, tasks, ['Book the train to Lyon', 'Return the library books']);
  }
  const state = await context.storageState();
  await context.close();
  return state;
}

async function picture(name, options, storageState, path, prepare = async () => {}) {
  const context = await browser.newContext({
    baseURL,
    reducedMotion: 'reduce',
    ...options,
    ...(storageState && { storageState }),
  });
  const page = await context.newPage();
  await page.goto(path);
  await page.locator('#app > :not(.shell) h1').waitFor();
  if (path === '/') {
    await app(page).ready();
  }
  await prepare(page);
  const shot = UPNG.decode(await page.screenshot());
  await context.close();
  const png = Buffer.from(UPNG.encode(UPNG.toRGBA8(shot), shot.width, shot.height, colours));
  assert.ok(png.length < heaviest, `${name} has ${png.length} bytes`);
  writeFileSync(`${folder}${name}.png`, png);
  console.log(`${name}.png ${Math.ceil(png.length / 1000)} kB`);
}

// How long somebody waits who is signed in and has 20 tasks: from the navigation to the list on the screen, on a
// phone of a quarter of this machine's speed, over "Fast 4G" as the developer tools of Chromium have it.
import { newEmail, password } from './support/app.mjs';
import { launch } from './support/browser.mjs';
import { baseURL } from './support/config.mjs';

const runs = 5;
const tasks = 20;
const slowdowns = [1, 4];
const fast4g = {
  offline: false,
  latency: 165,
  downloadThroughput: (9e6 / 8) * 0.9,
  uploadThroughput: (1.5e6 / 8) * 0.9,
};

const browser = await launch();
const state = await signedIn();
const visits = { 'first visit': false, 'visited before': true };
for (const slower of slowdowns) {
  for (const [name, cached] of Object.entries(visits)) {
    const times = [];
    for (let run = 0; run < runs; run += 1) {
      times.push(await visit(cached, slower));
    }
    const { list, paint, app } = times.toSorted((a, b) => a.list - b.list)[Math.floor(runs / 2)];
    const all = times.map((time) => time.list).join(' ');
    console.log(`${name}, processor ${slower}x slower: ${list} ms, the median of ${all}; painted ${paint}, app ${app}`);
  }
}
await browser.close();

async function signedIn() {
  const context = await browser.newContext({ baseURL });
  const page = await context.newPage();
  await page.goto('/auth?mode=signup');
  await page.getByLabel('Email').fill(newEmail());
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  const field = page.getByLabel('New task');
  for (let number = 1; number <= tasks; number += 1) {
    await field.fill(`Task number ${number}`);
    await field.press('Enter');
  }
  await page.locator('#counter', { hasText: `${tasks} open` }).waitFor();
  const state = await context.storageState();
  await context.close();
  return state;
}

async function visit(cached, slower) {
  const context = await browser.newContext({ baseURL, storageState: state, viewport: { width: 412, height: 915 } });
  if (cached) {
    const before = await context.newPage();
    await before.goto('/');
    await before.locator('.todo').first().waitFor();
    await before.close();
  }
  const page = await context.newPage();
  // A new window is busy with itself at first.
  await page.waitForTimeout(2000);
  const tools = await context.newCDPSession(page);
  await tools.send('Network.enable');
  await tools.send('Network.emulateNetworkConditions', fast4g);
  await tools.send('Emulation.setCPUThrottlingRate', { rate: slower });
  await page.addInitScript(() => {
    new MutationObserver((changes, observer) => {
      if (document.querySelector('#app > .page-todos') && !window.appAt) {
        window.appAt = performance.now();
      }
      if (document.querySelector('#app .todo')) {
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => (window.listAt = performance.now())));
      }
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto('/', { waitUntil: 'commit' });
  await page.waitForFunction(() => window.listAt, undefined, { timeout: 30_000 });
  const times = await page.evaluate(() => ({
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    app: window.appAt,
    list: window.listAt,
  }));
  await context.close();
  return { paint: Math.round(times.paint), app: Math.round(times.app), list: Math.round(times.list) };
}

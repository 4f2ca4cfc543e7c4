// A list of ten thousand: read as far as somebody goes, drawn where they are.
import assert from 'node:assert/strict';
import { app, seedMany } from '../support/app.mjs';
import { scenario } from '../support/scenario.mjs';

const rows = (page) => page.locator('.todo').count();
/** Goes down until so many rows have come. However long that takes, each wait is for the next of them. */
async function toEnd(page, count) {
  for (let last = 0; last < count; ) {
    const further = await page.waitForFunction((last) => {
      scrollTo(0, document.documentElement.scrollHeight);
      const rows = [...document.querySelectorAll('.todo[aria-posinset]')];
      const now = Math.max(0, ...rows.map((row) => Number(row.getAttribute('aria-posinset'))));
      return now > last && now;
    }, last);
    last = await further.jsonValue();
  }
}
const seen = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('.todo')]
      .filter((row) => {
        const box = row.getBoundingClientRect();
        return box.bottom > 0 && box.top < innerHeight;
      })
      .map((row) => Number(row.getAttribute('aria-posinset'))),
  );

scenario('more comes when the end comes near', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await seedMany(page, Array.from({ length: 253 }, (_, n) => `Task ${n + 1}`));
  await page.reload();
  await me.expectCount('253 open, 0 done');
  await toEnd(page, 253);
  assert.ok((await rows(page)) < 120, 'only what is near is drawn');
  assert.equal(await page.getByRole('button', { name: 'Show more' }).count(), 0);
  await page.evaluate(() => scrollTo(0, 0));
  await page.locator('[aria-posinset="1"]').waitFor();
  await me.field.fill('On top');
  await me.field.press('Enter');
  await me.row('On top').and(page.locator('.todo:not(.saving)')).waitFor();
  await me.expectCount('254 open, 0 done');
});

scenario('ten thousand todos scroll as ten do', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await seedMany(page, Array.from({ length: 10_000 }, (_, n) => `Task ${n + 1}`));
  await page.reload();
  await me.expectCount('10000 open, 0 done');
  await toEnd(page, 10_000);
  assert.ok((await rows(page)) < 120);

  // A wheel, turned as fast as frames come.
  const frames = await page.evaluate(async () => {
    const frame = () => new Promise(requestAnimationFrame);
    const times = [];
    let blank = 0;
    let put = 0;
    new MutationObserver((changes) => {
      const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
      put += added.filter((node) => node.matches?.('.todo')).length;
    }).observe(document.querySelector('main'), { childList: true, subtree: true });
    for (let at = 0, last = await frame(); at < 300; at += 1) {
      scrollBy(0, -60);
      const now = await frame();
      times.push(now - last);
      last = now;
      const middle = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
      blank += middle?.closest('.gap') ? 1 : 0;
    }
    times.sort((a, b) => a - b);
    return { median: times[150], most: times[285], blank, put };
  });
  console.log(`frames: median ${frames.median.toFixed(1)} ms, 95 % within ${frames.most.toFixed(1)} ms`);
  assert.equal(frames.blank, 0, 'nothing is empty where the eye is');
  // A row is 53 pixels high. Each that comes into sight is drawn once.
  assert.ok(frames.put < (2 * 300 * 60) / 53, `${frames.put} rows were drawn`);

  const [first] = await seen(page);
  assert.ok(first > 9_000 && first < 9_900, `${first} is seen`);
});

scenario('the row with the focus stays, and keys go on from it', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await seedMany(page, Array.from({ length: 100 }, (_, n) => `Task ${n + 1}`));
  await page.reload();
  await me.expectCount('100 open, 0 done');
  const tick = page.getByRole('checkbox').first();
  await tick.focus();
  const name = await tick.getAttribute('aria-label');
  await toEnd(page, 100);
  assert.equal(await page.locator('[aria-posinset="2"]').count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), name);
  await page.keyboard.press('Space');
  await me.expectCount('99 open, 1 done');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), name);
  assert.equal(await me.tick(name).isChecked(), true);
});

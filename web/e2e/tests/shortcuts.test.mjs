// Keys that spare the mouse, and the map of them.
import assert from 'node:assert/strict';
import { app } from '../support/app.mjs';
import { expectAccessible } from '../support/axe.mjs';
import { scenario } from '../support/scenario.mjs';

const map = (page) => page.getByRole('dialog', { name: 'Keyboard shortcuts' });
const focused = (page) => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.id);

scenario('the map of the keys opens by one, keeps the focus and gives it back', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Water the tomatoes');
  await me.tick('Water the tomatoes').focus();
  await page.keyboard.press('?');
  await map(page).waitFor();
  await expectAccessible(page, 'the map, light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page, 'the map, dark');
  for (let press = 0; press < 5; press += 1) {
    await page.keyboard.press('Tab');
    // The browser's own controls are the one place beyond the dialog that it leads to.
    assert.ok(await page.evaluate(() => document.activeElement.closest('dialog, body') !== null));
    assert.ok(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('dialog')));
  }
  await page.keyboard.press('Escape');
  await map(page).waitFor({ state: 'hidden' });
  assert.equal(await focused(page), 'Water the tomatoes');

  const button = page.getByRole('button', { name: 'Keyboard shortcuts' });
  await button.click();
  await map(page).getByRole('button', { name: 'Close' }).click();
  await map(page).waitFor({ state: 'hidden' });
  assert.equal(await focused(page), 'Keyboard shortcuts');
});

scenario('a list is worked through by keys alone', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await me.add('Third', 'Second', 'First');
  await me.tick('First').focus();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  assert.equal(await focused(page), 'Third');
  await page.keyboard.press('k');
  assert.equal(await focused(page), 'Second');
  await page.keyboard.press('e');
  await me.editor.waitFor();
  // While somebody types, a letter is a letter.
  await page.keyboard.press('End');
  await page.keyboard.type(' jnx?');
  await page.keyboard.press('Enter');
  await me.row('Second jnx?').waitFor();
  await page.keyboard.press('x');
  await me.expectCount('2 open, 1 done');
  await me.tick('First').focus();
  await page.keyboard.press('Delete');
  await me.row('First').waitFor({ state: 'detached' });
  await page.keyboard.press('n');
  assert.equal(await focused(page), 'new-task');
});

scenario('single letters can be turned off for good', async ({ page }) => {
  const me = app(page);
  await me.signUp();
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await map(page).getByRole('checkbox').uncheck();
  await page.keyboard.press('Escape');
  for (const reload of [false, true]) {
    if (reload) {
      await page.reload();
      await me.ready();
    }
    await page.locator('h1').focus();
    await page.keyboard.press('n');
    await page.keyboard.press('?');
    assert.equal(await focused(page), 'title');
    assert.equal(await map(page).isVisible(), false);
  }
});

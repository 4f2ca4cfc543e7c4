// What axe-core finds wrong for people who do not see the page, or not well, or use no mouse.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The one rule of WCAG 2.2 that has to be asked for. */
const rules = { 'target-size': { enabled: true } };

/** Nothing is wrong with the page as it is now, by any rule of WCAG 2.2 AA or of good practice. */
export async function expectAccessible(page, where) {
  if (!(await page.evaluate(() => 'axe' in window))) {
    await page.evaluate(source);
  }
  const { violations } = await page.evaluate((rules) => axe.run(document, { rules }), rules);
  const told = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}\n  ${html}\n  ${failureSummary}`),
  );
  assert.deepEqual(told, [], where);
}

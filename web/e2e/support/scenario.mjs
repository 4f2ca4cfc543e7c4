// One browser a test file, one context a test, and a picture of every page of a test that fails.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { artifacts, baseURL, sizes } from './config.mjs';

let browser;

before(async () => {
  browser = await launch();
});

after(() => browser?.close());

/** In milliseconds. They end what hangs: on a busy machine everything takes long. */
const scenarioTimeout = 900_000;
const waitTimeout = 120_000;

/**
 * `run` gets `page`, its `context`, `open()` for another person's browser, and the `faults` seen so far.
 * `options` are those of a context, and `breaks`: the scenario is about a page that cannot run.
 */
export function scenario(name, run, { breaks = false, ...options } = {}) {
  test(name, { timeout: scenarioTimeout }, async () => {
    const contexts = [];
    const faults = [];
    const open = async (more = {}) => {
      const context = await browser.newContext({
        baseURL,
        viewport: sizes.desktop,
        reducedMotion: 'reduce',
        ...options,
        ...more,
      });
      context.setDefaultTimeout(waitTimeout);
      watch(context, faults);
      contexts.push(context);
      return context;
    };
    try {
      const context = await open();
      const page = await context.newPage();
      await run({ page, context, open, faults });
      assert.deepEqual(breaks ? [] : faults.filter(isGrave), [], 'the page broke');
    } catch (error) {
      await picture(name, contexts);
      throw error;
    } finally {
      // A request may still be on its way through a scenario's hands.
      const routed = contexts.flatMap((context) => [context, ...context.pages()]);
      await Promise.all(routed.map((where) => where.unrouteAll({ behavior: 'ignoreErrors' })));
      await Promise.all(contexts.map((context) => context.close()));
    }
  });
}

/** Collects what a browser's console would show in red. */
function watch(context, faults) {
  context.on('page', (page) => {
    page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
    page.on('console', (message) => {
      // That an app comes late says something about the machine that runs the tests.
      const isAboutTime = message.text().includes('was preloaded using link preload but not used within');
      if ((message.type() === 'error' || message.type() === 'warning') && !isAboutTime) {
        faults.push(`${message.type()}: ${message.text()}`);
      }
    });
  });
}

/** A panic or a breach of the content security policy is never part of a scenario; a refused request may be. */
function isGrave(fault) {
  return fault.startsWith('error: ') && !fault.includes('Failed to load resource');
}

async function picture(name, contexts) {
  const slug = name.replace(/[^a-z0-9]+/gi, '-').toLowerCase();
  const pages = contexts.flatMap((context) => context.pages());
  for (const [index, page] of pages.entries()) {
    const path = join(artifacts, `failed-${slug}-${index}.png`);
    await page.screenshot({ path, fullPage: true }).catch(() => {});
  }
}

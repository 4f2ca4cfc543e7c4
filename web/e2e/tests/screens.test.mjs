// Pictures of the main states, for people to look at: both sizes, light and dark.
import { join } from 'node:path';
import { app, operation, seed } from '../support/app.mjs';
import { artifacts, sizes } from '../support/config.mjs';
import { scenario } from '../support/scenario.mjs';

const tasks = [
  'Return the library books',
  'Ask about the garden fence',
  'Renew passport (needs two photos)',
  'Write the talk for Thursday: start from the question people leave with, not from the answer we happen to have, and keep it under twenty minutes',
  'Book the train to Lyon',
  'Try the bakery on the corner',
];

for (const [size, viewport] of Object.entries(sizes)) {
  const phone = size === 'phone' ? { hasTouch: true, isMobile: true, deviceScaleFactor: 2 } : {};
  scenario(
    `pictures, ${size}`,
    async ({ page, context }) => {
      const me = app(page);
      const shoot = async (name) => {
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          await page.screenshot({ path: join(artifacts, `${name}-${size}-${colorScheme}.png`) });
        }
      };

      await page.goto('/');
      await page.locator('#app > .page-welcome').waitFor();
      await shoot('welcome');

      await page.goto('/auth?mode=signup');
      await page.getByLabel('Email').waitFor();
      await shoot('sign-up');
      await me.fill('not-an-address', 'short');
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.locator('.field-error').first().waitFor();
      await shoot('sign-up-errors');
      await page.goto('/auth');
      await me.fill('someone@example.com', 'not my password 1');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText(/don.t match/).waitFor();
      await shoot('sign-in-errors');

      await me.signUp();
      await page.getByText('Nothing to do yet').waitFor();
      await shoot('empty');

      await seed(page, tasks);
      await page.reload();
      await me.ready();
      await me.tick('Book the train to Lyon').click();
      await me.tick('Return the library books').click();
      await me.expectCount('4 open, 2 done');
      await page.mouse.move(0, 0);
      await shoot('list');

      await me.edit('Renew passport (needs two photos)');
      await shoot('edit');
      await me.editor.press('Escape');

      await context.setOffline(true);
      await page.getByText(/You.re offline/).waitFor();
      await me.field.fill('Look up the timetable');
      await me.field.press('Enter');
      await page.getByText('Not saved', { exact: true }).waitFor();
      await shoot('offline');
      await context.setOffline(false);
      await page.getByText(/You.re offline/).waitFor({ state: 'detached' });

      const unavailable = (route) => route.fulfill({ status: 503, json: { message: 'x' } });
      await page.evaluate(() => sessionStorage.clear());
      await context.route('**/graphql', unavailable);
      await page.reload();
      await page.getByText('briefly unavailable').waitFor();
      await shoot('error');
      await context.unroute('**/graphql', unavailable);

      const wait = (route) => (operation(route) === 'Todos' ? undefined : route.fallback());
      await context.route('**/graphql', wait);
      await page.reload();
      await page.waitForFunction(() => {
        const skeleton = document.querySelector('#app > .page-todos .skeleton');
        return skeleton && getComputedStyle(skeleton).opacity === '1';
      });
      await shoot('loading');
      await context.unroute('**/graphql', wait);

      await context.route('**/graphql', (route) =>
        route.fulfill({ status: 401, json: { message: 'unauthorised' } }),
      );
      await page.reload();
      await page.getByText('Your session ended.').waitFor();
      await shoot('sign-in');
    },
    { viewport, ...phone },
  );
}

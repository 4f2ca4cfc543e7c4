// The main states, in both sizes, light and dark: pictures for people to look at, and what axe-core finds.
import { join } from 'node:path';
import { app, furnish, operation } from '../support/app.mjs';
import { expectAccessible } from '../support/axe.mjs';
import { mailedLink } from '../support/mail.mjs';
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
          await expectAccessible(page, `${name}, ${size}, ${colorScheme}`);
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

      await furnish(page, tasks, ['Book the train to Lyon', 'Return the library books']);
      await page.mouse.move(0, 0);
      await shoot('list');

      await page.getByRole('link', { name: 'Done', exact: true }).click();
      await me.row('Renew passport').waitFor({ state: 'detached' });
      await shoot('done');
      await page.getByRole('searchbox').fill('nothing has this');
      await page.getByText('Nothing here has these words.').waitFor();
      await shoot('no-match');
      await page.getByRole('searchbox').fill('');
      await page.getByRole('link', { name: 'All', exact: true }).click();
      await me.remove('Ask about the garden fence');
      await shoot('undo');
      await page.getByRole('button', { name: 'Undo' }).click();
      await me.field.evaluate((field) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData('text/plain', 'Milk\nBread\nTea');
        field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
      });
      await page.getByRole('button', { name: 'Add 3 tasks' }).waitFor();
      await shoot('paste');
      await page.getByRole('button', { name: 'Cancel' }).click();

      await me.edit('Renew passport (needs two photos)');
      await shoot('edit');
      await me.editor.press('Escape');

      await context.setOffline(true);
      await page.getByText(/You.re offline/).waitFor();
      await me.field.fill('Look up the timetable');
      await me.field.press('Enter');
      await page.getByText('Waiting', { exact: true }).waitFor();
      await shoot('offline');
      await context.setOffline(false);
      await page.getByText(/You.re offline/).waitFor({ state: 'detached' });

      const unavailable = (route) => route.fulfill({ status: 503, json: { message: 'x' } });
      await context.route('**/graphql', unavailable);
      await page.evaluate(() => sessionStorage.clear());
      await page.reload();
      await page.getByText('briefly unavailable').waitFor();
      await shoot('error');

      // A page that tries again by itself must not have the list before it is looked at.
      const wait = (route) => (operation(route) === 'Todos' ? undefined : route.fallback());
      await context.route('**/graphql', wait);
      await context.unroute('**/graphql', unavailable);
      await page.evaluate(() => sessionStorage.clear());
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

for (const [size, viewport] of Object.entries({ ...sizes, wide: { width: 2560, height: 1300 } })) {
  const phone = size === 'phone' ? { hasTouch: true, isMobile: true, deviceScaleFactor: 2 } : {};
  scenario(
    `pictures of the ways in and the account, ${size}`,
    async ({ page, context }) => {
      const me = app(page);
      const shoot = async (name) => {
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          const path = join(artifacts, `${name}-${size}-${colorScheme}.png`);
          await page.screenshot({ path, fullPage: true });
          await expectAccessible(page, `${name}, ${size}, ${colorScheme}`);
        }
      };
      await page.goto('/auth/callback/confidential?code=x&state=x');
      await page.getByRole('heading', { name: 'This sign-in cannot be finished' }).waitFor();
      await shoot('callback');
      await page.goto('/auth/verify-email?token=x');
      await page.getByRole('button', { name: 'Verify email' }).waitFor();
      await shoot('verify-confirm');
      await page.getByRole('button', { name: 'Verify email' }).click();
      await page.getByRole('heading', { name: 'This link does not work' }).waitFor();
      await shoot('verify-spent');

      const email = await me.signUp();
      await page.getByRole('link', { name: /^Account/ }).click();
      await page.locator('.sessions li').first().waitFor();
      await shoot('account');
      await page.getByLabel('Current password').fill('wrong password 1');
      await page.getByLabel('New password').fill('another1');
      await page.getByRole('button', { name: 'Change password' }).click();
      await page.locator('#current-note').waitFor();
      await page.getByRole('button', { name: 'Delete my account' }).click();
      await page.getByRole('button', { name: 'Delete for good' }).click();
      await page.locator('#proof-note').waitFor();
      await shoot('account-errors');

      const unverified = (route) => route.fulfill({ status: 403, json: { message: 'invalid claim' } });
      await context.route('**/graphql', unverified);
      await page.goto('/');
      await page.getByText('A link is on its way.').waitFor();
      await shoot('verify-waiting');
      await context.unroute('**/graphql', unverified);
      await page.goto(await mailedLink(page, email, '/auth/verify-email'));
      await page.getByRole('heading', { name: 'Your email is verified' }).waitFor();
      await shoot('verify-done');

      await page.goto('/auth/reset-password');
      await page.getByLabel('Email').fill(email);
      await page.getByRole('button', { name: 'Send a link' }).click();
      await page.getByText('Look into your mail.').waitFor();
      await shoot('forgot-sent');
      await page.goto(await mailedLink(page, email, '/auth/reset-password'));
      await page.getByLabel('New password').fill('another');
      await shoot('reset');
      await page.getByLabel('New password').fill('another horse 2');
      await page.getByRole('button', { name: 'Set new password' }).click();
      await page.getByRole('heading', { name: 'Your password is changed' }).waitFor();
      await shoot('reset-done');
      await page.goto('/auth/reset-password?token=spent');
      await page.getByLabel('New password').fill('another horse 2');
      await page.getByRole('button', { name: 'Set new password' }).click();
      await page.getByText('This link does not work any more').waitFor();
      await shoot('reset-spent');
    },
    { viewport, ...phone },
  );
}

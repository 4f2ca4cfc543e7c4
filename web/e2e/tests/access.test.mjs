// What axe-core finds in the states that screens.test.mjs takes no picture of.
import { app, seed } from '../support/app.mjs';
import { expectAccessible } from '../support/axe.mjs';
import { scenario } from '../support/scenario.mjs';

for (const colorScheme of ['light', 'dark']) {
  scenario(`a long list is for everybody, ${colorScheme}`, async ({ page }) => {
    const me = app(page);
    await me.signUp();
    await seed(page, Array.from({ length: 120 }, (_, number) => `Task number ${number}`));
    await page.reload();
    await me.ready();
    await expectAccessible(page, 'its beginning');
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await expectAccessible(page, 'its end');
  }, { colorScheme });

  scenario(`an address that leads nowhere is for everybody, ${colorScheme}`, async ({ page }) => {
    await page.goto('/nowhere');
    await page.locator('#app h1#title').waitFor();
    await expectAccessible(page, '/nowhere');
  }, { colorScheme });

  scenario(`what stands there without the app is for everybody, ${colorScheme}`, async ({ page }) => {
    await page.route('**/*.wasm', (route) => route.abort());
    await page.goto('/');
    await page.getByText('The app could not be loaded.').waitFor();
    await expectAccessible(page, 'no app');
  }, { breaks: true, colorScheme });
}

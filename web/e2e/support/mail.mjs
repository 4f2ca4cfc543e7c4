// The mails that the service keeps while it has no mail server.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

/** Waits for a mail to `recipient` whose link goes to `path`, and gives the link. */
export async function mailedLink(page, recipient, path) {
  const deadline = Date.now() + 120_000;
  do {
    const answer = await page.request.get('/dev/mail', { headers: { accept: 'application/json' } });
    assert.equal(answer.status(), 200, await answer.text());
    const links = (await answer.json())
      .filter((mail) => mail.recipient === recipient)
      .map((mail) => mail.plain.split('\n').find((line) => line.startsWith('http')))
      .filter((link) => new URL(link).pathname === path);
    if (links.length > 0) {
      return links[0];
    }
    await delay(50);
  } while (Date.now() < deadline);
  throw new Error(`no mail to ${recipient} with a link to ${path}`);
}

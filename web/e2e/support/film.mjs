// Every state of the list that a page may paint, however short.

/** Begins to film. Of each state it keeps what a person would see, and of each row when it was put into the page. */
export const film = (page) =>
  page.evaluate(() => {
    const text = (row) => row.querySelector('textarea')?.value ?? row.querySelector('.todo-text').innerText;
    const look = () => {
      const rows = [...document.querySelectorAll('.todo')];
      const tasks = rows.map((row) => (row.matches('.done') ? `✓ ${text(row)}` : text(row)));
      const busy = document.querySelector('.skeleton, [aria-busy="true"], .trouble') ? 'busy, ' : '';
      return `${busy}${document.querySelector('#counter').innerText || 'empty'}: ${tasks.join(', ')}`;
    };
    window.shots = [look()];
    window.put = [];
    // Between two steps of one rendering the page is half changed, and is never painted so. A message is handled after
    // all of them, in a background tab, too, where no frame is drawn.
    const rendered = new MessageChannel();
    let isAwaited = false;
    rendered.port1.onmessage = () => {
      isAwaited = false;
      const shot = look();
      if (shot !== window.shots.at(-1)) window.shots.push(shot);
    };
    new MutationObserver((changes) => {
      const put = changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.matches?.('.todo'));
      window.put.push(...put.map(text));
      if (!isAwaited) rendered.port2.postMessage(null);
      isAwaited = true;
    }).observe(document.querySelector('main'), {
      childList: true,
      subtree: true,
      characterData: true,
      attributes: true,
      attributeFilter: ['class', 'aria-busy'],
    });
  });

/** The states since the last time, the one from before first, and the rows that were put into the page meanwhile. */
export const cut = (page) =>
  page.evaluate(() => {
    const { shots, put } = window;
    window.shots = shots.slice(-1);
    window.put = [];
    return { shots, put };
  });

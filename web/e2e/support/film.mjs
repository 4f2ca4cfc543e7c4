// Every state of the list that a page draws, however short.

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
    new MutationObserver((changes) => {
      const put = changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.matches?.('.todo'));
      window.put.push(...put.map(text));
      const shot = look();
      if (shot !== window.shots.at(-1)) window.shots.push(shot);
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

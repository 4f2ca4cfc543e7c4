// Elements. Whatever users have named themselves becomes text here, never markup.

/** `h('a', {href, class, onclick}, 'text', child, null)` */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else if (value === true) {
      element.setAttribute(name, '');
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  // `append` makes text nodes of strings.
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function button(label, onclick, kind = '') {
  return h('button', { type: 'button', class: `button ${kind}`, onclick }, label);
}

/** A labelled input; `field.input` and `field.say(error)` are its parts. */
export function field(label, attributes) {
  const id = `field-${attributes.name}`;
  const input = h('input', { id, 'aria-describedby': `${id}-error`, ...attributes });
  const error = h('p', { id: `${id}-error`, class: 'field-error', role: 'alert' });
  const element = h('div', { class: 'field' }, h('label', { for: id }, label), input, error);
  const say = (text) => {
    error.textContent = text ?? '';
    input.setAttribute('aria-invalid', String(Boolean(text)));
    if (text) {
      input.focus();
    }
  };
  return { element, input, say };
}

const dates = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export function time(millis) {
  const date = new Date(millis);
  return h('time', { datetime: date.toISOString() }, dates.format(date));
}

/** Says in passing that something is done; screen readers hear it. */
export function tell(text) {
  const news = document.getElementById('news');
  const toast = h('p', { class: 'toast' }, text);
  news.replaceChildren(toast);
  setTimeout(() => toast.remove(), 6000);
}

/** What stands in the place of something that could not be had. */
export function problem(failure, again) {
  return h(
    'div',
    { class: 'notice wrong', role: 'alert' },
    h('p', {}, failure.message),
    again && button('Try again', again),
  );
}

export function loading(text = 'Loading…') {
  return h('p', { class: 'loading', role: 'status' }, text);
}

/** Runs `work` while the control that began it is busy, so that it is not begun twice. */
export async function busy(control, work) {
  if (control.getAttribute('aria-disabled') === 'true') {
    return;
  }
  control.setAttribute('aria-disabled', 'true');
  try {
    await work();
  } finally {
    control.removeAttribute('aria-disabled');
  }
}

/** Asks before something that cannot be undone. Resolves to whether to go on. */
export function confirm(title, text, action) {
  return new Promise((resolve) => {
    const close = (answer) => () => dialog.close(answer);
    const dialog = h(
      'dialog',
      { 'aria-labelledby': 'dialog-title', 'aria-describedby': 'dialog-text', class: 'card' },
      h('h2', { id: 'dialog-title' }, title),
      h('p', { id: 'dialog-text' }, text),
      h(
        'div',
        { class: 'actions' },
        button('Cancel', close('')),
        button(action, close('yes'), 'danger'),
      ),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

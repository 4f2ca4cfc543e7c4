// The SDK's own middleware, with requests in this process: what a browser would send and keep.
import { customFramework } from './sdk.mjs';

const { CollectingResponse, PreParsedRequest, middleware } = customFramework;
const handle = middleware();

/** Keeps cookies by name, as a browser of one origin does. */
export class Browser {
  cookies = {};

  request(method, path, body, headers = {}) {
    const url = new URL(path, 'http://localhost:3001');
    return new PreParsedRequest({
      method,
      url: url.href,
      headers: new Headers({
        'content-type': 'application/json',
        'st-auth-mode': 'cookie',
        rid: 'anti-csrf',
        ...headers,
      }),
      cookies: this.cookies,
      query: Object.fromEntries(url.searchParams),
      getJSONBody: async () => body,
      getFormBody: async () => body,
    });
  }

  /** What the route of the SDK answers. */
  async send(method, path, body, headers) {
    const response = new CollectingResponse();
    const { handled, error } = await handle(this.request(method, path, body, headers), response);
    if (error !== undefined) {
      throw error;
    }
    if (!handled) {
      throw new Error(`no route of the SDK: ${method} ${path}`);
    }
    this.keep(response);
    return {
      status: response.statusCode,
      headers: response.headers,
      body: response.body === undefined ? undefined : JSON.parse(response.body),
    };
  }

  keep(response) {
    for (const { key, value, expires } of response.cookies) {
      if (expires === 0) {
        delete this.cookies[key];
      } else {
        this.cookies[key] = value;
      }
    }
  }
}

/** The fields of a form. */
export const form = (fields) => ({
  formFields: Object.entries(fields).map(([id, value]) => ({ id, value })),
});

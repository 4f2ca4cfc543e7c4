// Where the service is, which browser to use, where pictures go.
import { mkdirSync } from 'node:fs';

export const baseURL = process.env.BASE_URL ?? 'http://localhost:3000';
export const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const artifacts = process.env.ARTIFACTS ?? 'artifacts';

mkdirSync(artifacts, { recursive: true });

export const sizes = {
  desktop: { width: 1440, height: 900 },
  phone: { width: 360, height: 740 },
};

/** The OpenID provider that the service is configured with; a test that needs it starts it there. */
export const issuer = process.env.OIDC_ISSUER ?? 'http://127.0.0.1:3002';

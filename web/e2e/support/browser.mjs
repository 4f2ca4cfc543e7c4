// The browser that tests, measurements and pictures are made with.
import { chromium } from 'playwright-core';
import { chromiumPath } from './config.mjs';

export const launch = () =>
  chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** The Chromium the browser tests use: `WINMEDIC_CHROMIUM`, else the system's. */
export const CHROMIUM = process.env.WINMEDIC_CHROMIUM ?? '/usr/bin/chromium';

/** Headless, without a sandbox (tests run as root in containers), and without traffic of its own. */
export const LAUNCH = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

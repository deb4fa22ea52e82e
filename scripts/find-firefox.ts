/** Finds the Firefox that the tests drive over WebDriver BiDi: people's own, not one that was patched for tests. */
import { existsSync } from 'node:fs';

const usualPlaces = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/snap/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
  'C:/Program Files/Mozilla Firefox/firefox.exe',
];

/** Path of an installed Firefox: `FIREFOX_PATH`, the usual places; else undefined. */
export function findFirefox(): string | undefined {
  const named = process.env.FIREFOX_PATH;
  if (named && !existsSync(named)) throw new Error(`FIREFOX_PATH names ${named}, which is not there`);
  return named ?? usualPlaces.find((path) => existsSync(path));
}

/** The page that leaves with a model: one file without anything of anybody else's, text of a person's escaped. */
import page from './page.html?raw';
import { type Precision, transformersNames } from './precision';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** `script` is the worker's path from the page; the first precision is the one that it opens with. */
export function classifierPage(title: string, script: string, included: readonly Precision[]): string {
  const settings = { script, dtypes: included.map((precision) => transformersNames[precision].dtype) };
  return page
    .replaceAll('{{title}}', () => title.replace(/[&<>"]/g, (character) => entities[character]!))
    .replace('{{settings}}', () => JSON.stringify(settings).replaceAll('<', '\\u003c'));
}

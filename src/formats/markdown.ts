/**
 * Texts that are somebody else's (names, labels, values) inside of Markdown, YAML, code and commands, so that they stay texts: whatever
 * renders the file, none of them makes an element, a link, a heading, another line or the end of its place.
 */

/** One line: a name with line ends or control characters would begin something of its own. */
export const oneLine = (text: string) => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

/**
 * As plain text in a paragraph, heading or table cell. `<`, `>` and `&` as entities, which renderers without CommonMark's
 * escapes know too; a backslash before what Markdown or GitHub's Markdown takes for a mark or for an address.
 */
export function plain(text: string): string {
  return oneLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]|~#!$@^{}]|\/(?=\/)|(?<=www)\./gi, '\\$&');
}

/** As code in a line: between more backticks than it has in a row. A cell of a table ends at a bar in code too. */
export function code(text: string): string {
  const line = oneLine(text);
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const marks = '`'.repeat(longest + 1);
  const pad = /^`|`$/.test(line) ? ' ' : '';
  return line ? marks + pad + line + pad + marks : '';
}

/**
 * A string literal in double quotes that YAML, JSON and Python read alike. What YAML does not print, what ends a line in one of
 * them, and marks that turn the direction of writing around are escaped.
 */
export const quoted = (text: string) =>
  JSON.stringify(text).replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** One argument for a POSIX shell, in one line. */
export function shellWord(text: string): string {
  const line = oneLine(text);
  return /^[\w./@:-]+$/.test(line) ? line : `'${line.replaceAll("'", "'\\''")}'`;
}

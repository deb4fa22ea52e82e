/** What a browser must have of a build before the page works: the scripts of index.html, and those that they import at once. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface Script {
  /** Relative to the build's folder. */
  readonly file: string;
  /** As a server sends it, compressed by gzip. */
  readonly gzipBytes: number;
}

/** In the order in which they are found. Workers, and what is imported by a function later on, are not among them. */
export function scriptsOfFirstPage(built: string): readonly Script[] {
  const html = readFileSync(join(built, 'index.html'), 'utf8');
  const tags = [...html.matchAll(/<(?:script|link)\b[^>]*>/g)].map(([tag]) => tag);
  const files = tags
    .filter((tag) => tag.startsWith('<script') || /rel="modulepreload"/.test(tag))
    .flatMap((tag) => /(?:src|href)="([^"]+)"/.exec(tag)?.[1] ?? []);
  const found = new Map<string, Script>();
  const look = (file: string) => {
    if (found.has(file)) return;
    const code = readFileSync(join(built, file));
    found.set(file, { file, gzipBytes: gzipSync(code).length });
    // `import("…")`, which waits, has a bracket.
    for (const [, specifier] of code.toString().matchAll(/\b(?:from|import)\s*["'](\.[^"']+)["']/g))
      look(join(file, '..', specifier!));
  };
  for (const file of files) look(join(file));
  return [...found.values()];
}

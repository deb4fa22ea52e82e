import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const text = readFileSync('package.json', 'utf8');

/** `name: version` of every dependency that may resolve to more than one version. */
function inexact(packageJson: string): readonly string[] {
  const { dependencies, devDependencies, overrides } = JSON.parse(packageJson) as Readonly<
    Record<string, Readonly<Record<string, string>> | undefined>
  >;
  // `$name` repeats a dependency's version, `file:` is a folder of this repository, `npm:` another name for a package.
  const exact = /^(?:(?:npm:(?:@[^/]+\/)?[^@]+@)?\d+\.\d+\.\d+(?:-[\w.-]+)?|\$.+|file:\.\/.+)$/;
  return [dependencies, devDependencies, overrides]
    .flatMap((group) => Object.entries(group ?? {}))
    .filter(([, version]) => !exact.test(version))
    .map(([name, version]) => `${name}: ${version}`);
}

it('every dependency has one exact version', () => {
  expect(inexact(text)).toEqual([]);
});

it('and the check finds a caret, a tilde, a range, a tag and an alias of a range', () => {
  const versions = ['^6.15.1', '~1.0.0', '>=1', 'latest', '1.x', 'npm:@a/b@^4.3.1', '*'];
  for (const version of versions)
    expect(inexact(JSON.stringify({ devDependencies: { x: version } }))).toEqual([`x: ${version}`]);
});

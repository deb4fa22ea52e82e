/** A piece of a script: its lines, and what it imports. */

export interface Section {
  readonly lines: readonly string[];
  /** Modules, e.g. `csv`, or names of one, e.g. `adapters.AutoAdapterModel`. */
  readonly imports: readonly string[];
}

const standardLibrary = ['collections', 'csv'];

/** Import statements: the standard library's first, then the others', each in order. */
export function importLines(imports: readonly string[]): readonly string[] {
  const all = [...new Set(imports)].sort();
  const moduleOf = (name: string) => name.slice(0, Math.max(0, name.lastIndexOf('.')));
  const statements = [
    ...all
      .filter((name) => moduleOf(name) === '')
      .map((module) => ({ module, statement: `import ${module}` })),
    ...[...new Set(all.map(moduleOf))]
      .filter((module) => module !== '')
      .map((module) => {
        const names = all.filter((name) => moduleOf(name) === module);
        return {
          module,
          statement: fromModule(
            module,
            names.map((name) => name.slice(module.length + 1)),
          ),
        };
      }),
  ];
  const group = (standard: boolean) =>
    statements
      .filter(({ module }) => standardLibrary.includes(module) === standard)
      .map(({ statement }) => statement);
  return [...group(true), '', ...group(false)];
}

function fromModule(module: string, names: readonly string[]): string {
  const line = `from ${module} import ${names.join(', ')}`;
  return line.length <= 88
    ? line
    : `from ${module} import (\n${names.map((name) => `    ${name},`).join('\n')}\n)`;
}

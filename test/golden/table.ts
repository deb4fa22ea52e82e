/** What a golden suite found, as a table: case × (forward, gradients, trajectory, save, load), and how long it took. */

import { type Check, worst } from './compare';

const columns = ['forward', 'gradients', 'trajectory', 'save', 'load'] as const;

export type Column = (typeof columns)[number];

export class GoldenTable {
  readonly #worst = new Map<Column, { readonly id: string; readonly check: Check }>();
  readonly #executor: string;
  readonly #rows = new Map<string, Partial<Record<Column, string>>>();
  readonly #start = performance.now();

  constructor(executor: string) {
    this.#executor = executor;
  }

  get cases(): readonly string[] {
    return [...this.#rows.keys()];
  }

  /** ✓, a dash for what is not recorded or cannot be, ✗ for what is being tried and has not succeeded yet. */
  set(id: string, column: Column, mark: string): void {
    this.#rows.set(id, { ...this.#rows.get(id), [column]: mark });
  }

  /** Remembers the check of the column that came nearest to what is allowed. */
  note(id: string, column: Column, checks: readonly Check[]): void {
    const before = this.#worst.get(column);
    const check = worst([...(before ? [before.check] : []), ...checks]);
    if (check !== before?.check) this.#worst.set(column, { id, check });
  }

  /** Runs a check of a cell; the cell says ✗ unless it ends well. */
  async fill(id: string, column: Column, check: () => Promise<string>): Promise<void> {
    this.set(id, column, '✗');
    this.set(id, column, await check());
  }

  text(): string {
    const width = Math.max(...this.cases.map((id) => id.length));
    const line = (name: string, cells: readonly string[]) =>
      [name.padEnd(width), ...cells.map((cell, i) => cell.padEnd(i === 2 ? 30 : 9))].join('  ').trimEnd();
    const minutes = (performance.now() - this.#start) / 60_000;
    return [
      line(`golden ${this.#executor}`, columns),
      ...[...this.#rows].map(([id, row]) =>
        line(
          id,
          columns.map((column) => row[column] ?? '✗'),
        ),
      ),
      ...[...this.#worst].map(
        ([column, { id, check }]) =>
          `nearest of ${column}: ${check.error.toExponential(2)} of ${check.allowed.toExponential(1)} allowed (${id}, ${check.what})`,
      ),
      `golden ${this.#executor}: ${this.#rows.size} cases in ${minutes.toFixed(1)} minutes`,
    ].join('\n');
  }
}

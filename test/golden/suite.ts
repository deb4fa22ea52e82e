/** The golden suite of recorded methods, once for any executor. Prints one line a case with its largest error. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executor, Session } from '../../src/runtime/executor';
import { type Check, failures, worst } from './compare';
import {
  checkForward,
  checkGradients,
  checkParameters,
  checkSaveAndLoad,
  checkTrajectory,
  loadMethodCase,
  type MethodCase,
  openCase,
  type State,
  trajectoriesFrom,
} from './method-case';
import { loadPeftCase } from './peft-case';
import { checkRun } from './run-case';
import type { FixtureSource } from './source';

function report(executor: string, id: string, checks: readonly Check[]): void {
  const { what, error, allowed } = worst(checks);
  console.log(
    `golden ${executor} ${id}: ${checks.length} checks, largest ${error.toExponential(2)} of ${allowed.toExponential(1)} allowed (${what})`,
  );
}

const columns = ['forward', 'gradients', 'trajectories', 'save, load'] as const;

/** Method × what agrees; a blank is what failed, a dash what was not recorded or cannot be saved. */
function formatTable(executor: string, rows: ReadonlyMap<string, Readonly<Record<string, string>>>): string {
  const width = Math.max(...[...rows.keys()].map((id) => id.length));
  const line = (name: string, cells: readonly string[]) =>
    [name.padEnd(width), ...cells.map((cell, i) => cell.padEnd(i === 2 ? 32 : 10))].join('  ').trimEnd();
  return [
    line(`golden ${executor}`, columns),
    ...[...rows].map(([id, row]) =>
      line(
        id,
        columns.map((column) => row[column] ?? ''),
      ),
    ),
  ].join('\n');
}

const states: readonly State[] = ['init', 'pert'];

export function goldenMethods(
  executorName: string,
  makeExecutor: () => Promise<Executor>,
  source: FixtureSource,
  ids: readonly string[],
): void {
  const table = new Map<string, Readonly<Record<string, string>>>();
  describe.each(ids)(`golden ${executorName}: %s`, (id) => {
    let method: MethodCase;
    const sessions = new Map<State, Session>();
    const seen: Check[] = [];
    const expectAll = (checks: readonly Check[]) => {
      seen.push(...checks);
      expect(checks.length).toBeGreaterThan(0);
      expect(failures(checks)).toEqual([]);
    };

    beforeAll(async () => {
      method = await loadMethodCase(source, id);
      for (const state of states) sessions.set(state, await openCase(await makeExecutor(), method, state));
    });

    afterAll(() => {
      for (const session of sessions.values()) session.dispose();
      if (seen.length > 0) report(executorName, id, seen);
    });

    it('trains the same parameters in the same decay groups', () => {
      expect(checkParameters(method)).toEqual([]);
    });

    it.each(states)('logits, loss and hidden states at %s', async (state) => {
      expectAll(await checkForward(sessions.get(state)!, method, state));
      if (state === 'pert') table.set(id, { ...table.get(id), forward: '✓' });
    });

    it.each(states)('every gradient at %s', async (state) => {
      expectAll(await checkGradients(sessions.get(state)!, method, state));
      if (state === 'pert') table.set(id, { ...table.get(id), gradients: '✓' });
    });

    it('saves and loads', async () => {
      const checks = await checkSaveAndLoad(await makeExecutor(), method);
      if (checks) expectAll(checks);
      table.set(id, { ...table.get(id), 'save, load': checks ? '✓' : '–' });
    });

    it('trajectories', async () => {
      for (const state of states) {
        for (const name of trajectoriesFrom(method, state))
          expectAll(await checkTrajectory(sessions.get(state)!, method, name));
      }
      const names = Object.keys(method.fixture.trajectories);
      table.set(id, { ...table.get(id), trajectories: names.join(' ') || '–' });
    });
  });

  describe(`golden ${executorName}`, () => {
    afterAll(() => console.log(formatTable(executorName, table)));
    it('prints its table', () => expect(table.size).toBe(ids.length));
  });
}

/** Forward and gradients of PEFT's cases; their trajectories were not recorded, and their decay groups are not the library's. */
export function goldenPeft(
  executorName: string,
  makeExecutor: () => Promise<Executor>,
  source: FixtureSource,
  ids: readonly string[],
): void {
  it.each(ids)(`golden ${executorName}: %s`, async (id) => {
    const method = await loadPeftCase(source, id);
    const checks: Check[] = [];
    for (const state of states) {
      const session = await openCase(await makeExecutor(), method, state);
      checks.push(
        ...(await checkForward(session, method, state)),
        ...(await checkGradients(session, method, state)),
      );
      session.dispose();
    }
    report(executorName, id, checks);
    expect(checks.length).toBeGreaterThan(10);
    expect(failures(checks)).toEqual([]);
  });
}

export function goldenRuns(
  executorName: string,
  makeExecutor: () => Promise<Executor>,
  source: FixtureSource,
  ids: readonly string[],
): void {
  it.each(ids)(`golden ${executorName}: run %s from its text to its final logits`, async (id) => {
    const checks = await checkRun(source, await makeExecutor(), id);
    report(executorName, `run ${id}`, checks);
    expect(checks.length).toBeGreaterThan(50);
    expect(failures(checks)).toEqual([]);
  });
}

/**
 * The golden suite for any executor: recorded methods, PEFT's cases, saved files, whole runs. Prints one line a case with its
 * largest error, and at the end the table of all cases.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executor, Session } from '../../src/runtime/executor';
import { type Check, failures, worst } from './compare';
import { checkRead, checkWritten, loadFormatCase, recordedFormats } from './format-case';
import {
  checkForward,
  checkGradients,
  checkParameters,
  loadMethodCase,
  type MethodCase,
  openCase,
  recordedMethods,
  type State,
} from './method-case';
import { loadPeftCase, recordedPeft, savePeftCase } from './peft-case';
import { checkRun, recordedRuns } from './run-case';
import { checkLoaded, checkSaved, saveCase } from './save-and-load';
import type { FixtureSource } from './source';
import { type Column, GoldenTable } from './table';
import { checkTrajectory, trajectoriesFrom } from './trajectory-check';

const states: readonly State[] = ['init', 'pert'];
const [yes, no] = ['✓', '–'];

interface GoldenSuite {
  readonly name: string;
  readonly makeExecutor: () => Promise<Executor>;
  readonly source: FixtureSource;
  readonly table: GoldenTable;
}

function report({ name }: GoldenSuite, id: string, checks: readonly Check[]): void {
  const { what, error, allowed } = worst(checks);
  console.log(
    `golden ${name} ${id}: ${checks.length} checks, largest ${error.toExponential(2)} of ${allowed.toExponential(1)} allowed (${what})`,
  );
}

function expectAll(checks: readonly Check[], atLeast = 1): void {
  expect(checks.length).toBeGreaterThanOrEqual(atLeast);
  expect(failures(checks)).toEqual([]);
}

/** `containers`: whether saved files are read in every container or in the first; the container is no executor's matter. */
export async function golden(
  name: string,
  makeExecutor: () => Promise<Executor>,
  source: FixtureSource,
  containers: 'all' | 'first',
): Promise<void> {
  const suite: GoldenSuite = { name, makeExecutor, source, table: new GoldenTable(name) };
  const [methods, peft, formats, runs] = await Promise.all([
    recordedMethods(source),
    recordedPeft(source),
    recordedFormats(source),
    recordedRuns(source),
  ]);
  it(`golden ${name}: finds cases of every kind`, () => {
    for (const ids of [methods, peft, formats, runs]) expect(ids.length).toBeGreaterThan(0);
  });
  goldenMethods(suite, methods);
  goldenPeft(suite, peft);
  goldenFormats(suite, formats, containers);
  goldenRuns(suite, runs);
  describe(`golden ${name}`, () => {
    afterAll(() => console.log(suite.table.text()));
    it('has a row for every case', () =>
      expect(suite.table.cases).toHaveLength(methods.length + peft.length + formats.length + runs.length));
  });
}

function goldenMethods(suite: GoldenSuite, ids: readonly string[]): void {
  const { name, makeExecutor, source, table } = suite;
  describe.each(ids)(`golden ${name}: %s`, (id) => {
    let method: MethodCase;
    const sessions = new Map<State, Session>();
    const seen: Check[] = [];
    const expectSeen = (column: Column, checks: readonly Check[]) => {
      seen.push(...checks);
      table.note(id, column, checks);
      expectAll(checks);
    };

    beforeAll(async () => {
      method = await loadMethodCase(source, id);
      for (const state of states) sessions.set(state, await openCase(await makeExecutor(), method, state));
    });

    afterAll(() => {
      for (const session of sessions.values()) session.dispose();
      if (seen.length > 0) report(suite, id, seen);
    });

    it('trains the same parameters in the same decay groups', () => {
      expect(checkParameters(method)).toEqual([]);
    });

    it('logits, loss, hidden states and inner activations', () =>
      table.fill(id, 'forward', async () => {
        for (const state of states)
          expectSeen('forward', await checkForward(sessions.get(state)!, method, state));
        return yes!;
      }));

    it('every gradient', () =>
      table.fill(id, 'gradients', async () => {
        for (const state of states)
          expectSeen('gradients', await checkGradients(sessions.get(state)!, method, state));
        return yes!;
      }));

    it('trajectories', () =>
      table.fill(id, 'trajectory', async () => {
        for (const state of states)
          for (const trajectory of trajectoriesFrom(method, state))
            expectSeen('trajectory', await checkTrajectory(sessions.get(state)!, method, trajectory));
        return Object.keys(method.fixture.trajectories).join(' ') || no!;
      }));

    it('saves and loads', async () => {
      await table.fill(id, 'save', async () => {
        const zip = saveCase(method);
        if (zip) expectSeen('save', checkSaved(method, zip));
        return zip ? yes! : no!;
      });
      await table.fill(id, 'load', async () => {
        const zip = saveCase(method);
        if (zip) expectSeen('load', await checkLoaded(await makeExecutor(), method, zip));
        return zip ? yes! : no!;
      });
    });
  });
}

/** Forward and gradients of PEFT's cases; their trajectories were not recorded, and their decay groups are not the library's. */
function goldenPeft(suite: GoldenSuite, ids: readonly string[]): void {
  const { name, makeExecutor, source, table } = suite;
  it.each(ids)(`golden ${name}: PEFT's %s`, async (id) => {
    const method = await loadPeftCase(source, id);
    const checks: Check[] = [];
    const row = `peft/${id}`;
    const atState = async (column: Column, of: MethodCase, state: State, check: typeof checkForward) => {
      const session = await openCase(await makeExecutor(), of, state);
      const found = await check(session, of, state);
      session.dispose();
      checks.push(...found);
      table.note(row, column, found);
      expectAll(found);
    };
    table.set(row, 'trajectory', no!);
    await table.fill(row, 'forward', async () => {
      for (const state of states) await atState('forward', method, state, checkForward);
      return yes!;
    });
    await table.fill(row, 'gradients', async () => {
      for (const state of states) await atState('gradients', method, state, checkGradients);
      return yes!;
    });
    const again = savePeftCase(method);
    await table.fill(row, 'save', async () => {
      if (again) expectAll(again.saved);
      return again ? yes! : no!;
    });
    await table.fill(row, 'load', async () => {
      if (again) await atState('load', again.loaded, 'pert', checkForward);
      return again ? yes! : no!;
    });
    report(suite, row, checks);
  });
}

function goldenFormats(suite: GoldenSuite, ids: readonly string[], containers: 'all' | 'first'): void {
  const { name, makeExecutor, source, table } = suite;
  it.each(ids)(`golden ${name}: reads and writes %s`, async (id) => {
    const format = await loadFormatCase(source, id);
    const row = `formats/${id}`;
    for (const column of ['forward', 'gradients', 'trajectory'] as const) table.set(row, column, no!);
    await table.fill(row, 'load', async () => {
      const checks = await checkRead(await makeExecutor(), format, containers);
      report(suite, row, checks);
      table.note(row, 'load', checks);
      expectAll(checks, containers === 'all' ? 2 : 1);
      return yes!;
    });
    await table.fill(row, 'save', async () => {
      expectAll(checkWritten(format));
      return yes!;
    });
  });
}

function goldenRuns(suite: GoldenSuite, ids: readonly string[]): void {
  const { name, makeExecutor, source, table } = suite;
  it.each(ids)(`golden ${name}: run %s from its text to its saved adapter`, async (id) => {
    const row = `runs/${id}`;
    for (const column of ['gradients', 'save'] as const) table.set(row, column, no!);
    const columns = ['forward', 'trajectory', 'load'] as const;
    for (const column of columns) table.set(row, column, '✗');
    const checks = await checkRun(source, await makeExecutor(), id);
    report(suite, row, checks);
    table.note(row, 'trajectory', checks);
    expectAll(checks, 50);
    for (const column of columns) table.set(row, column, yes!);
  });
}

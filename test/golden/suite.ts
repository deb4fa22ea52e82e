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
import type { CaseIds } from './one-of-each';
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

/**
 * `containers`: whether saved files are read in every container or in the first; the container is no executor's matter. `choose`:
 * which of the recorded cases run, all of them if it is left out.
 */
export async function golden(
  name: string,
  makeExecutor: () => Promise<Executor>,
  source: FixtureSource,
  containers: 'all' | 'first',
  choose: (source: FixtureSource, all: CaseIds) => Promise<CaseIds> = async (_, all) => all,
): Promise<void> {
  const suite: GoldenSuite = { name, makeExecutor, source, table: new GoldenTable(name) };
  const { methods, peft, formats, runs } = await choose(source, {
    methods: await recordedMethods(source),
    peft: await recordedPeft(source),
    formats: await recordedFormats(source),
    runs: await recordedRuns(source),
  });
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

/** A session for each state; one for both where no adapter is frozen, since only such values differ. */
async function openStates(executor: Executor, method: MethodCase): Promise<ReadonlyMap<State, Session>> {
  const pert = await openCase(executor, method, 'pert');
  const init = method.built.frozen.length > 0 ? await openCase(executor, method, 'init') : pert;
  return new Map([
    ['init', init],
    ['pert', pert],
  ]);
}

function dispose(sessions: ReadonlyMap<State, Session>): void {
  for (const session of new Set(sessions.values())) session.dispose();
}

function goldenMethods(suite: GoldenSuite, ids: readonly string[]): void {
  const { name, makeExecutor, source, table } = suite;
  describe.each(ids)(`golden ${name}: %s`, (id) => {
    let method: MethodCase;
    let sessions: ReadonlyMap<State, Session> = new Map();
    const seen: Check[] = [];
    const expectSeen = (column: Column, checks: readonly Check[]) => {
      seen.push(...checks);
      table.note(id, column, checks);
      expectAll(checks);
    };

    beforeAll(async () => {
      method = await loadMethodCase(source, id);
      sessions = await openStates(await makeExecutor(), method);
    });

    afterAll(() => {
      dispose(sessions);
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
    const expectFound = (column: Column, found: readonly Check[]) => {
      checks.push(...found);
      table.note(row, column, found);
      expectAll(found);
    };
    const sessions = await openStates(await makeExecutor(), method);
    table.set(row, 'trajectory', no!);
    await table.fill(row, 'forward', async () => {
      for (const state of states)
        expectFound('forward', await checkForward(sessions.get(state)!, method, state));
      return yes!;
    });
    await table.fill(row, 'gradients', async () => {
      for (const state of states)
        expectFound('gradients', await checkGradients(sessions.get(state)!, method, state));
      return yes!;
    });
    dispose(sessions);
    const again = savePeftCase(method);
    await table.fill(row, 'save', async () => {
      if (again) expectAll(again.saved);
      return again ? yes! : no!;
    });
    await table.fill(row, 'load', async () => {
      if (!again) return no!;
      const session = await openCase(await makeExecutor(), again.loaded, 'pert');
      expectFound('load', await checkForward(session, again.loaded, 'pert'));
      session.dispose();
      return yes!;
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

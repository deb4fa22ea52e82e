/** The golden suite of recorded methods, once for any executor. Prints one line a case with its largest error. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executor, Session } from '../../src/runtime/executor';
import { type Check, failures, worst } from './compare';
import {
  checkParameters,
  checkState,
  checkTrajectory,
  loadMethodCase,
  type MethodCase,
  openCase,
  trajectoriesOf,
} from './method-case';
import { checkRun, runIds } from './run-case';
import type { FixtureSource } from './source';

function report(executor: string, id: string, checks: readonly Check[]): void {
  const { what, error, allowed } = worst(checks);
  console.log(
    `golden ${executor} ${id}: ${checks.length} checks, largest ${error.toExponential(2)} of ${allowed.toExponential(1)} allowed (${what})`,
  );
}

export function goldenMethods(
  executorName: string,
  makeExecutor: () => Promise<Executor>,
  source: FixtureSource,
  ids: readonly string[],
): void {
  describe.each(ids)(`golden ${executorName}: %s`, (id) => {
    let method: MethodCase;
    let session: Session;
    const seen: Check[] = [];
    const expectAll = (checks: readonly Check[]) => {
      seen.push(...checks);
      expect(checks.length).toBeGreaterThan(0);
      expect(failures(checks)).toEqual([]);
    };

    beforeAll(async () => {
      method = await loadMethodCase(source, id);
      session = await openCase(await makeExecutor(), method);
    });

    afterAll(() => {
      session?.dispose();
      if (seen.length > 0) report(executorName, id, seen);
    });

    it('trains the same parameters in the same decay groups', () => {
      expect(checkParameters(method)).toEqual([]);
    });

    it.each(['init', 'pert'] as const)('logits, loss, hidden states and gradients at %s', async (state) => {
      expectAll(await checkState(session, method, state, source));
    });

    it('trajectories', async () => {
      for (const name of trajectoriesOf(method)) expectAll(await checkTrajectory(session, method, name));
    });
  });
}

export function goldenRuns(
  executorName: string,
  makeExecutor: () => Promise<Executor>,
  source: FixtureSource,
): void {
  it.each(runIds)(`golden ${executorName}: run %s from its text to its final logits`, async (id) => {
    const checks = await checkRun(source, await makeExecutor(), id);
    report(executorName, `run ${id}`, checks);
    expect(checks.length).toBeGreaterThan(100);
    expect(failures(checks)).toEqual([]);
  });
}

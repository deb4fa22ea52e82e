import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isOver,
  isUnderWay,
  leadsOn,
  next,
  type RunEvent,
  type RunState,
  recordedAs,
  recordedStates,
  runStates,
  wordOf,
} from './life';

const allEvents: Readonly<Record<RunEvent, true>> = {
  begin: true,
  open: true,
  train: true,
  pause: true,
  resume: true,
  stop: true,
  hold: true,
  finish: true,
  'finish unstored': true,
  halt: true,
  'halt unstored': true,
  store: true,
  interrupt: true,
  fail: true,
};
const events = Object.keys(allEvents) as RunEvent[];
const anyEvents = fc.array(fc.constantFrom(...events), { maxLength: 40 });
const stateAfter = (sequence: readonly RunEvent[], from: RunState = 'queued') =>
  sequence.reduce<RunState>(next, from);

/** Every state that some events lead to. */
function reachableFrom(state: RunState): ReadonlySet<RunState> {
  const reached = new Set([state]);
  for (const one of reached) for (const event of events) reached.add(next(one, event));
  return reached;
}

describe('the life of a run', () => {
  it('never leads to a state that is not in the table, and is recorded as one that a record can have', () => {
    fc.assert(
      fc.property(fc.constantFrom(...runStates), anyEvents, (from, sequence) => {
        const state = stateAfter(sequence, from);
        expect(runStates).toContain(state);
        expect(recordedStates).toContain(recordedAs(state));
      }),
    );
  });

  it('stays at its end, whatever comes late', () => {
    fc.assert(
      fc.property(fc.constantFrom(...runStates.filter(isOver)), anyEvents, (end, late) => {
        expect(stateAfter(late, end)).toBe(end);
      }),
    );
  });

  it('does not take back that it was asked to stop, until it has ended', () => {
    fc.assert(
      fc.property(anyEvents, (late) => {
        const states = late.map((_, i) => stateAfter(late.slice(0, i + 1), 'stopping'));
        const first = states.find((state) => state !== 'stopping');
        if (first) expect(isUnderWay(first)).toBe(false);
      }),
    );
  });

  it('can be ended in every state, and every state is reached', () => {
    expect([...reachableFrom('queued')].sort()).toEqual([...runStates].sort());
    for (const state of runStates) expect([...reachableFrom(state)].some(isOver), state).toBe(true);
    for (const state of runStates.filter(isUnderWay)) expect(next(state, 'interrupt')).toBe('interrupted');
  });

  it('offers a person in each state what makes sense in it', () => {
    const offered = (state: RunState) =>
      (['pause', 'resume', 'stop'] as const).filter((e) => leadsOn(state, e));
    expect(Object.fromEntries(runStates.map((state) => [state, offered(state).join(' ')]))).toEqual({
      queued: '',
      preparing: 'pause stop',
      training: 'pause stop',
      pausing: 'resume stop',
      paused: 'resume stop',
      stopping: '',
      finished: '',
      'finished-not-stored': '',
      stopped: '',
      'stopped-not-stored': '',
      interrupted: 'resume',
      failed: 'resume',
    });
  });

  it('has the words that automation relies on', () => {
    expect(runStates.map(wordOf)).toEqual([
      'Queued',
      'Preparing',
      'Training',
      'Pausing',
      'Paused',
      'Stopping',
      'Finished',
      'Finished, not stored',
      'Stopped',
      'Stopped, not stored',
      'Interrupted',
      'Failed',
    ]);
  });
});

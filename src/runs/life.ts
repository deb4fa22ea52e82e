/**
 * The life of a run as one table: its states, what leads from one to the next, what a person may do in each, and the words
 * that the page has for them. Host, storage and page ask it; none of them compares states on its own.
 */

/** What a record says. What passes in moments and in one tab only (preparing, pausing, stopping) is recorded as training. */
export type RunStatus = 'queued' | 'training' | 'paused' | 'interrupted' | 'finished' | 'stopped' | 'failed';

/** What the status line says. */
export type RunState =
  | RunStatus
  | 'preparing'
  | 'pausing'
  | 'stopping'
  /** The adapter is in memory only. */
  | 'finished-not-stored'
  | 'stopped-not-stored';

export type RunEvent =
  /** Its turn has come. */
  | 'begin'
  /** A session is opened: at the beginning, after the device was lost, on another executor. */
  | 'open'
  /** The session is there. */
  | 'train'
  /** A person asks. */
  | 'pause'
  | 'resume'
  | 'stop'
  /** The step under way has ended, and the run holds still. */
  | 'hold'
  /** The end, with the adapter stored, or in memory only. */
  | 'finish'
  | 'finish unstored'
  | 'halt'
  | 'halt unstored'
  /** The adapter of a run that has ended found room after all. */
  | 'store'
  /** What it needs is gone, its tab or its device; it can go on later. */
  | 'interrupt'
  | 'fail';

interface StateOfRun {
  /** In the status line and the list of runs; automation relies on them. */
  readonly word: string;
  readonly recorded: RunStatus;
  /** A tab works on it, or holds it still. */
  readonly isUnderWay?: true;
  /** Where events lead; one that is not named leaves it as it is. */
  readonly on: Readonly<Partial<Record<RunEvent, RunState>>>;
}

/** Whatever a run does, it may end, and what it runs on may go. */
const anyMoment = {
  finish: 'finished',
  'finish unstored': 'finished-not-stored',
  halt: 'stopped',
  'halt unstored': 'stopped-not-stored',
  interrupt: 'interrupted',
  fail: 'failed',
} as const;

const table: Readonly<Record<RunState, StateOfRun>> = {
  queued: { word: 'Queued', recorded: 'queued', on: { begin: 'preparing', fail: 'failed' } },
  preparing: {
    word: 'Preparing',
    recorded: 'training',
    isUnderWay: true,
    on: { ...anyMoment, train: 'training', pause: 'pausing', stop: 'stopping' },
  },
  training: {
    word: 'Training',
    recorded: 'training',
    isUnderWay: true,
    on: { ...anyMoment, open: 'preparing', pause: 'pausing', stop: 'stopping' },
  },
  pausing: {
    word: 'Pausing',
    recorded: 'training',
    isUnderWay: true,
    on: { ...anyMoment, hold: 'paused', resume: 'training', stop: 'stopping' },
  },
  paused: {
    word: 'Paused',
    recorded: 'paused',
    isUnderWay: true,
    on: { ...anyMoment, open: 'preparing', resume: 'training', stop: 'stopping' },
  },
  stopping: { word: 'Stopping', recorded: 'training', isUnderWay: true, on: anyMoment },
  finished: { word: 'Finished', recorded: 'finished', on: {} },
  'finished-not-stored': {
    word: 'Finished, not stored',
    // After a reload the adapter is gone, and the run goes on from its checkpoint to the same one.
    recorded: 'interrupted',
    on: { store: 'finished', interrupt: 'interrupted' },
  },
  stopped: { word: 'Stopped', recorded: 'stopped', on: {} },
  'stopped-not-stored': {
    word: 'Stopped, not stored',
    recorded: 'interrupted',
    on: { store: 'stopped', interrupt: 'interrupted' },
  },
  interrupted: { word: 'Interrupted', recorded: 'interrupted', on: { resume: 'preparing' } },
  // It goes on only from a checkpoint: from the start it would fail again.
  failed: { word: 'Failed', recorded: 'failed', on: { resume: 'preparing' } },
};

export const runStates = Object.keys(table) as RunState[];

export const recordedStates = runStates.filter(
  (state): state is RunStatus => table[state].recorded === state,
);

/** The state that an event leads to; the same one where it says nothing to it, as a pause to a run that has ended. */
export const next = (state: RunState, event: RunEvent): RunState => table[state].on[event] ?? state;

/** Whether an event leads on from a state: what a person may ask for, and what the page offers. */
export const leadsOn = (state: RunState, event: RunEvent): boolean => next(state, event) !== state;

export const wordOf = (state: RunState): string => table[state].word;

export const recordedAs = (state: RunState): RunStatus => table[state].recorded;

/** A tab works on it, or holds it still; as recorded: only the locks know whether that tab is still there. */
export const isUnderWay = (state: RunState): boolean => table[state].isUnderWay === true;

/** It has come to the end that was meant for it, and needs its checkpoints no more. */
export const isOver = (state: RunState): boolean => state === 'finished' || state === 'stopped';

import { expect, it } from 'vitest';
import { initialState, type LiveRun, type StudioState } from '../store/state';
import { actionOf, pauseAction, resumeAction, stopAction, trainAction } from './run-actions';

const none = { key: '', code: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
const withRun = (status: LiveRun['status']): StudioState => ({
  ...initialState,
  live: { runId: 'r', status, phase: null, progress: null },
});

it.each([
  ['training', [pauseAction, stopAction]],
  ['preparing', [pauseAction, stopAction]],
  ['pausing', [stopAction]],
  ['paused', [resumeAction, stopAction]],
  ['stopping', []],
  ['finished', []],
] as const)('while a run is %s, the right actions are there', (status, enabled) => {
  const state = withRun(status);
  const actions = [trainAction, pauseAction, resumeAction, stopAction];
  expect(actions.filter((action) => action.isEnabled(state))).toEqual(enabled);
});

it('one key pauses and resumes, by its place on the keyboard', () => {
  // macOS types π with Alt+P.
  const altP = { ...none, altKey: true, key: 'π', code: 'KeyP' };
  expect(actionOf(altP, withRun('training'))).toBe(pauseAction);
  expect(actionOf(altP, withRun('paused'))).toBe(resumeAction);
  expect(actionOf(altP, withRun('finished'))).toBeUndefined();
});

it('plain typing is no shortcut', () => {
  expect(actionOf({ ...none, key: 'p', code: 'KeyP' }, withRun('training'))).toBeUndefined();
  expect(actionOf({ ...none, key: 'Enter', code: 'Enter' }, withRun('training'))).toBeUndefined();
});

import { describe, expect, it } from 'vitest';
import { listedRun } from '../../../test/listed-run';
import { firstView, groupedRuns, type RunView, viewedRuns, wordsOf } from './run-view';
import type { RunSummary } from './state';

const results = (accuracy: number, trainLoss: number): RunSummary['results'] => ({
  globalStep: 1,
  trainLoss,
  trainRuntimeSeconds: 1,
  trainSamplesPerSecond: 1,
  trainStepsPerSecond: 1,
  totalFlos: 1,
  evalLoss: 1,
  evalMetrics: { accuracy, macroF1: accuracy },
});
const base = listedRun();
const runs: readonly RunSummary[] = [
  listedRun({ id: 'd', name: 'run-10', createdAt: 4, archived: true }),
  listedRun({ id: 'c', name: 'run-9', createdAt: 3, status: 'failed', tags: ['good', 'odd'] }),
  listedRun({
    id: 'b',
    name: 'Amber',
    createdAt: 2,
    status: 'finished',
    results: results(0.9, Number.NaN),
    dataset: { ...base.dataset, name: 'Moods' },
    notes: 'Best so far',
    tags: ['good'],
  }),
  listedRun({ id: 'a', name: 'jade', createdAt: 1, status: 'finished', results: results(0.95, 0.3) }),
];
const ids = (view: Partial<RunView>) => viewedRuns(runs, { ...firstView, ...view }).map(({ id }) => id);

describe('the list of runs', () => {
  it('shows those that are not archived, and those too where it is asked', () => {
    expect(ids({})).toEqual(['c', 'b', 'a']);
    expect(ids({ showsArchived: true })).toEqual(['d', 'c', 'b', 'a']);
  });

  it('finds words in any order, in whatever a run says', () => {
    expect(ids({ search: ' FAR  moods' })).toEqual(['b']);
    expect(ids({ search: 'odd 9' })).toEqual(['c']);
    expect(ids({ search: 'nothing like it' })).toEqual([]);
  });

  it('filters by several at once', () => {
    expect(ids({ filters: { status: 'finished', method: '', dataset: '' } })).toEqual(['b', 'a']);
    expect(ids({ filters: { status: 'finished', method: 'lora', dataset: 'Moods' } })).toEqual(['b']);
    expect(wordsOf(runs, 'dataset')).toEqual(['Data', 'Moods']);
  });

  it('puts what a run does not have last, whichever way round', () => {
    expect(ids({ order: 'best' })).toEqual(['a', 'b', 'c']);
    expect(ids({ order: 'loss' })).toEqual(['a', 'c', 'b']);
    expect(ids({ order: 'name', showsArchived: true })).toEqual(['b', 'a', 'c', 'd']);
    expect(ids({ order: 'oldest' })).toEqual(['a', 'b', 'c']);
  });

  it('groups, a run of two tags under each, one without any last', () => {
    const groups = groupedRuns(viewedRuns(runs, firstView), 'tag');
    expect(groups.map(({ title, runs: of }) => [title, of.map(({ id }) => id)])).toEqual([
      ['good', ['c', 'b']],
      ['odd', ['c']],
      ['No tag', ['a']],
    ]);
    expect(groupedRuns(runs, '')).toEqual([{ title: null, runs }]);
  });
});

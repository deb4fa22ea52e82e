import { describe, expect, it } from 'vitest';
import { listedRun as record } from '../../../test/listed-run';
import { lora } from '../../adapters/methods/lora';
import { adapterMethods } from '../../adapters/registry';
import type { AdapterSummary, EventMessage } from '../../protocol/types';
import type { RunState } from '../../runs/life';
import { emptySeries } from '../../runs/series';
import { settingOf } from '../../runs/setting-values';
import { defaultSettings } from '../../runs/settings';
import { formatDuration, formatRate } from '../format';
import { comparedResults, comparedSettings } from './comparison';
import { type FormValues, formOf, formProblems, formValueProblem, settingsOf } from './form';
import { cautionsOf } from './method-form';
import { reduceEvent } from './reduce';
import { SeriesStore } from './series';
import { initialState, isActive, isUnsafeToLeave, newLive, remainingOf, type StudioState } from './state';

const settings = { ...defaultSettings, method: 'lora', methodConfig: lora.defaultConfig! };

describe('the form', () => {
  const form = formOf(settings, 'rotten_tomatoes');

  it('stands for the settings it was made from', () => {
    expect(formProblems(form, [lora])).toEqual([]);
    expect(settingsOf(form, [lora])).toEqual(settings);
  });

  it.each([
    ['learningRate', '', /empty/],
    ['learningRate', '0', /between/],
    ['batchSize', '2.5', /whole/],
    ['seed', '-1', /between/],
    ['maxLength', 'x', /number/],
  ] as const)('names what is wrong with %s = “%s”', (key, typed, message) => {
    expect(formValueProblem(settingOf(key), typed)).toMatch(message);
    expect(formProblems({ ...form, values: { ...form.values, [key]: typed } }, [lora])).toHaveLength(1);
  });

  it('lets training rows be empty, for all of them', () => {
    expect(formValueProblem(settingOf('trainingRows'), '')).toBeNull();
  });

  it('puts the method’s fields into its configuration', () => {
    const changed = { ...form, methodValues: { lora: { r: '4', attn_matrices: ['q'] } } };
    expect(settingsOf(changed, [lora]).methodConfig).toMatchObject({
      r: 4,
      attn_matrices: ['q'],
      alpha: 8,
    });
    expect(formProblems({ ...form, methodValues: { lora: { attn_matrices: [] } } }, [lora])).toHaveLength(1);
  });
});

describe('the method’s part of the form', () => {
  const form = { ...formOf(settings, 'rotten_tomatoes'), method: 'seq_bn' };
  const configOf = (methodValues: FormValues['methodValues'], method = 'seq_bn') =>
    settingsOf({ ...form, method, methodValues }, adapterMethods).methodConfig;
  const problemsOf = (methodValues: FormValues['methodValues'], method = 'seq_bn') =>
    formProblems({ ...form, method, methodValues }, adapterMethods);
  const cautions = (method: string, values: FormValues['methodValues'][string] = {}) =>
    cautionsOf({ ...form, method, methodValues: { [method]: values } }, adapterMethods).join(' ');

  it('makes numbers of what was typed for single layers, and leaves empty ones out', () => {
    expect(configOf({ seq_bn: { reduction_factor: { default: '8', 1: '2', 2: '' } } })).toMatchObject({
      reduction_factor: { default: 8, 1: 2 },
    });
    expect(configOf({ seq_bn: { reduction_factor: { default: '8', 1: '' } } })).toMatchObject({
      reduction_factor: 8,
    });
    expect(problemsOf({ seq_bn: { reduction_factor: { default: '8', 1: 'x' } } })).toEqual([
      'Reduction factor, layer 1 must be a number.',
    ]);
    expect(problemsOf({ seq_bn: { reduction_factor: { default: '', 1: '4' } } })).toHaveLength(1);
  });

  it('takes a word or a number, and options that are not text', () => {
    expect(configOf({ seq_bn: { scaling: 'learned', residual_before_ln: false } })).toMatchObject({
      scaling: 'learned',
      residual_before_ln: false,
    });
    expect(configOf({ seq_bn: { scaling: '2.5' } })).toMatchObject({ scaling: 2.5 });
    expect(problemsOf({ seq_bn: { scaling: 'much' } })).toEqual(['Scaling must be a number.']);
    expect(configOf({ loreft: { layers: [1] } }, 'loreft')).toMatchObject({
      layers: [1],
      non_linearity: null,
    });
    expect(problemsOf({ loreft: { layers: [] } }, 'loreft')).toHaveLength(1);
  });

  it('keeps each method’s values, and checks those of a union’s chosen members only', () => {
    const methodValues = {
      union: { configs: ['lora', 'seq_bn'], 'configs.lora.r': 'x', 'configs.seq_bn.scaling': 'channel' },
      seq_bn: { scaling: '3' },
    };
    expect(configOf(methodValues)).toMatchObject({ scaling: 3 });
    expect(problemsOf(methodValues, 'union')).toEqual(['Rank must be a number.']);
    const chosen = { ...methodValues, union: { ...methodValues.union, configs: ['seq_bn', 'ia3'] } };
    expect(problemsOf(chosen, 'union')).toEqual([]);
    expect(configOf(chosen, 'union')).toMatchObject({ configs: [{ scaling: 'channel' }, { r: 1 }] });
  });

  it('says what to know of the values that are chosen', () => {
    expect(cautions('seq_bn')).toBe('');
    expect(cautions('seq_bn', { use_gating: true })).toContain('padded positions');
    expect(cautions('unipelt')).toContain('padded positions');
    const open = {
      'configs.0.use_gating': false,
      'configs.1.use_gating': false,
      'configs.2.use_gating': false,
    };
    expect(cautions('unipelt', open)).toBe('');
    expect(cautions('mtl_lora')).toContain('one up-projection');
    expect(cautions('mtl_lora', { n_up_projection: '2' })).toBe('');
    expect(cautions('prompt_tuning')).toContain('prefix_after_bos');
    expect(cautions('prompt_tuning', { combine: 'prefix_after_bos' })).toBe('');
    expect(cautions('ia3')).toContain('before GELU');
    expect(cautions('ia3', { intermediate_lora: false })).not.toContain('GELU');
    expect(cautions('union', { configs: ['dora', 'seq_bn'] })).toContain('PEFT');
  });
});

describe('events', () => {
  const progress = {
    step: 2,
    totalSteps: 10,
    epoch: 0.2,
    epochs: 1,
    samplesPerSecond: 1,
    tokensPerSecond: 1,
    stepsPerSecond: 1,
    times: { preparation: 3, training: 2, evaluation: 0, checkpoints: 0, saving: 0 },
    remaining: { preparation: 0, training: 8, evaluation: 4, checkpoints: 0, saving: 0 },
  };
  const point = (step: number) => ({ step, loss: 1 / step, gradientNorm: 1, learningRate: 1 });

  it('append to the series, and a point that comes again is not added twice', () => {
    const series = new SeriesStore();
    let state = reduceEvent(
      initialState,
      { type: 'steps', runId: 'r', points: [point(1), point(2)], progress },
      series,
    );
    state = reduceEvent(state, { type: 'steps', runId: 'r', points: [point(2), point(3)], progress }, series);
    expect(series.get('r')!.steps).toEqual([1, 2, 3]);
    expect(state.live).toMatchObject({ runId: 'r', progress: { step: 2 } });
    expect(state.seriesVersion).toBe(2);
  });

  it('promise nothing of a run that has ended or is to end, whatever was told of it last', () => {
    const series = new SeriesStore();
    const told = { type: 'steps', runId: 'r', points: [point(1)], progress } as const;
    const liveAfter = (...statuses: readonly RunState[]) =>
      statuses.reduce<StudioState>(
        (state, status) => reduceEvent(state, { type: 'status', runId: 'r', status }, series),
        reduceEvent(initialState, told, series),
      ).live!;
    expect(remainingOf(liveAfter('training'))).toEqual(progress.remaining);
    expect(remainingOf(liveAfter('training', 'paused'))).toEqual(progress.remaining);
    for (const status of ['stopping', 'stopped', 'failed', 'finished', 'interrupted'] as const)
      expect([status, remainingOf(liveAfter('training', status))]).toEqual([status, null]);
  });

  it('tell what takes time between the steps, and how long it has taken', () => {
    const series = new SeriesStore();
    const otherSeconds = { preparation: 1, evaluation: 0, checkpoints: 0, saving: 0 };
    const before = reduceEvent(initialState, { type: 'run', run: record({ id: 'r', otherSeconds }) }, series);
    const evaluating = { type: 'preparing', runId: 'r', phase: 'evaluating', done: 3, total: 9 } as const;
    const after = reduceEvent(before, { ...evaluating, progress }, series);
    expect(after.live).toMatchObject({ phase: { name: 'evaluating', done: 3 }, progress });
    expect(after.runs[0]).toMatchObject({ elapsedSeconds: 2, otherSeconds: { preparation: 3 } });
    // One that an older studio began knows its training steps alone.
    const older = reduceEvent(initialState, { type: 'run', run: record({ id: 'r' }) }, series);
    const { runs } = reduceEvent(
      older,
      { ...evaluating, progress: { ...progress, times: { training: 2 } } },
      series,
    );
    expect(runs[0]).toMatchObject({ elapsedSeconds: 2 });
    expect(runs[0]).not.toHaveProperty('otherSeconds');
  });

  it('take a run’s series back where it went back to a checkpoint', () => {
    const series = new SeriesStore();
    reduceEvent(
      initialState,
      { type: 'steps', runId: 'run-1', points: [point(1), point(2), point(3)], progress },
      series,
    );
    series.addEvaluation('run-1', { step: 3, epoch: 1, loss: 1 });
    const stored = record({ step: 2 });
    const state = reduceEvent(initialState, { type: 'run', run: stored }, series);
    expect(series.get('run-1')).toEqual({
      steps: [1, 2],
      losses: [1, 0.5],
      gradientNorms: [1, 1],
      learningRates: [1, 1],
      evaluations: [],
      clock: { steps: [2], seconds: [2], samplesPerSecond: [1] },
    });
    expect(state.runs).toEqual([stored]);
  });

  it('come after what is stored, whichever is there first', () => {
    const series = new SeriesStore();
    const live = { type: 'steps', runId: 'run-1', points: [point(3), point(4)], progress } as const;
    reduceEvent(initialState, live, series);
    expect(series.isLoaded('run-1')).toBe(false);
    const stored = emptySeries();
    // The third step is there from an attempt that the run went back from.
    stored.trainLoss.step.push(1, 2, 3);
    stored.trainLoss.value.push(9, 8, 7);
    series.load(record({ step: 2 }), stored);
    expect(series.get('run-1')).toMatchObject({ steps: [1, 2, 3, 4], losses: [9, 8, 1 / 3, 1 / 4] });
    expect(series.isLoaded('run-1')).toBe(true);
  });

  it('keep problems beside everything else', () => {
    const series = new SeriesStore();
    const before = reduceEvent(initialState, { type: 'run', run: record() }, series);
    const after = reduceEvent(
      before,
      { type: 'problem', runId: null, error: { code: 'x', message: 'm', hint: 'h' } },
      series,
    );
    expect(after.problems).toHaveLength(1);
    expect(after.runs).toBe(before.runs);
    // A checkpoint that fails every half minute is one message, not three.
    const again = { type: 'problem', runId: null, error: { code: 'x', message: 'm', hint: 'h' } } as const;
    expect(reduceEvent(after, again, series).problems).toEqual([again.error]);
    const other = { ...again, error: { ...again.error, message: 'n' } };
    expect(reduceEvent(after, other, series).problems.map(({ message }) => message)).toEqual(['n', 'm']);
  });
});

describe('a worker that is blocked by a step', () => {
  const series = new SeriesStore();
  const asking = (asked: 'pausing' | 'stopping', status: EventMessage & { type: 'status' }) =>
    reduceEvent({ ...initialState, live: { ...newLive('run-1'), status: asked, asked } }, status, series)
      .live;
  const says = (status: RunState) => ({ type: 'status', runId: 'run-1', status }) as const;

  it('does not take back what the page has acknowledged', () => {
    expect(asking('pausing', says('training'))).toMatchObject({ status: 'pausing', asked: 'pausing' });
    expect(asking('stopping', says('paused'))).toMatchObject({ status: 'stopping', asked: 'stopping' });
  });

  it('has the last word once it knows', () => {
    expect(asking('pausing', says('paused'))).toMatchObject({ status: 'paused', asked: null });
    expect(asking('stopping', says('finished'))).toMatchObject({ status: 'finished', asked: null });
  });
});

const adapter = { id: 'adapter-1', name: 'amber-heron-1' } as AdapterSummary;
const noRoom = { code: 'storage-full', message: 'no room', hint: 'make room' };

describe('an adapter that found no room', () => {
  const series = new SeriesStore();
  const ended = [
    { type: 'unstored', adapters: [{ runId: 'run-1', adapter, error: noRoom }] },
    { type: 'run', run: record({ status: 'finished' }) },
    { type: 'status', runId: 'run-1', status: 'finished-not-stored' },
  ] as const;
  const without = ended.reduce<StudioState>(
    (state, event) => reduceEvent(state, event, series),
    initialState,
  );

  it('makes leaving unsafe until it is stored, whatever trains then', () => {
    expect(isUnsafeToLeave(initialState)).toBe(false);
    expect(isActive(without.live)).toBe(false);
    expect(isUnsafeToLeave(without)).toBe(true);
    const next = reduceEvent(without, { type: 'status', runId: 'run-2', status: 'stopped' }, series);
    expect(isUnsafeToLeave(next)).toBe(true);
    const stored = reduceEvent(without, { type: 'unstored', adapters: [] }, series);
    expect(isUnsafeToLeave(stored)).toBe(false);
  });

  it('turns the status line to what its run is once it is stored', () => {
    const other = reduceEvent(without, { type: 'run', run: record({ id: 'run-2' }) }, series);
    expect(other.live?.status).toBe('finished-not-stored');
    const stored = reduceEvent(without, { type: 'run', run: record({ status: 'finished' }) }, series);
    expect(stored.live?.status).toBe('finished');
  });

  it('keeps its run in the list when everything stored is gone, and nothing else', () => {
    const more = [
      { type: 'run', run: record({ id: 'run-2', status: 'finished' }) },
      { type: 'adapter', adapter: { ...adapter, id: 'adapter-2' } },
      { type: 'stored', runs: [], adapters: [], datasets: [] },
    ] as const;
    const form = {
      ...formOf({ ...settings, startFrom: 'adapter-2' }, 'own'),
      composedAdapters: ['adapter-2'],
    };
    for (const id of ['run-1', 'run-2']) series.load(record({ id }), emptySeries());
    const gone = more.reduce<StudioState>((state, event) => reduceEvent(state, event, series), {
      ...without,
      form,
      shownRuns: ['run-1', 'run-2'],
    });
    expect(gone.runs.map(({ id }) => id)).toEqual(['run-1']);
    expect(gone.shownRuns).toEqual(['run-1']);
    expect(gone.adapters).toEqual([]);
    expect(gone.form).toMatchObject({ startFrom: '', composedAdapters: [], datasetId: '' });
    expect([series.get('run-1'), series.get('run-2')]).toEqual([expect.anything(), undefined]);
  });
});

describe('what another tab changed', () => {
  const tell = (state: StudioState, runs: readonly ReturnType<typeof record>[]) =>
    reduceEvent(state, { type: 'stored', runs, adapters: state.adapters, datasets: [] }, new SeriesStore());

  it('takes nothing back of a run that trains here, or whose adapter is here alone', () => {
    const events: readonly EventMessage[] = [
      { type: 'run', run: record({ id: 'unstored', status: 'finished', adapterId: 'a' }) },
      { type: 'unstored', adapters: [{ runId: 'unstored', adapter: {} as AdapterSummary, error: noRoom }] },
      { type: 'run', run: record({ id: 'live', step: 9 }) },
      { type: 'status', runId: 'live', status: 'training' },
    ];
    const series = new SeriesStore();
    const before = events.reduce<StudioState>(
      (state, event) => reduceEvent(state, event, series),
      initialState,
    );
    const stored = [
      record({ id: 'live', step: 3 }),
      record({ id: 'unstored', status: 'training' }),
      record({ id: 'other', status: 'finished' }),
    ];
    const after = tell(before, stored);
    expect(after.runs.map(({ id, step, status }) => [id, step, status])).toEqual([
      ['live', 9, 'training'],
      ['unstored', 0, 'finished'],
      ['other', 0, 'finished'],
    ]);
    const ended = reduceEvent(after, { type: 'status', runId: 'live', status: 'stopped' }, series);
    expect(tell(ended, [record({ id: 'live', step: 3, name: 'renamed' })]).runs.at(-1)).toMatchObject({
      step: 3,
      name: 'renamed',
    });
  });

  it('leaves an answer of several adapters while they are all there', () => {
    const adapters = ['a', 'b'].map((id) => ({ id }) as AdapterSummary);
    const prediction = {
      task: 'classification',
      labels: [],
      tokens: 1,
      truncated: false,
      warning: null,
    } as const;
    const jointPredictions = adapters.map(({ id }) => ({ adapterId: id, text: 't', prediction }));
    const state = { ...initialState, adapters, jointPredictions };
    expect(tell(state, []).jointPredictions).toBe(jointPredictions);
    expect(tell({ ...state, adapters: adapters.slice(1) }, []).jointPredictions).toBeNull();
  });
});

describe('a comparison', () => {
  it('marks what differs', () => {
    const runs = [
      record(),
      record({
        id: 'run-2',
        settings: { ...settings, learningRate: 1e-3, methodConfig: { ...settings.methodConfig, r: 4 } },
      }),
    ];
    expect(
      comparedSettings(runs)
        .filter((row) => row.differs)
        .map((row) => [row.name, ...row.values]),
    ).toEqual([
      ['Learning rate', '0.0001', '0.001'],
      ['r', '8', '4'],
    ]);
    expect(comparedSettings(runs).some((row) => row.isPartial)).toBe(false);
    const other = { ...settings, method: 'seq_bn', methodConfig: { architecture: 'bottleneck', scaling: 1 } };
    const mixed = comparedSettings([record(), record({ id: 'run-3', settings: other })]);
    expect(mixed.find(({ name }) => name === 'scaling')).toMatchObject({
      values: ['–', '1'],
      isPartial: true,
    });
    expect(mixed.find(({ name }) => name === 'architecture')).not.toHaveProperty('isPartial');
    expect(comparedResults(runs).every((row) => row.values.length === 2)).toBe(true);
  });
});

it('writes durations and rates as a person reads them', () => {
  expect([0.84, 42, 185, 7800, Number.NaN].map(formatDuration)).toEqual([
    '0.8 s',
    '42 s',
    '3 min 5 s',
    '2 h 10 min',
    '–',
  ]);
  expect([0, 3.456, 1234].map(formatRate)).toEqual(['–', '3.46', '1,234']);
});

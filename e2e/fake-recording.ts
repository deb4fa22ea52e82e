/** Recorded data for page tests: typed as the protocol has it, so that a change of the contract fails to compile here. */
import type { ErrorReport } from '../src/errors';
import type { RunRecord } from '../src/protocol/records';
import { defaultSettings, type RunSettings } from '../src/protocol/settings';
import type { AdapterSummary, DatasetSummary, FilePreview, StudioDescription } from '../src/protocol/types';
import { fakeBottleneck, fakeHeadOnly, fakeLora } from './fake-methods';

export interface FakeRecording {
  readonly description: StudioDescription;
  /** Answered to `open` in place of the description. */
  readonly refusal: ErrorReport | null;
  readonly runs: readonly RunRecord[];
  readonly adapters: readonly AdapterSummary[];
  /** What `inspectFile` answers, whatever the file. */
  readonly filePreview: FilePreview;
  readonly importedDataset: DatasetSummary;
  /** How a run started with Train goes. */
  readonly live: {
    readonly stepsPerSecond: number;
    readonly totalSteps: number;
    readonly eventsPerSecond: number;
  };
}

const day = Date.UTC(2026, 10, 24, 9, 30);
const settings: RunSettings = {
  ...defaultSettings,
  method: 'lora',
  methodConfig: fakeLora.defaultConfig ?? {},
};

const rottenTomatoes: DatasetSummary = {
  id: 'rotten_tomatoes',
  name: 'Rotten Tomatoes',
  source: 'sample',
  labels: ['👎', '👍'],
  rows: { train: 8530, validation: 1066, test: 1066 },
  labelCounts: [4265, 4265],
  preview: [
    {
      text: 'the gorgeously elaborate continuation of " the lord of the rings " trilogy is so huge that a column of words cannot adequately describe it .',
      label: '👍',
    },
    { text: 'simplistic , silly and tedious .', label: '👎' },
    { text: 'effective but too-tepid biopic', label: '👍' },
    {
      text: 'exploitative and largely devoid of the depth or sophistication that would make watching such a graphic treatment of the crimes bearable .',
      label: '👎',
    },
  ],
  citation: 'Pang and Lee 2005, “Seeing stars”, ACL. Movie review sentences, negative or positive.',
};

const trec: DatasetSummary = {
  id: 'trec',
  name: 'TREC questions',
  source: 'sample',
  labels: ['ABBR', 'DESC', 'ENTY', 'HUM', 'LOC', 'NUM'],
  rows: { train: 4952, validation: 500, test: 500 },
  labelCounts: [78, 1057, 1137, 1112, 758, 810],
  preview: [
    { text: 'How did serfdom develop in and then leave Russia ?', label: 'DESC' },
    { text: 'What films featured the character Popeye Doyle ?', label: 'ENTY' },
  ],
  citation: 'Li and Roth 2002, “Learning question classifiers”, COLING. Questions by what they ask for.',
};

const moods: DatasetSummary = {
  id: 'file-moods',
  name: 'moods.csv',
  source: 'file',
  labels: ['angry', 'calm', 'happy'],
  rows: { train: 120, validation: 15, test: 15 },
  labelCounts: [40, 40, 40],
  preview: [{ text: 'a furious day, shouting and mad', label: 'angry' }],
  citation: '',
};

const moodsPreview: FilePreview = {
  importId: 'import-1',
  fileName: 'moods.csv',
  columns: ['id', 'message', 'mood'],
  rowCount: 150,
  rows: [
    ['0', 'a quiet day, quiet and quiet', 'calm'],
    ['1', 'a shouting day, furious and furious', 'angry'],
    ['2', 'a glad day, joy and smiling', 'happy'],
    ['3', 'a soft day, quiet and still', 'calm'],
  ],
  guess: { textColumn: 'message', labelColumn: 'mood' },
  valueCounts: { id: null, message: null, mood: { angry: 50, calm: 50, happy: 50 } },
};

const description: StudioDescription = {
  executor: { executor: 'webgpu', adapter: 'apple m2', isSoftwareAdapter: false },
  notice: null,
  methods: [fakeLora, fakeBottleneck, fakeHeadOnly],
  baseModels: [
    {
      id: 'roberta-mini',
      title: 'roberta-mini',
      layers: 6,
      hiddenSize: 384,
      parameterCount: 16_989_312,
      downloadBytes: 33_990_584,
    },
    {
      id: 'roberta-tiny',
      title: 'roberta-tiny',
      layers: 2,
      hiddenSize: 128,
      parameterCount: 1_486_592,
      downloadBytes: 2_977_728,
    },
  ],
  datasets: [rottenTomatoes, trec],
  defaults: settings,
  defaultDatasetId: 'rotten_tomatoes',
};

/** A loss like a real one: a falling exponential, and noise that repeats by run and step. */
function recordedLoss(run: number, step: number): number {
  const noise = Math.sin(step * 12.9898 + run * 78.233) * 43758.5453;
  return (
    0.34 - 0.012 * run + 0.36 * Math.exp(-step / (180 + 55 * run)) + 0.14 * (noise - Math.floor(noise) - 0.5)
  );
}

function recordedRun(index: number, steps: number, changes: Partial<RunRecord> = {}): RunRecord {
  const names = [
    'amber-avocet-1',
    'quiet-ibis-2',
    'golden-petrel-3',
    'violet-swift-4',
    'fair-heron-5',
    'misty-wren-6',
  ];
  const step = Array.from({ length: steps }, (_, k) => k + 1);
  const evaluations = [1, 2, 3, 4, 5, 6].map((epoch) => ({
    step: Math.round((epoch * steps) / 6),
    epoch,
    loss: 0.53 - 0.04 * index - 0.06 * Math.log(epoch + 0.2 * index) + (epoch === 6 ? 0.012 : 0),
    accuracy: 0.735 + 0.018 * index + 0.042 * Math.log(epoch),
  }));
  const last = evaluations.at(-1)!;
  const elapsedSeconds = 402 + 31 * index;
  return {
    version: 1,
    id: `run-${index}`,
    name: names[index] ?? `brisk-finch-${index + 1}`,
    createdAt: day + index * 900_000,
    status: 'finished',
    settings,
    dataset: {
      id: 'rotten_tomatoes',
      name: 'Rotten Tomatoes',
      fingerprint: 'f',
      labels: ['👎', '👍'],
      trainRows: 8530,
      validationRows: 1066,
    },
    baseFingerprint: 'b',
    executor: description.executor,
    dispatches: steps * 254,
    kernelTable: {},
    bitExact: true,
    step: steps,
    totalSteps: steps,
    trainableParameters: 222_338,
    elapsedSeconds,
    trainLoss: { step, value: step.map((s) => recordedLoss(index, s)) },
    gradientNorm: { step, value: step.map((s) => 0.8 + 1.7 * recordedLoss(index + 9, s)) },
    learningRate: { step, value: step.map((s) => 1e-4 * (1 - s / steps)) },
    evaluations,
    skippedSteps: 0,
    results: {
      globalStep: steps,
      trainLoss: 0.4127 - 0.01 * index,
      trainRuntimeSeconds: elapsedSeconds,
      trainSamplesPerSecond: (8530 * 6) / elapsedSeconds,
      trainStepsPerSecond: steps / elapsedSeconds,
      totalFlos: 2_141_601_149_692_800,
      evalLoss: last.loss,
      evalAccuracy: last.accuracy,
    },
    adapterId: `adapter-${index}`,
    error: null,
    ...changes,
  };
}

function recordedAdapter(run: RunRecord, changes: Partial<AdapterSummary> = {}): AdapterSummary {
  const last = run.evaluations.at(-1);
  return {
    version: 1,
    id: run.adapterId ?? `adapter-of-${run.id}`,
    name: run.name,
    createdAt: run.createdAt,
    runId: run.id,
    parentId: null,
    baseModel: run.settings.baseModel,
    method: run.settings.method,
    datasetId: run.dataset.id,
    datasetName: run.dataset.name,
    maxLength: 80,
    parameterCount: run.trainableParameters,
    sizeBytes: 889_352,
    sha256: '0'.repeat(64),
    evaluation: last ? { loss: last.loss, accuracy: last.accuracy } : null,
    labels: run.dataset.labels,
    ...changes,
  };
}

export function recording(changes: Partial<FakeRecording> = {}): FakeRecording {
  return {
    description,
    refusal: null,
    runs: [],
    adapters: [],
    filePreview: moodsPreview,
    importedDataset: moods,
    live: { stepsPerSecond: 40, totalSteps: 1602, eventsPerSecond: 10 },
    ...changes,
  };
}

/** Three finished runs that differ in a few settings, one interrupted, and their adapters: a studio in use. */
export function studioInUse(steps = 1602): FakeRecording {
  const second: Partial<RunSettings> = {
    learningRate: 5e-4,
    methodConfig: { ...settings.methodConfig, r: 16 },
  };
  const third: Partial<RunSettings> = { method: 'seq_bn', methodConfig: fakeBottleneck.defaultConfig ?? {} };
  const runs = [
    recordedRun(3, Math.round(steps * 0.4), {
      status: 'interrupted',
      totalSteps: steps,
      results: null,
      adapterId: null,
      evaluations: recordedRun(3, steps).evaluations.slice(0, 2),
    }),
    recordedRun(2, steps, { settings: { ...settings, ...third }, trainableParameters: 263_426 }),
    recordedRun(1, steps, { settings: { ...settings, ...second } }),
    recordedRun(0, steps),
  ];
  const adapters = [
    recordedAdapter(runs[1]!),
    recordedAdapter(runs[2]!, { parentId: 'adapter-0' }),
    recordedAdapter(runs[3]!),
  ];
  return recording({ runs, adapters });
}

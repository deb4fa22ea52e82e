/**
 * What the tabs of the studio tell each other of the run that one of them trains, and what they ask of that one. Numbers and states
 * only: records are read from the store, which checks them. A tab may run another build, so what comes is checked here, and what is
 * not understood is as if it had not been said.
 */
import type { ErrorReport } from '../../errors';
import type { RunProgress, StepPoint } from '../../protocol/types';
import { type RunState, runStates } from '../../runs/life';
import type { EvaluationPoint } from '../../runs/record';
import { type RunTimes, timePartIds } from '../../runs/times';
import type { NewestPoints } from './series';
import type { LiveRun } from './state';

/** Of messages that an older or newer build may not understand. */
const version = 1;

/** As the tab that trains it has it; its progress comes with its steps. */
export type ToldLive = Omit<LiveRun, 'tab' | 'progress'>;

/** What a person may ask of a run from another tab. */
export type LiveCommand = 'pause' | 'resume' | 'stop';

/** The run that the tab trains, or trained last, with what the store does not have yet; null where it has none. */
export interface ToldAll {
  readonly type: 'all';
  readonly run:
    | ({
        readonly live: ToldLive;
        readonly progress: RunProgress | null;
      } & NewestPoints)
    | null;
}

/** Said in order by the tab that trains, each with a number above the one before, so that who missed one knows it. */
export type Told =
  | ToldAll
  | { readonly type: 'live'; readonly live: ToldLive | null }
  | {
      readonly type: 'steps';
      readonly runId: string;
      readonly points: readonly StepPoint[];
      readonly progress: RunProgress;
    }
  | { readonly type: 'evaluation'; readonly runId: string; readonly point: EvaluationPoint }
  /** Points after the step are no longer true: the run went back to it. */
  | { readonly type: 'cut'; readonly runId: string; readonly step: number };

type Asked =
  /** For `all`: of one tab, or of whichever trains. */
  | { readonly type: 'hello'; readonly to: string | null }
  | {
      readonly type: 'ask';
      readonly to: string;
      readonly question: string;
      readonly command: LiveCommand;
      readonly runId: string;
    }
  /** The tab has taken it up, or says why it cannot. */
  | { readonly type: 'answer'; readonly question: string; readonly error: ErrorReport | null };

export type TabMessage = { readonly version: typeof version; readonly from: string } & (
  | Asked
  | (Told & { readonly number: number })
);

export const asked = (from: string, message: Asked): TabMessage => ({ version, from, ...message });

export const told = (from: string, number: number, message: Told): TabMessage => ({
  version,
  from,
  number,
  ...message,
});

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields | null =>
  typeof value === 'object' && value !== null ? { ...value } : null;

const isText = (value: unknown) => typeof value === 'string';
/** NaN too: a loss may be. */
const isNumber = (value: unknown) => typeof value === 'number';
const isNumbers = (value: unknown) => Array.isArray(value) && value.every(isNumber);
const isNullOr = (check: (value: unknown) => boolean) => (value: unknown) => value === null || check(value);
const isOneOf = (words: readonly unknown[]) => (value: unknown) => words.includes(value);
const isListOf = (check: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(check);

type Checks<T> = { readonly [K in keyof T]-?: (value: unknown) => boolean };

/** Every field is there and right; others may be there too. */
const has =
  <T>(checks: Checks<T>) =>
  (value: unknown): boolean => {
    const fields = fieldsOf(value);
    return (
      fields !== null &&
      Object.entries<(field: unknown) => boolean>(checks).every(([key, check]) => check(fields[key]))
    );
  };

const phases: Readonly<Record<NonNullable<LiveRun['phase']>['name'], true>> = {
  model: true,
  tokenizing: true,
  compiling: true,
  evaluating: true,
  saving: true,
};

const isLive = has<ToldLive>({
  runId: isText,
  status: isOneOf(runStates satisfies readonly RunState[]),
  asked: isOneOf([null, 'pausing', 'stopping'] satisfies readonly LiveRun['asked'][]),
  canEnd: isOneOf([true, false]),
  phase: isNullOr(
    has<NonNullable<LiveRun['phase']>>({
      name: isOneOf(Object.keys(phases)),
      done: isNumber,
      total: isNumber,
    }),
  ),
});

const eachPart: Checks<RunTimes> = {
  preparation: isNumber,
  training: isNumber,
  evaluation: isNumber,
  checkpoints: isNumber,
  saving: isNumber,
};

/** Those that are not known are not there. */
const isKnownTimes = (value: unknown) => {
  const fields = fieldsOf(value);
  return fields !== null && timePartIds.every((part) => fields[part] === undefined || isNumber(fields[part]));
};

const isProgress = has<RunProgress>({
  step: isNumber,
  totalSteps: isNumber,
  epoch: isNumber,
  epochs: isNumber,
  samplesPerSecond: isNumber,
  tokensPerSecond: isNumber,
  stepsPerSecond: isNumber,
  times: isKnownTimes,
  remaining: isNullOr(has<RunTimes>(eachPart)),
});

const isPoints = isListOf(
  has<StepPoint>({ step: isNumber, loss: isNumber, gradientNorm: isNumber, learningRate: isNumber }),
);

/** Its figures are those of the task, and all of them numbers. */
const isEvaluation = (value: unknown) => {
  const fields = fieldsOf(value);
  return (
    fields !== null &&
    ['step', 'epoch', 'loss'].every((key) => isNumber(fields[key])) &&
    Object.values(fields).every((figure) => figure === undefined || isNumber(figure))
  );
};

const checks: Readonly<Record<TabMessage['type'], (value: unknown) => boolean>> = {
  all: has<Pick<ToldAll, 'run'> & { number: number }>({
    number: isNumber,
    run: isNullOr(
      has<NonNullable<ToldAll['run']>>({
        live: isLive,
        progress: isNullOr(isProgress),
        points: isPoints,
        evaluations: isListOf(isEvaluation),
        clock: has<NewestPoints['clock']>({
          steps: isNumbers,
          seconds: isNumbers,
          samplesPerSecond: isNumbers,
        }),
      }),
    ),
  }),
  live: has({ number: isNumber, live: isNullOr(isLive) }),
  steps: has({ number: isNumber, runId: isText, points: isPoints, progress: isProgress }),
  evaluation: has({ number: isNumber, runId: isText, point: isEvaluation }),
  cut: has({ number: isNumber, runId: isText, step: isNumber }),
  hello: has({ to: isNullOr(isText) }),
  ask: has({
    to: isText,
    question: isText,
    command: isOneOf(['pause', 'resume', 'stop'] satisfies readonly LiveCommand[]),
    runId: isText,
  }),
  answer: has({
    question: isText,
    error: isNullOr(has<ErrorReport>({ code: isText, message: isText, hint: isText })),
  }),
};

/** Null where it is of another version, or not what it says it is. */
export function readTabMessage(data: unknown): TabMessage | null {
  const fields = fieldsOf(data);
  if (fields?.version !== version || !isText(fields.from)) return null;
  const check = Object.hasOwn(checks, String(fields.type)) ? checks[fields.type as TabMessage['type']] : null;
  return check?.(data) ? (data as TabMessage) : null;
}

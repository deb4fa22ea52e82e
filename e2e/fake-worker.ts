/**
 * A worker that computes nothing: answers the protocol's commands from a recording and plays a run when Train is clicked.
 * `installFakeWorker` runs in the page before it starts, so it may use nothing from outside; the rest runs in the test.
 */
import type { Page } from '@playwright/test';
import type { ErrorReport } from '../src/errors';
import type { RunRecord } from '../src/protocol/records';
import type {
  CommandMessage,
  CommandName,
  Commands,
  EventMessage,
  LiveStatus,
  WorkerMessage,
} from '../src/protocol/types';
import type { FakeRecording } from './fake-recording';

/** What a test can do to the worker from outside, as `window.fakeWorker`. */
interface FakeWorkerControls {
  /** Names of the commands the page has sent, in order. */
  readonly commands: string[];
  emit(event: EventMessage): void;
  /** The worker dies, as an uncaught error in it does. */
  crash(message: string): void;
  /** The next command of this name is answered with an error. */
  refuseNext(type: string, error: ErrorReport): void;
}

declare global {
  interface Window {
    fakeWorker: FakeWorkerControls;
  }
}

/** Takes the recording as JSON: its recursive configuration type is too deep for Playwright's argument type. */
function installFakeWorker(recordingJson: string): void {
  const recording = JSON.parse(recordingJson) as FakeRecording;
  const messageListeners: ((event: MessageEvent<WorkerMessage>) => void)[] = [];
  const errorListeners: ((event: ErrorEvent) => void)[] = [];
  let isDead = false;
  const post = (message: WorkerMessage) => {
    if (isDead) return;
    for (const listener of messageListeners) listener(new MessageEvent('message', { data: message }));
  };
  const refusals = new Map<string, ErrorReport>();
  const commands: string[] = [];
  const { live, description } = recording;

  let run: RunRecord | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;
  let step = 0;
  const status = (name: LiveStatus) => post({ type: 'status', runId: run!.id, status: name });
  const loss = (at: number) => {
    const noise = Math.sin(at * 12.9898) * 43758.5453;
    return 0.3 + 0.38 * Math.exp(-at / 160) + 0.14 * (noise - Math.floor(noise) - 0.5);
  };

  function emitSteps(count: number): void {
    const { totalSteps } = live;
    const points = Array.from({ length: Math.min(count, totalSteps - step) }, () => {
      step += 1;
      return {
        step,
        loss: loss(step),
        gradientNorm: 0.8 + 1.4 * loss(step + 7000),
        learningRate: 1e-4 * (1 - step / totalSteps),
      };
    });
    const speed = live.stepsPerSecond;
    post({
      type: 'steps',
      runId: run!.id,
      points,
      progress: {
        step,
        totalSteps,
        epoch: (6 * step) / totalSteps,
        epochs: 6,
        samplesPerSecond: speed * 32,
        tokensPerSecond: speed * 32 * 27,
        stepsPerSecond: speed,
        elapsedSeconds: step / speed,
        remainingSeconds: (totalSteps - step) / speed,
      },
    });
    const perEpoch = Math.ceil(totalSteps / 6);
    for (const { step: at } of points) {
      if (at % perEpoch !== 0 && at !== totalSteps) continue;
      const epoch = Math.round((6 * at) / totalSteps);
      post({
        type: 'evaluation',
        runId: run!.id,
        point: {
          step: at,
          epoch,
          loss: 0.5 - 0.05 * Math.log(epoch),
          accuracy: 0.74 + 0.045 * Math.log(epoch),
        },
      });
    }
    if (step >= totalSteps) end('finished');
  }

  function play(): void {
    status('training');
    const intervalMs = Math.max(10, 1000 / live.eventsPerSecond);
    const eventsPerTick = Math.max(1, Math.round((live.eventsPerSecond * intervalMs) / 1000));
    const stepsPerEvent = Math.max(1, Math.round(live.stepsPerSecond / live.eventsPerSecond));
    timer = setInterval(() => {
      for (let i = 0; i < eventsPerTick && timer !== undefined; i++) emitSteps(stepsPerEvent);
    }, intervalMs);
  }

  function end(outcome: 'finished' | 'stopped'): void {
    clearInterval(timer);
    timer = undefined;
    const seconds = step / live.stepsPerSecond;
    const adapterId = `adapter-of-${run!.id}`;
    const steps = Array.from({ length: step }, (_, i) => i + 1);
    const ended: RunRecord = {
      ...run!,
      status: outcome,
      step,
      totalSteps: live.totalSteps,
      elapsedSeconds: seconds,
      trainableParameters: 222_338,
      trainLoss: { step: steps, value: steps.map(loss) },
      gradientNorm: { step: steps, value: steps.map((at) => 0.8 + 1.4 * loss(at + 7000)) },
      learningRate: { step: steps, value: steps.map((at) => 1e-4 * (1 - at / live.totalSteps)) },
      evaluations: [1, 2, 3, 4, 5, 6]
        .map((epoch) => ({
          step: Math.min(live.totalSteps, epoch * Math.ceil(live.totalSteps / 6)),
          epoch,
          loss: 0.5 - 0.05 * Math.log(epoch),
          accuracy: 0.74 + 0.045 * Math.log(epoch),
        }))
        .filter((point) => point.step <= step),
      adapterId,
      results:
        outcome === 'stopped'
          ? null
          : {
              globalStep: step,
              trainLoss: 0.3987,
              trainRuntimeSeconds: seconds,
              trainSamplesPerSecond: live.stepsPerSecond * 32,
              trainStepsPerSecond: live.stepsPerSecond,
              totalFlos: 2_141_601_149_692_800,
              evalLoss: 0.4104,
              evalAccuracy: 0.8206,
            },
    };
    post({
      type: 'adapter',
      adapter: {
        version: 1,
        id: adapterId,
        name: ended.name,
        createdAt: Date.now(),
        runId: ended.id,
        parentId: ended.settings.startFrom,
        baseModel: ended.settings.baseModel,
        method: ended.settings.method,
        datasetId: ended.dataset.id,
        datasetName: ended.dataset.name,
        maxLength: ended.settings.maxLength,
        parameterCount: 222_338,
        sizeBytes: 889_352,
        sha256: '0'.repeat(64),
        evaluation: { loss: 0.4104, accuracy: 0.8206 },
        labels: ended.dataset.labels,
      },
    });
    post({ type: 'run', run: ended });
    status(outcome);
    run = null;
  }

  function begin(settings: RunRecord['settings'], datasetId: string): RunRecord {
    const dataset = description.datasets.find(({ id }) => id === datasetId) ?? recording.importedDataset;
    const empty = () => ({ step: [], value: [] });
    step = 0;
    run = {
      version: 1,
      id: `live-${commands.length}`,
      name: `keen-kestrel-${recording.runs.length + 1}`,
      createdAt: Date.now(),
      status: 'training',
      settings,
      dataset: {
        id: dataset.id,
        name: dataset.name,
        fingerprint: 'f',
        labels: dataset.labels,
        trainRows: dataset.rows.train,
        validationRows: dataset.rows.validation,
      },
      baseFingerprint: 'b',
      executor: description.executor,
      dispatches: 0,
      kernelTable: {},
      bitExact: true,
      step: 0,
      totalSteps: live.totalSteps,
      trainableParameters: 222_338,
      elapsedSeconds: 0,
      trainLoss: empty(),
      gradientNorm: empty(),
      learningRate: empty(),
      evaluations: [],
      skippedSteps: 0,
      results: null,
      adapterId: null,
      error: null,
    };
    const { id } = run;
    setTimeout(() => {
      status('preparing');
      post({ type: 'preparing', runId: id, phase: 'tokenizing', done: 5200, total: 8530 });
    }, 20);
    setTimeout(play, 250);
    return run;
  }

  function answer({ type, request }: CommandMessage): Commands[CommandName]['answer'] {
    switch (type) {
      case 'open':
        if (recording.refusal) throw recording.refusal;
        return description;
      case 'listRuns':
        return recording.runs;
      case 'listAdapters':
        return recording.adapters;
      case 'inspectFile':
        return recording.filePreview;
      case 'createDataset':
        return recording.importedDataset;
      case 'train':
        return begin(request.settings, request.datasetId);
      case 'pause':
        status('pausing');
        setTimeout(() => {
          clearInterval(timer);
          timer = undefined;
          status('paused');
        }, 150);
        return null;
      case 'resume': {
        if (!run) {
          const stored = recording.runs.find(({ id }) => id === request.runId)!;
          run = { ...stored, status: 'training' };
          step = stored.step;
        }
        play();
        return null;
      }
      case 'stop':
        status('stopping');
        setTimeout(() => end('stopped'), 120);
        return null;
      case 'evaluate':
        return {
          split: request.split,
          rows: 1066,
          loss: 0.4104,
          accuracy: 0.8206,
          macroF1: 0.8199,
          runtimeSeconds: 4.2,
          samplesPerSecond: 253.8,
          stepsPerSecond: 8.1,
        };
      case 'predict':
        return {
          labels: [
            { label: '👎', score: 0.0863 },
            { label: '👍', score: 0.9137 },
          ],
          tokens: 6,
          truncated: false,
        };
      case 'downloadAdapter':
      case 'downloadRun':
        return { fileName: 'recorded.zip', bytes: new Uint8Array([80, 75, 5, 6]) };
      case 'deleteRun':
      case 'deleteAdapter':
      case 'checkpoint':
        return null;
      default:
        return type satisfies never;
    }
  }

  window.studioPort = {
    postMessage(message) {
      const command = message as CommandMessage;
      commands.push(command.type);
      const delayMs = command.type === 'evaluate' || command.type === 'predict' ? 60 : 2;
      setTimeout(() => {
        const refusal = refusals.get(command.type);
        refusals.delete(command.type);
        try {
          if (refusal) throw refusal;
          post({ type: 'answer', id: command.id, ok: true, value: answer(command) });
        } catch (error) {
          post({ type: 'answer', id: command.id, ok: false, error: error as ErrorReport });
        }
      }, delayMs);
    },
    addEventListener(type: 'message' | 'error', listener: never) {
      if (type === 'message') messageListeners.push(listener);
      else errorListeners.push(listener);
    },
  };
  window.fakeWorker = {
    commands,
    emit: post,
    crash(message) {
      isDead = true;
      clearInterval(timer);
      timer = undefined;
      for (const listener of errorListeners) listener(new ErrorEvent('error', { message }));
    },
    refuseNext: (type, error) => refusals.set(type, error),
  };
}

/** Opens the page on a recording and waits until it has been answered. */
export async function openWithFakeWorker(page: Page, recording: FakeRecording): Promise<void> {
  await page.addInitScript(installFakeWorker, JSON.stringify(recording));
  await page.goto('/');
  await page.getByRole('region', { name: 'Runs', exact: true }).waitFor();
  await page.waitForFunction(() => window.fakeWorker.commands.includes('listAdapters'));
}

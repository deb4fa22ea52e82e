/** What the form opens with on an executor, why, and what is made ready for it while the person looks at it. */
import { adapterMethods, methodById } from '../adapters/registry';
import { defaultHead } from '../heads/classification';
import { baseTensor, withTensors } from '../models/base-weights';
import type { ExecutorInfo } from '../protocol/records';
import { defaultSettings, type RunSettings } from '../protocol/settings';
import type { ComputingDescription } from '../protocol/types';
import { withVirtualTokens } from '../train/batch';
import { initialize } from '../train/initialize';
import { buildTraining } from '../train/programs';
import { type BaseModels, storedBase } from './base-models';
import type { OpenExecutor } from './executors';

/** Rows that a software adapter trains on unless the person asks for more: a minute or two instead of an hour. */
const softwareAdapterRows = 512;

/** Tokens of a long sentence: sizes the warm-up. */
const usualTokens = 50;

export function openingFor({
  executor,
  adapter,
  isSoftwareAdapter,
}: ExecutorInfo): Pick<ComputingDescription, 'defaults' | 'notice'> {
  const { id, defaultConfig } = adapterMethods[0]!;
  const defaults: RunSettings = { ...defaultSettings, method: id, methodConfig: defaultConfig ?? {} };
  if (!isSoftwareAdapter) return { defaults, notice: null };
  if (executor === 'onnx')
    return {
      defaults: { ...defaults, trainingRows: softwareAdapterRows },
      notice: `ONNX Runtime computes on this machine’s processor, slower than a graphics card. So the form opens with ${softwareAdapterRows} training rows; they can be changed.`,
    };
  return {
    defaults: { ...defaults, baseModel: 'roberta-tiny', trainingRows: softwareAdapterRows },
    notice: `This browser computes on a software adapter (${adapter}), much slower than a graphics card. So the form opens with roberta-tiny and ${softwareAdapterRows} training rows; both can be changed.`,
  };
}

/**
 * Reads the base model and opens a session of what the form opens with: kernels are compiled, ONNX Runtime is started. Nothing
 * depends on it: what fails here fails again, and is told, when it is needed.
 */
export async function warmUp(
  settings: RunSettings,
  models: BaseModels,
  openExecutor: OpenExecutor,
): Promise<void> {
  try {
    const base = storedBase(await models.load(settings.baseModel), settings.baseStorage);
    const { programs, frozen, batchForm } = buildTraining({
      model: base.config,
      method: methodById(settings.method),
      methodConfig: settings.methodConfig,
      adapterName: 'warm_up',
      head: defaultHead('warm_up', 2),
      dropout: settings.dropout,
    });
    const tokens = settings.batchSize * usualTokens;
    const largest = withVirtualTokens(batchForm, { tokens, sequences: settings.batchSize });
    const drawn = await initialize(frozen, settings.seed, (name) => baseTensor(base, name));
    const { executor } = await openExecutor();
    (await executor.open({ programs, frozen: withTensors(base.frozen, drawn), largest })).dispose();
  } catch {
    // See above.
  }
}

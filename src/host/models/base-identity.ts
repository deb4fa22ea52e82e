/** Which base model an adapter or a run belongs to, and what to say where it is used on another one. */
import { StudioError } from '../../errors';
import type { AdapterRecord } from '../../protocol/records';
import type { BaseModelDescription } from '../../protocol/types';
import type { BaseIdentity, RunRecord } from '../../runs/record';

const inWords = ({ name, revision, fingerprint }: BaseIdentity) =>
  `${name}${revision ? ` at ${revision.slice(0, 8)}` : ''} (weights ${fingerprint.slice(0, 8)}…)`;

/** Null where the weights are the same, or the adapter's are not known. */
export function otherBaseWarning(
  { name, base }: Pick<AdapterRecord, 'name' | 'base'>,
  used: BaseIdentity,
): string | null {
  if (base.fingerprint === '' || base.fingerprint === used.fingerprint) return null;
  return `"${name}" was made on ${inWords(base)} and is used on ${inWords(used)}. They have the same sizes but other weights, so its answers will differ.`;
}

/**
 * The id of the base model to use an adapter on: its own, else one with the same weights, else one of the same name, which
 * `otherBaseWarning` then tells of. Its own id where there is none of these.
 */
export function baseIdFor(
  { baseModel, base }: Pick<AdapterRecord, 'baseModel' | 'base'>,
  models: readonly BaseModelDescription[],
): string {
  const candidates = [
    models.find(({ id }) => id === baseModel),
    models.find(({ kept }) => kept !== null && kept.fingerprint === base.fingerprint),
    models.find(({ title }) => title === base.name),
  ];
  return candidates.find((model) => model !== undefined)?.id ?? baseModel;
}

/** A run goes on only on the weights that it began with. Throws `base-changed`. */
export function requireSameBase(
  { name, base, totalSteps }: Pick<RunRecord, 'name' | 'base' | 'totalSteps'>,
  present: BaseIdentity,
): void {
  if (base.fingerprint === '' || base.fingerprint === present.fingerprint) return;
  const earlier = base.revision === null ? 'those weights' : `revision ${base.revision.slice(0, 8)}`;
  // It was never prepared: what it has of a base model is of the run that it repeats.
  if (totalSteps === 0)
    throw new StudioError(
      'base-changed',
      `The base model ${present.name} is not the one that the run was trained on which ${name} repeats: its weights are others.`,
      `Get ${earlier} again and repeat the run then; or choose Change and run, for another curve on the present weights.`,
    );
  throw new StudioError(
    'base-changed',
    `The base model ${present.name} is not the one that ${name} began with: its weights are others.`,
    `Get ${earlier} again, then resume it; or start a new run. Its checkpoint is kept.`,
  );
}

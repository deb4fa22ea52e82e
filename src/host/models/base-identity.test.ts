import { describe, expect, it } from 'vitest';
import { toErrorReport } from '../../errors';
import type { BaseModelDescription } from '../../protocol/types';
import type { BaseIdentity } from '../../runs/record';
import { baseIdFor, otherBaseWarning, requireSameBase } from './base-identity';

const identity = (fingerprint: string, revision: string | null = null): BaseIdentity => ({
  name: 'roberta-base',
  revision,
  fingerprint,
});
const [old, present] = ['a'.repeat(64), 'b'.repeat(64)];

describe('an adapter on another base model', () => {
  it('is warned of, with both named', () => {
    const warning = otherBaseWarning(
      { name: 'mood', base: identity(old, '0123456789abcdef') },
      identity(present, 'fedcba9876543210'),
    );
    expect(warning).toContain('"mood"');
    for (const part of ['01234567', 'fedcba98', 'aaaaaaaa…', 'bbbbbbbb…']) expect(warning).toContain(part);
  });

  it('is not where the weights are the same wherever they came from, or were never recorded', () => {
    expect(otherBaseWarning({ name: 'mood', base: identity(old) }, identity(old, 'main'))).toBeNull();
    expect(otherBaseWarning({ name: 'mood', base: identity('') }, identity(present))).toBeNull();
  });
});

describe('a run on another base model', () => {
  const run = { name: 'amber-heron-2', base: identity(old, '0123456789abcdef'), totalSteps: 30 };
  const refusalOf = (changes: Partial<typeof run>) => {
    try {
      requireSameBase({ ...run, ...changes }, identity(present));
    } catch (error) {
      return toErrorReport(error);
    }
    return null;
  };

  it('is refused with the way to resume it, or to repeat the one that it repeats', () => {
    const resumed = refusalOf({})!;
    expect(resumed.code).toBe('base-changed');
    expect(resumed.hint).toMatch(/^Get revision 01234567 again, then resume it.* checkpoint is kept/);
    // Never prepared: the base in its record is that of the run that it repeats, and it has no checkpoint.
    const repeat = refusalOf({ totalSteps: 0, base: identity(old) })!;
    expect(repeat.code).toBe('base-changed');
    expect(repeat.message).toContain('which amber-heron-2 repeats');
    expect(repeat.hint).toMatch(/^Get those weights again and repeat the run then; or choose Change and run/);
    expect(repeat.hint).not.toMatch(/resume|checkpoint/);
  });

  it('is none where the weights are the same, or never known', () => {
    expect(refusalOf({ base: identity(present) })).toBeNull();
    expect(refusalOf({ base: identity(''), totalSteps: 0 })).toBeNull();
  });
});

describe('the base model for an adapter', () => {
  const model = (id: string, title: string, fingerprint: string | null): BaseModelDescription => ({
    id,
    title,
    modelType: 'roberta',
    layers: 2,
    hiddenSize: 8,
    parameterCount: 1,
    hasPooler: false,
    downloadBytes: 1,
    kept: fingerprint === null ? null : { origin: { kind: 'disk', folder: title }, storedAt: 0, fingerprint },
  });
  const adapter = { baseModel: 'roberta-base@old', base: identity(old) };
  const same = model('copy@1', 'copy', old);
  const newer = model('roberta-base@new', 'roberta-base', present);

  it('is its own, else one with its weights, else one of its name', () => {
    const own = model('roberta-base@old', 'roberta-base', old);
    expect(baseIdFor(adapter, [newer, same, own])).toBe(own.id);
    expect(baseIdFor(adapter, [newer, same])).toBe(same.id);
    expect(baseIdFor(adapter, [model('tiny', 'tiny', null), newer])).toBe(newer.id);
    expect(baseIdFor(adapter, [model('tiny', 'tiny', null)])).toBe('roberta-base@old');
  });
});

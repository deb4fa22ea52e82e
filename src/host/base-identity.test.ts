import { describe, expect, it } from 'vitest';
import type { BaseModelDescription } from '../protocol/types';
import type { BaseIdentity } from '../runs/record';
import { baseIdFor, otherBaseWarning } from './base-identity';

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

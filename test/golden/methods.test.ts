import { expect, it } from 'vitest';
import { referenceExecutor } from '../../src/runtime/reference/reference';
import { diskSource } from './disk-source';
import { supportedMethods, unsupportedRequired } from './method-case';
import { goldenMethods, goldenRuns } from './suite';

const ids = await supportedMethods(diskSource);

it('finds cases to run', async () => {
  expect(ids).toContain('lora_default');
  expect(await unsupportedRequired(diskSource)).toEqual([]);
});

goldenMethods('reference', async () => referenceExecutor, diskSource, ids);
goldenRuns('reference', async () => referenceExecutor, diskSource);

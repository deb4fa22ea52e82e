import { expect, it } from 'vitest';
import { referenceExecutor } from '../../src/runtime/reference/reference';
import { diskSource } from './disk-source';
import { supportedMethods } from './method-case';
import { goldenMethods, goldenRuns } from './suite';

const ids = await supportedMethods(diskSource);

it('finds cases to run', () => {
  expect(ids).toContain('lora_default');
});

goldenMethods('reference', async () => referenceExecutor, diskSource, ids);
goldenRuns('reference', async () => referenceExecutor, diskSource);

import { expect, it } from 'vitest';
import { referenceExecutor } from '../../src/runtime/reference/reference';
import { diskSource } from './disk-source';
import { recordedMethods } from './method-case';
import { recordedPeft } from './peft-case';
import { recordedRuns } from './run-case';
import { goldenMethods, goldenPeft, goldenRuns } from './suite';

const ids = await recordedMethods(diskSource);

it('finds cases to run', async () => {
  expect(ids.length).toBeGreaterThan(0);
});

goldenMethods('reference', async () => referenceExecutor, diskSource, ids);
goldenPeft('reference', async () => referenceExecutor, diskSource, await recordedPeft(diskSource));
goldenRuns('reference', async () => referenceExecutor, diskSource, await recordedRuns(diskSource));

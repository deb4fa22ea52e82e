import { referenceExecutor } from '../../src/runtime/reference/reference';
import { diskSource } from './disk-source';
import { golden } from './suite';

await golden('reference', async () => referenceExecutor, diskSource, 'all');

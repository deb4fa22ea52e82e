/** What the host needs to get an executor, now and again after a device was lost. */
import type { ExecutorInfo } from '../protocol/records';
import type { Executor } from '../runtime/executor';

export interface OpenedExecutor {
  readonly executor: Executor;
  readonly info: ExecutorInfo;
}

/** The present executor; makes a new one where the device of the last one is gone. */
export type OpenExecutor = () => Promise<OpenedExecutor>;

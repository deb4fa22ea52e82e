import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, it, vi } from 'vitest';
import { nextTask } from './next-task';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

afterEach(() => vi.unstubAllGlobals());

/** A channel that holds its port as a browser under pressure does: not at all. */
class ForgetfulChannel {
  readonly port1: { onmessage: (() => void) | null; close(): void };
  readonly port2: { postMessage(): void };

  constructor() {
    const port = { onmessage: null, close() {} };
    this.port1 = port;
    this.port2 = { postMessage: deliveringTo(new WeakRef(port)) };
  }
}

const deliveringTo = (port: WeakRef<ForgetfulChannel['port1']>) => () => {
  setTimeout(() => {
    collect();
    port.deref()?.onmessage?.();
  }, 10);
};

it('comes where nothing but the one who waits is left of its ports', async () => {
  vi.stubGlobal('MessageChannel', ForgetfulChannel);
  const late = new Promise((resolve) => setTimeout(() => resolve('never'), 1000));
  expect(await Promise.race([nextTask(), late])).toBeUndefined();
});

/**
 * The page's side of the protocol: turns commands into promises and hands events on. Knows nothing of React and nothing
 * of what is behind the port, so tests replace the worker with a recorded stream.
 */
import { type ErrorReport, StudioError } from '../errors';
import type { CommandName, Commands, EventMessage, WorkerMessage } from './types';

/** What the client needs of a worker; a `Worker` is one. */
export interface Port {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<WorkerMessage>) => void): void;
  addEventListener(type: 'error', listener: (event: ErrorEvent) => void): void;
  terminate(): void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: StudioError): void;
}

export class StudioClient {
  readonly #port: Port;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  /** `onEvent` gets every event in order; `onCrash` is told once when the worker itself died. */
  constructor(port: Port, onEvent: (event: EventMessage) => void, onCrash: (error: ErrorReport) => void) {
    this.#port = port;
    port.addEventListener('message', ({ data }) => {
      if (data.type !== 'answer') {
        onEvent(data);
        return;
      }
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.ok) waiting?.resolve(data.value);
      else waiting?.reject(new StudioError(data.error.code, data.error.message, data.error.hint));
    });
    port.addEventListener('error', (event) => {
      const report: ErrorReport = {
        code: 'worker-crashed',
        message: `The training worker stopped: ${event.message || 'no reason given'}`,
        hint: 'Reload the page. Saved adapters are kept, and an interrupted run can be resumed from its last checkpoint.',
      };
      this.#rejectAll(new StudioError(report.code, report.message, report.hint));
      onCrash(report);
    });
  }

  /** Ends the worker in the middle of whatever it does. Commands that wait for it reject with `worker-ended`. */
  end(): void {
    this.#port.terminate();
    this.#rejectAll(new StudioError('worker-ended', 'The training worker was ended.', 'Try again.'));
  }

  #rejectAll(error: StudioError): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }

  /** Sends a command; rejects with the worker's `StudioError`. */
  send<N extends CommandName>(type: N, request: Commands[N]['request']): Promise<Commands[N]['answer']> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#port.postMessage({ type, id, request });
    });
  }
}

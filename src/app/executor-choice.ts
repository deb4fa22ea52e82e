/** Which executor the person wants: the address forces one, the form's choice is remembered. And how many threads ONNX Runtime gets. */
import type { ExecutorChoice, ExecutorName } from '../protocol/settings';

const key = 'adapter-studio-executor';

/** By `?executor=`. */
export function forcedExecutor(): ExecutorName | null {
  const forced = new URLSearchParams(location.search).get('executor');
  return forced === 'webgpu' || forced === 'onnx' || forced === 'reference' ? forced : null;
}

/** By `?threads=`, for benchmarks and tests; null where they are to be measured. */
export function forcedThreads(): number | null {
  const forced = Number(new URLSearchParams(location.search).get('threads'));
  return Number.isInteger(forced) && forced >= 1 ? forced : null;
}

/** That ONNX Runtime can have on this page. */
export const mostThreads = (): number => (globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1);

export function rememberedExecutor(): ExecutorChoice {
  const chosen = localStorage.getItem(key);
  return chosen === 'webgpu' || chosen === 'onnx' ? chosen : 'automatic';
}

export function rememberExecutor(choice: ExecutorChoice): void {
  localStorage.setItem(key, choice);
}

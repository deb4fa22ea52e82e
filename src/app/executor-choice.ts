/** Which executor the person wants: the address forces one, the form's choice is remembered. */
import type { ExecutorChoice, ExecutorName } from '../runs/settings';

const key = 'adapter-studio-executor';

/** By `?executor=`. */
export function forcedExecutor(): ExecutorName | null {
  const forced = new URLSearchParams(location.search).get('executor');
  return forced === 'webgpu' || forced === 'onnx' || forced === 'reference' ? forced : null;
}

export function rememberedExecutor(): ExecutorChoice {
  const chosen = localStorage.getItem(key);
  return chosen === 'webgpu' || chosen === 'onnx' ? chosen : 'automatic';
}

export function rememberExecutor(choice: ExecutorChoice): void {
  localStorage.setItem(key, choice);
}

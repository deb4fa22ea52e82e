/** One source of what does not train, for sessions that borrow no base model. */
import { type FrozenTensors, frozenInMemory } from '../src/graph/frozen';

/** The encoder's tensors and an adapter's, which win: an executor takes from both what does not train. */
export function withTensors(
  frozen: FrozenTensors,
  tensors: ReadonlyMap<string, { readonly data: Float32Array }>,
): FrozenTensors {
  const own = frozenInMemory(new Map([...tensors].map(([name, { data }]) => [name, data])));
  return {
    storage: (name) => (tensors.has(name) ? own : frozen).storage(name),
    elements: (name) => own.elements(name) ?? frozen.elements(name),
    read: (name) => (tensors.has(name) ? own : frozen).read(name),
  };
}

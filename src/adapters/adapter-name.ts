/**
 * Names that Python's `adapters` can load. It keeps adapters and heads in a `torch.nn.ModuleDict`, which refuses the names of its own
 * attributes (`KeyError: attribute 'train' already exists`), and calls the head of a masked-LM checkpoint `default`.
 */

/** `dir(torch.nn.ModuleDict())` of torch 2.13 without a leading underscore, and `default`. */
const taken = new Set(
  `T_destination add_module apply bfloat16 buffers call_super_init children clear compile cpu cuda default double dump_patches
  eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu items keys load_state_dict
  modules mtia named_buffers named_children named_modules named_parameters parameters pop register_backward_hook
  register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook
  register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module
  register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
  set_submodule share_memory state_dict to to_empty train training type update values xpu zero_grad`.split(
    /\s+/,
  ),
);

/**
 * A name for an adapter from any text: letters, digits, `-` and `_` (`.` and `,` have a meaning in tensor names), never empty, never
 * one that is taken.
 */
export function loadableName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9_-]+/g, '_').replace(/^_+|_+$/g, '');
  if (name === '') return 'adapter';
  return taken.has(name) ? `${name}_adapter` : name;
}

/** Name inside the tensor names of a new adapter: that of its data set, e.g. `rotten_tomatoes`, `reviews`. */
export const adapterNameOf = (datasetName: string): string =>
  loadableName(
    datasetName
      .toLowerCase()
      .replace(/\.[a-z]+$/, '')
      .replaceAll('-', '_'),
  );

/** Name of a saved adapter, by its place, within the composition that `name` trains in: in one model no two may have the same. */
export const partName = (name: string, place: number): string => `${name}_part${place + 1}`;

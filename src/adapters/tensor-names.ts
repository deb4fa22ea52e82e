/**
 * Where an adapter's name stands in the library's tensor names: right after the module that holds the adapters of a place, e.g.
 * `roberta.encoder.layer.0.attention.self.query.loras.<name>.lora_A`. The name itself may be any word of a checkpoint, as
 * `output`, `layer` or `encoder`, so a search for the word alone finds the wrong place.
 */
const holders = [
  'adapter_fusion_layer',
  'adapters',
  'heads',
  'invertible_adapters',
  'loras',
  'prefix_gates',
  'prefix_tunings',
  'prompt_tunings',
  'refts',
  'shared_parameters',
];

/** No module of RoBERTa has the name of a holder, so the first one is the right one. */
const namePlace = new RegExp(`^((?:.*?\\.)??(?:${holders.join('|')})\\.)([^.]+)(?=\\.)`);

/** The name of the adapter, head or fusion that a tensor belongs to; null where it is of none (the base model's, PEFT's). */
export function ownerOf(tensor: string): string | null {
  return namePlace.exec(tensor)?.[2] ?? null;
}

/** The tensor's name after its adapter `from` is called `to`; that of another's tensor as it was. */
export function withOwner(tensor: string, from: string, to: string): string {
  return tensor.replace(namePlace, (whole, before: string, name: string) =>
    name === from ? `${before}${to}` : whole,
  );
}

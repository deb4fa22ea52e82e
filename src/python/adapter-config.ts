/** An adapter's configuration as the call that makes it in Python: a class of `adapters`, and what differs from its defaults. */
import type { AdapterConfig, ConfigValue } from '../adapters/config';
import type { MethodDescription } from '../adapters/method';
import { invariant } from '../errors';
import { floatFields } from '../formats/adapterhub-checks';
import { floatText } from '../formats/python-json';
import { call, Expression, type PythonValue } from './literal';

type Described = Pick<MethodDescription, 'id' | 'defaultConfig'>;

/** Classes of `adapters` 1.3 by the method whose defaults they have; `defaults` where the class has others. */
const classes: Readonly<Record<string, { readonly name: string; readonly defaults?: AdapterConfig }>> = {
  lora: { name: 'LoRAConfig' },
  ia3: { name: 'IA3Config' },
  dora: { name: 'DoRAConfig' },
  vera: { name: 'VeraConfig' },
  dvora: { name: 'DvoRAConfig' },
  mtl_lora: { name: 'MTLLoRAConfig' },
  seq_bn: { name: 'SeqBnConfig' },
  double_seq_bn: { name: 'DoubleSeqBnConfig' },
  par_bn: { name: 'ParBnConfig' },
  adapter_plus: { name: 'AdapterPlusConfig', defaults: { stochastic_depth: 0.1 } },
  compacter: { name: 'CompacterConfig' },
  'compacter++': { name: 'CompacterPlusPlusConfig' },
  seq_bn_inv: { name: 'SeqBnInvConfig' },
  double_seq_bn_inv: { name: 'DoubleSeqBnInvConfig' },
  prefix_tuning: { name: 'PrefixTuningConfig' },
  prompt_tuning: { name: 'PromptTuningConfig' },
  loreft: { name: 'LoReftConfig' },
  noreft: { name: 'NoReftConfig' },
  direft: { name: 'DiReftConfig' },
};

interface ConfigCall {
  /** e.g. `LoRAConfig(r=4)`. */
  readonly text: string;
  /** Names to import from `adapters`. */
  readonly imports: readonly string[];
  /** Keys of the configuration that the class does not have. */
  readonly unknown: readonly string[];
}

/** The shortest call that gives `config`; of two alike that of `method`. `methods` brings the defaults. */
export function configCall(config: AdapterConfig, method: string, methods: readonly Described[]): ConfigCall {
  if (config.architecture === 'union') {
    const members = (config.configs as readonly AdapterConfig[]).map((member) =>
      configCall(member, method, methods),
    );
    return {
      text: call(
        'ConfigUnion',
        members.map(({ text }) => new Expression(text)),
      ),
      imports: ['ConfigUnion', ...members.flatMap(({ imports }) => imports)],
      unknown: members.flatMap(({ unknown }) => unknown),
    };
  }
  const own = methods.filter(({ id }) => id === method);
  const [best] = [...own, ...methods]
    .flatMap((candidate) => differing(config, candidate) ?? [])
    .sort((a, b) => a.keys.length - b.keys.length);
  invariant(best, `python: no class for an adapter of architecture ${String(config.architecture)}`);
  const floats = floatFields(config);
  const inPython = (key: string, value: ConfigValue): PythonValue =>
    typeof value === 'number' && floats.has(key) ? new Expression(floatText(value)) : value;
  const named = best.keys.filter((key) => key in best.defaults);
  return {
    text: call(best.name, [], Object.fromEntries(named.map((key) => [key, inPython(key, config[key]!)]))),
    imports: [best.name],
    unknown: best.keys.filter((key) => !(key in best.defaults)),
  };
}

/** What a class has otherwise; null where it is none for this architecture. */
function differing(
  config: AdapterConfig,
  { id, defaultConfig }: Described,
): { readonly name: string; readonly defaults: AdapterConfig; readonly keys: readonly string[] } | null {
  const known = classes[id];
  if (!known || !defaultConfig || defaultConfig.architecture !== config.architecture) return null;
  const defaults = { ...defaultConfig, ...known.defaults };
  const keys = Object.keys(config).filter(
    (key) => JSON.stringify(config[key]) !== JSON.stringify(defaults[key]),
  );
  return { name: known.name, defaults, keys };
}

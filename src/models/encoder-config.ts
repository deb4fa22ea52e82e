/** Reads the hub's `config.json` into what the encoder needs. Knows no tensors. */
import { StudioError } from '../errors';
import { type ConfigKeys, isModelType, type ModelFamily, modelFamilies } from './family';
import type { EncoderConfig } from './hooks';

/** Of every kind of model where config.json does not say. */
const usual = { dropoutRate: 0.1, layerNormEpsilon: 1e-12, typeVocabSize: 2, initializerRange: 0.02 };

/**
 * Throws `unsupported-base` naming the setting and what is supported: for another kind of model, for an encoder that computes
 * something else (its activation, relative positions, a decoder), and for settings that are missing or no numbers.
 */
export function parseEncoderConfig(json: unknown, fileName = 'config.json'): EncoderConfig {
  const config = (json ?? {}) as Readonly<Record<string, unknown>>;
  const refuse = (what: string) =>
    new StudioError(
      'unsupported-base',
      `${fileName}: ${what}`,
      `Use a base model of one of the kinds ${Object.keys(modelFamilies).join(', ')}, e.g. an embedded one.`,
    );
  if (!isModelType(config.model_type))
    throw refuse(
      `model_type is ${JSON.stringify(config.model_type)}; supported are ${Object.keys(modelFamilies).join(', ')}.`,
    );
  const family = modelFamilies[config.model_type];
  requireSameFunction(config, family, refuse);
  const read = (key: string, accepts: (value: number) => boolean, otherwise?: number) => {
    const value = config[key] ?? otherwise;
    if (typeof value !== 'number' || !accepts(value))
      throw refuse(`${key} is ${value === undefined ? 'missing' : JSON.stringify(value)}.`);
    return value;
  };
  const size = (key: string, otherwise?: number) =>
    read(key, (value) => Number.isInteger(value) && value > 0, otherwise);
  const rate = (key: string, otherwise: number) => read(key, (value) => value >= 0 && value < 1, otherwise);
  const { keys } = family;
  const hiddenDropoutRate = rate(keys.hiddenDropout, usual.dropoutRate);
  const { key: classifierKey, otherwise: classifierRate } = keys.classifierDropout;
  const parsed: EncoderConfig = {
    family,
    hiddenSize: size(keys.hiddenSize),
    numHiddenLayers: size(keys.numHiddenLayers),
    numAttentionHeads: size(keys.numAttentionHeads),
    intermediateSize: size(keys.intermediateSize),
    vocabSize: size('vocab_size'),
    maxPositionEmbeddings: size('max_position_embeddings'),
    typeVocabSize: keys.typeVocabSize === null ? 0 : size(keys.typeVocabSize, usual.typeVocabSize),
    maskedLmHead: hasMaskedLmHead(config.architectures),
    padId: read('pad_token_id', (value) => Number.isInteger(value) && value >= 0, family.padId),
    layerNormEpsilon:
      keys.layerNormEpsilon === null
        ? usual.layerNormEpsilon
        : read(keys.layerNormEpsilon, (value) => value > 0, usual.layerNormEpsilon),
    hiddenDropoutRate,
    attentionDropoutRate: rate(keys.attentionDropout, usual.dropoutRate),
    classifierDropoutRate: rate(classifierKey, classifierRate ?? hiddenDropoutRate),
    initializerRange: read('initializer_range', (value) => value >= 0, usual.initializerRange),
  };
  if (parsed.hiddenSize % parsed.numAttentionHeads !== 0)
    throw refuse(
      `${keys.hiddenSize} ${parsed.hiddenSize} does not divide into ${parsed.numAttentionHeads} heads.`,
    );
  if (parsed.padId >= parsed.vocabSize)
    throw refuse(`pad_token_id ${parsed.padId} in a vocabulary of ${parsed.vocabSize}.`);
  return parsed;
}

/** The library makes a head of its own of the head of these classes (`STATIC_TO_FLEX_HEAD_MAP` of adapters 1.3). */
const maskedLmClasses: readonly unknown[] = [
  'BertForMaskedLM',
  'DistilBertForMaskedLM',
  'RobertaForMaskedLM',
  'XLMRobertaForMaskedLM',
];

const hasMaskedLmHead = (architectures: unknown): boolean =>
  Array.isArray(architectures) && maskedLmClasses.includes(architectures[0]);

/** Settings that change what the encoder computes. */
function requireSameFunction(
  config: Readonly<Record<string, unknown>>,
  { keys }: { readonly keys: ConfigKeys } & ModelFamily,
  refuse: (what: string) => StudioError,
): void {
  const expected: readonly (readonly [key: string, value: unknown])[] = [
    [keys.activation, 'gelu'],
    ['position_embedding_type', 'absolute'],
    ['is_decoder', false],
    ['add_cross_attention', false],
  ];
  for (const [key, value] of expected) {
    const found = config[key] ?? value;
    if (found !== value)
      throw refuse(`${key} is ${JSON.stringify(found)}, supported is ${JSON.stringify(value)}.`);
  }
}

/** Tokens that fit into a sequence: a position for each. */
export function maximumTokens({ family, maxPositionEmbeddings, padId }: EncoderConfig): number {
  return family.positions === 'after-padding' ? maxPositionEmbeddings - padId - 1 : maxPositionEmbeddings;
}

/** The special tokens that a `tokenizer.json` puts around one text, and around and between two: its `post_processor`. */
import { StudioError } from '../errors';

export interface SpecialTokens {
  readonly single: { readonly before: readonly number[]; readonly after: readonly number[] };
  readonly pair: {
    readonly before: readonly number[];
    readonly between: readonly number[];
    readonly after: readonly number[];
  };
}

type Json = Readonly<Record<string, unknown>>;

/** Throws `bad-tokenizer` where the file puts none, or in a way that is not known. */
export function specialTokensOf(tokenizerJson: object): SpecialTokens {
  const processor = find((tokenizerJson as Json).post_processor);
  if (!processor)
    throw new StudioError(
      'bad-tokenizer',
      'tokenizer.json says not which special tokens go around a text (its post_processor).',
      'Use the tokenizer.json of the base model itself.',
    );
  return processor;
}

function find(processor: unknown): SpecialTokens | undefined {
  if (typeof processor !== 'object' || processor === null) return undefined;
  const { type, processors, cls, sep, ...rest } = processor as Json;
  const idOf = (token: unknown) => (token as readonly [string, number])[1];
  switch (type) {
    case 'RobertaProcessing':
    case 'BertProcessing': {
      const [start, end] = [idOf(cls), idOf(sep)];
      return {
        single: { before: [start], after: [end] },
        pair: { before: [start], between: type === 'BertProcessing' ? [end] : [end, end], after: [end] },
      };
    }
    case 'TemplateProcessing':
      return ofTemplate(rest);
    case 'Sequence':
      return (processors as readonly unknown[]).map(find).find((found) => found !== undefined);
    default:
      return undefined;
  }
}

type Piece =
  | { readonly SpecialToken: { readonly id: string } }
  | { readonly Sequence: { readonly id: 'A' | 'B' } };

function ofTemplate({ single, pair, special_tokens }: Json): SpecialTokens {
  const ids = special_tokens as Readonly<Record<string, { readonly ids: readonly number[] }>>;
  /** Runs of special tokens before, between and after the texts. */
  const runs = (template: unknown): number[][] => {
    const found: number[][] = [[]];
    for (const piece of template as readonly Piece[]) {
      if ('SpecialToken' in piece) found.at(-1)!.push(...(ids[piece.SpecialToken.id]?.ids ?? []));
      else found.push([]);
    }
    return found;
  };
  const [before = [], after = []] = runs(single);
  const [first = [], between = [], last = []] = runs(pair);
  return { single: { before, after }, pair: { before: first, between, after: last } };
}

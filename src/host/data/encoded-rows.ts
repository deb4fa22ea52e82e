/** Rows of a data set as token ids; those of the data set used last stay for the next run on it. */
import type { Dataset, Split } from '../../data/dataset';
import type { Tokenizer } from '../../data/tokenizer';
import { traced } from '../../trace';
import type { EncodedSplit } from '../../train/plan';
import { Turns } from '../turns';

/** Ids stay in memory: of a data set with more rows none do. */
const mostKept = 50_000;

interface EncodingWatch {
  readonly onProgress?: (done: number) => void;
  /** Ends the work; its reason is thrown. */
  readonly signal?: AbortSignal;
  /** Rows that have their ids already, by number; takes the others. */
  readonly known?: (Uint32Array | undefined)[];
}

const unused = new Uint32Array(0);
const never = new AbortController().signal;

/**
 * Ids of the rows, cut at `maxLength`; of all rows unless `chosen` names some. Takes turns, so that pause, stop and the page stay
 * answered.
 */
export async function encodeSplit(
  tokenizer: Tokenizer,
  { texts, labels }: Split,
  maxLength: number,
  chosen: readonly number[] | null = null,
  { onProgress = () => {}, signal = never, known = [] }: EncodingWatch = {},
): Promise<EncodedSplit> {
  const ids = new Array<Uint32Array>(texts.length).fill(unused);
  // In the order of the rows, in which their texts are read from the disk.
  const rows = chosen ? Uint32Array.from(chosen).sort() : null;
  const count = rows?.length ?? ids.length;
  const turns = new Turns(signal);
  for (let done = 0; done < count; done++) {
    if (await turns.take()) onProgress(done);
    const row = rows ? rows[done]! : done;
    known[row] ??= tokenizer.encode(texts.at(row), maxLength);
    ids[row] = known[row];
  }
  onProgress(count);
  return { ids, labels };
}

/** The rows of a run. */
export interface RowsOfRun {
  readonly dataset: Dataset;
  readonly tokenizer: Tokenizer;
  readonly maxLength: number;
  /** Of the training split. */
  readonly chosen: readonly number[];
  /** Of the validation split; null for all of them. */
  readonly evaluated: readonly number[] | null;
}

interface Kept extends Omit<RowsOfRun, 'chosen' | 'evaluated'> {
  readonly train: (Uint32Array | undefined)[];
  readonly validation: (Uint32Array | undefined)[];
}

export class EncodedRows {
  #kept: Kept | null = null;

  /** Encodes what is not kept. */
  async encode(
    rows: RowsOfRun,
    onProgress: (done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<{ readonly train: EncodedSplit; readonly validation: EncodedSplit }> {
    const { dataset, tokenizer, maxLength, chosen, evaluated } = rows;
    const { train, validation } = dataset.splits;
    const total = chosen.length + (evaluated?.length ?? validation.texts.length);
    const kept = this.#keptOf(rows);
    const encode = (split: Split, before: number, of: readonly number[] | null, known: Kept['train']) =>
      encodeSplit(tokenizer, split, maxLength, of, {
        onProgress: (done) => onProgress(before + done, total),
        ...(signal && { signal }),
        known,
      });
    return {
      train: await traced('tokenize training rows', () => encode(train, 0, chosen, kept.train)),
      validation: await traced('tokenize validation rows', () =>
        encode(validation, chosen.length, evaluated, kept.validation),
      ),
    };
  }

  /** Whether rows of the data set stay: else nothing is won by encoding them early. */
  static keeps({ splits: { train, validation } }: Dataset): boolean {
    return train.texts.length + validation.texts.length <= mostKept;
  }

  #keptOf({ dataset, tokenizer, maxLength }: RowsOfRun): Kept {
    const kept = this.#kept;
    if (kept?.dataset === dataset && kept.tokenizer === tokenizer && kept.maxLength === maxLength)
      return kept;
    const fresh = { dataset, tokenizer, maxLength, train: [], validation: [] };
    this.#kept = EncodedRows.keeps(dataset) ? fresh : null;
    return fresh;
  }
}

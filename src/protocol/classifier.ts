/**
 * What a page says to the worker that classifies with an exported model (`workers/classifier.worker.ts`), and what it answers:
 * in the studio and on the page that leaves with the model. One request at a time.
 */

export type ClassifierRequest =
  | {
      readonly type: 'open';
      /** Of transformers.js. */
      readonly dtype: string;
      /** The model's files by path; left out where they lie on the server, one folder above the worker's script. */
      readonly files?: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
    }
  | { readonly type: 'classify'; readonly texts: readonly string[] };

export interface ClassifiedText {
  /** As `pipeline('text-classification')` gives them, the best first. */
  readonly scores: readonly { readonly label: string; readonly score: number }[];
  readonly logits: readonly number[];
}

export type ClassifierAnswer =
  /** Of the model's file, as it comes from the server: before the answer to `open`. */
  | { readonly type: 'loading'; readonly percent: number }
  /** As `config.json` has it; null where it says nothing. */
  | { readonly type: 'ready'; readonly problemType: string | null }
  | { readonly type: 'classified'; readonly texts: readonly ClassifiedText[]; readonly milliseconds: number }
  | { readonly type: 'failed'; readonly message: string };

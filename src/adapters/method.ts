/**
 * What an adapter method is to everybody but the graph: its form, its defaults, its files. One object a file, plain data but for
 * `matches`, so that the page and the records may know it; what builds its graph is in `builders/`.
 */
import type { AdapterConfig, ConfigValue } from './config';

/** What a person should know of one value of a field before training with it, and the way around it. */
export interface FieldCaution {
  /** Said where the field has this value, or this one among its choices. */
  readonly value: ConfigValue;
  readonly text: string;
}

interface FieldOf<K extends string, T> {
  readonly kind: K;
  /** AdapterHub's config key; of a member of a union with its place, e.g. `configs.0.prefix_length`. */
  readonly key: string;
  readonly label: string;
  readonly help: string;
  readonly default: T;
  /** Drawn under "More options": few need it. */
  readonly advanced?: true;
  /** The member of a union that it belongs to: drawn together under this heading. */
  readonly group?: string;
  readonly cautions?: readonly FieldCaution[];
}

interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
}

interface Options<T> {
  readonly options: readonly T[];
  /** What the page calls an option, by its text in JSON or as it is; missing ones are called what they are. */
  readonly optionLabels?: Readonly<Record<string, string>>;
}

/**
 * A field of a method's form, drawn by the page from this alone.
 *
 * - `numberByLayer`: a number, or a map from layer to number with a "default", as the library writes it.
 * - `numberOrWord`: a number, or one of `options`.
 * - `members`: ids of the methods that make up a union; their own fields follow (`fieldsOf`).
 * - `layers`: layer indices; `someLayers`: layer indices or "all".
 */
export type MethodField =
  | (FieldOf<'integer' | 'number', number> & Bounds)
  | (FieldOf<'numberByLayer', number> & Bounds)
  | (FieldOf<'numberOrWord', number | string> & Bounds & Options<string>)
  | FieldOf<'boolean', boolean>
  | (FieldOf<'choice', string | boolean | null> & Options<string | boolean | null>)
  | (FieldOf<'choices' | 'members', readonly string[]> & Options<string>)
  | FieldOf<'layers', readonly number[]>
  | FieldOf<'someLayers', 'all' | readonly number[]>;

export const methodFamilies = [
  'low rank',
  'bottleneck',
  'prompt',
  'representation',
  'combined',
  'reference',
] as const;

type MethodFamily = (typeof methodFamilies)[number];

/**
 * What a person looks for who does not know the methods by name, in the order of the form.
 *
 * - `small`: by default, files smaller than LoRA's. Counted, and tested.
 * - `accurate`: more numbers to train than LoRA, and a paper that finds them worth it. Counted, and tested; how accurate
 *   they are here nobody has measured yet.
 */
export const methodGroups = {
  start: 'Start here',
  small: 'Smaller files',
  accurate: 'Most accurate',
  research: 'Research',
} as const;

export type MethodGroup = keyof typeof methodGroups;

/** What a person should know of a method before training, and the way around it. */
interface Caution {
  readonly text: string;
  /** Only where this setting of the run is positive. */
  readonly whenPositive?: 'weightDecay';
}

/** The part of a method that the page needs: plain data. */
export interface MethodDescription {
  readonly id: string;
  readonly title: string;
  readonly group: MethodGroup;
  /** What it is good for, in one sentence without the field's words. */
  readonly plainly: string;
  /** What it does, in the field's words. */
  readonly summary: string;
  readonly paper: string;
  readonly family: MethodFamily;
  readonly cautions: readonly Caution[];
  readonly fields: readonly MethodField[];
  /** Complete AdapterHub configuration; a form's values overwrite its keys. Null where only the head trains. */
  readonly defaultConfig: AdapterConfig | null;
}

export interface AdapterMethod extends MethodDescription {
  /** True where this method is the one that a configuration object of a file describes. */
  matches(config: AdapterConfig): boolean;
}

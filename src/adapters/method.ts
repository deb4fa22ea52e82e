/**
 * What an adapter method is: the fields of its form, its parameters, and where it joins the model. One object a file;
 * a method never writes a backward and never touches the engine.
 */
import type { EncoderConfig } from '../models/hooks';
import type { AdapterConfig } from './config';
import type { AdapterParts } from './parts';

interface FieldOf<K extends string, T> {
  readonly kind: K;
  /** AdapterHub's config key; of a member of a union with its place, e.g. `configs.0.prefix_length`. */
  readonly key: string;
  readonly label: string;
  readonly help: string;
  readonly default: T;
}

interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
}

interface Options {
  readonly options: readonly string[];
}

/**
 * A field of a method's form, drawn by the page from this alone. `layers` is a list of layer indices; `members` a list of ids of
 * methods whose default configurations make up a union.
 */
export type MethodField =
  | (FieldOf<'integer' | 'number', number> & Bounds)
  | FieldOf<'boolean', boolean>
  | (FieldOf<'choice', string> & Options)
  | (FieldOf<'choices', readonly string[]> & Options)
  | (FieldOf<'members', readonly string[]> & Options)
  | FieldOf<'layers', readonly number[]>;

export const methodFamilies = [
  'low rank',
  'bottleneck',
  'prompt',
  'representation',
  'combined',
  'reference',
] as const;

type MethodFamily = (typeof methodFamilies)[number];

/** What a person should know before training, and the way around it. */
interface Caution {
  readonly text: string;
  /** Only where this setting is positive. */
  readonly whenPositive?: 'weightDecay';
}

/** The part of a method that the page needs: plain data. */
export interface MethodDescription {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly paper: string;
  readonly family: MethodFamily;
  readonly cautions: readonly Caution[];
  /** A gated method averages over padded positions too: it gives the library's numbers only on batches padded as its. */
  readonly dependsOnPadding?: true;
  readonly fields: readonly MethodField[];
  /** Complete AdapterHub configuration; a form's values overwrite its keys. Null where only the head trains. */
  readonly defaultConfig: AdapterConfig | null;
}

export interface AdapterMethod extends MethodDescription {
  /** True where this method is the one that a configuration object of a file describes. */
  matches(config: AdapterConfig): boolean;
  /** Throws `StudioError` `unsupported-config` naming the key that it cannot train. */
  build(config: AdapterConfig, model: EncoderConfig, adapterName: string): AdapterParts;
}

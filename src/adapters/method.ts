/**
 * What an adapter method is: the fields of its form, its parameters, and where it joins the model. One object a file;
 * a method never writes a backward and never touches the engine.
 */
import type { Initializer, ModelHooks, RobertaConfig } from '../models/hooks';
import type { AdapterConfig } from './config';

interface FieldOf<K extends string, T> {
  readonly kind: K;
  /** AdapterHub's config key. */
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

/** A field of a method's form, drawn by the page from this alone. `layers` is a list of layer indices. */
export type MethodField =
  | (FieldOf<'integer' | 'number', number> & Bounds)
  | FieldOf<'boolean', boolean>
  | (FieldOf<'choice', string> & Options)
  | (FieldOf<'choices', readonly string[]> & Options)
  | FieldOf<'layers', readonly number[]>;

/** The part of a method that the page needs: plain data. */
export interface MethodDescription {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly paper: string;
  readonly fields: readonly MethodField[];
  /** Complete AdapterHub configuration; a form's values overwrite its keys. Null where only the head trains. */
  readonly defaultConfig: AdapterConfig | null;
}

export interface AdapterParameter {
  /** Name of the library's state dict, the adapter's name inside. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
}

/** A method applied to a model under an adapter name. */
interface BuiltAdapter {
  readonly parameters: readonly AdapterParameter[];
  readonly hooks: ModelHooks;
}

export interface AdapterMethod extends MethodDescription {
  /** True where this method is the one that a configuration object of a file describes. */
  matches(config: AdapterConfig): boolean;
  /** Throws `StudioError` `unsupported-config` naming the key that it cannot train. */
  build(config: AdapterConfig, model: RobertaConfig, adapterName: string): BuiltAdapter;
}

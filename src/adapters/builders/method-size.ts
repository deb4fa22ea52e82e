/** How large a method's adapters are on a base model, as it trains by default. The head, which every method has, is not counted. */
import { baseTensors } from '../../models/encoder';
import type { EncoderConfig } from '../../models/hooks';
import { configWith } from '../config-with';
import type { AdapterMethod } from '../method';
import { adapterMethods } from '../registry';
import { buildMethod } from './registry';

export interface MethodSize {
  /** Numbers that train. */
  readonly trained: number;
  /** Numbers that its file holds: those that train, and what is frozen at random and cannot be had again without it. */
  readonly stored: number;
}

/** Throws `StudioError` `unsupported-config` where the method's defaults do not fit the model's sizes. */
export function methodSize(method: AdapterMethod, model: EncoderConfig): MethodSize {
  const { parameters, trainsBase } = buildMethod(method, configWith(method, {}, adapterMethods), model, 'x');
  const ofBase = trainsBase ? baseTensors(model).filter(({ name }) => trainsBase(name)) : [];
  const count = (tensors: readonly { readonly shape: readonly number[] }[]) =>
    tensors.reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0);
  return {
    trained: count([...parameters.filter(({ frozen }) => !frozen), ...ofBase]),
    stored: count([...parameters, ...ofBase]),
  };
}

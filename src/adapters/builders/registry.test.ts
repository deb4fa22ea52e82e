import { expect, it } from 'vitest';
import { activationFunctions } from '../../ops/activation/activation';
import { peftMethods } from '../methods/peft-methods';
import { nonLinearities } from '../non-linearity';
import { adapterMethods } from '../registry';
import { methodBuilders } from './registry';

it('has a builder for every method, and no other', () => {
  const ids = [...adapterMethods, ...peftMethods].map(({ id }) => id);
  expect(Object.keys(methodBuilders).sort()).toEqual(ids.sort());
});

it('computes the non-linearities that forms offer, and no other', () => {
  expect(Object.keys(activationFunctions)).toEqual([...nonLinearities]);
});

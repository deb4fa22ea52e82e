import { expect, it } from 'vitest';
import { loadableName } from './adapter-name';

it.each([
  ['Rotten Tomatoes', 'Rotten_Tomatoes'],
  ['  ünïcode! ', 'n_code'],
  ['a.b,c/d', 'a_b_c_d'],
  ['…', 'adapter'],
  ['train', 'train_adapter'],
  ['default', 'default_adapter'],
  ['values', 'values_adapter'],
  ['training_set', 'training_set'],
])('%s is called %s', (text, name) => expect(loadableName(text)).toBe(name));

import { expect, it } from 'vitest';
import { formatMainMetric, formatMetric, formatNumber, formatValue } from './format';

it('keeps the digits of a number that mean something', () => {
  expect([0.59871, -3.14259, 12_345.67, 1_234_567.8, 0, 100].map(formatNumber)).toEqual([
    '0.5987',
    '-3.143',
    '12346',
    '1234568',
    '0',
    '100',
  ]);
  expect(formatNumber(Number.NaN)).toBe('–');
});

it('shows shares in percent and errors as numbers', () => {
  expect(formatMetric('microF1', 0.8421)).toBe('84.2 %');
  expect(formatMetric('pearson', undefined)).toBe('–');
  expect(formatMainMetric('classification', { accuracy: 0.5, macroF1: 0.4 })).toBe('accuracy 50.0 %');
  expect(formatMainMetric('regression', { mae: 0.25 })).toBe('mean absolute error 0.25');
});

it('shows a figure as it was meant, without what floating point adds to it', () => {
  expect([3 * 0.0001, 0.1 + 0.2, 1e-5, 5e-324, 123_456_789].map(formatValue)).toEqual([
    '0.0003',
    '0.3',
    '0.00001',
    '5e-324',
    '123456789',
  ]);
});

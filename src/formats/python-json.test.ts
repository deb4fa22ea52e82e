import { describe, expect, it } from 'vitest';
import { floatText, PythonFloat, writePythonJson } from './python-json';

describe('python json', () => {
  // Right side: CPython 3.11, repr(x).
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [0.1, '0.1'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1.2345e22, '1.2345e+22'],
    [123456.789, '123456.789'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
  ])('writes the float %d', (value, text) => {
    expect(floatText(value)).toBe(text);
  });

  // json.dumps(..., indent=2, sort_keys=True) of CPython 3.11 on the same value.
  it('writes text, nesting and order as Python does', () => {
    const value = {
      '\u{1f642}': 0,
      '\ue000': 1,
      b: { empty: {}, none: null, list: [], items: [1, new PythonFloat(2), true] },
      a: 'é "\\\n\t\u007f\u0001\u{1f642}',
    };
    expect(writePythonJson(value)).toBe(
      '{\n  "a": "\\u00e9 \\"\\\\\\n\\t\\u007f\\u0001\\ud83d\\ude42",\n  "b": {\n    "empty": {},\n    "items": [\n' +
        '      1,\n      2.0,\n      true\n    ],\n    "list": [],\n    "none": null\n  },\n  "\\ue000": 1,\n' +
        '  "\\ud83d\\ude42": 0\n}',
    );
  });
});

/**
 * JSON text as Python's `json.dumps(value, indent=2, sort_keys=True)` writes it: ASCII only, keys in code point order,
 * and floats that stay floats. JavaScript has one kind of number, so whoever knows better says `new PythonFloat(1)`.
 */
import { invariant } from '../errors';

/** A number that is a float in Python even where it is whole: `1.0`. */
export class PythonFloat {
  constructor(readonly value: number) {}
}

export type PythonValue =
  | string
  | number
  | boolean
  | null
  | PythonFloat
  | readonly PythonValue[]
  | { readonly [key: string]: PythonValue };

export function writePythonJson(value: PythonValue, indent = ''): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value + 0) : floatText(value);
  if (value instanceof PythonFloat) return floatText(value.value);
  const inner = `${indent}  `;
  if (isArray(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => inner + writePythonJson(item, inner)).join(',\n')}\n${indent}]`;
  }
  const keys = Object.keys(value).sort(compareCodePoints);
  if (keys.length === 0) return '{}';
  const items = keys.map((key) => `${inner}${quote(key)}: ${writePythonJson(value[key]!, inner)}`);
  return `{\n${items.join(',\n')}\n${indent}}`;
}

/** Python's `repr` of a float: shortest digits, `1e-05` below 1e-4 and `1e+16` from 1e16 on. */
export function floatText(value: number): string {
  invariant(Number.isFinite(value), `JSON cannot hold ${value}`);
  const [mantissa, exponentText] = value.toExponential().split('e') as [string, string];
  const exponent = Number(exponentText);
  if (value !== 0 && (exponent < -4 || exponent >= 16))
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  // Here JavaScript writes digits too, without the `.0` and without the sign of -0.
  const text = Object.is(value, -0) ? '-0' : String(value);
  return text.includes('.') ? text : `${text}.0`;
}

function isArray(value: PythonValue): value is readonly PythonValue[] {
  return Array.isArray(value);
}

const named: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b',
};

/** `ensure_ascii`: everything outside space to tilde as UTF-16 units, so an emoji is two escapes. */
function quote(text: string): string {
  const escaped = text.replace(
    /["\\]|[^ -~]/g,
    (unit) => named[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}

/** Python sorts strings by code points, JavaScript by UTF-16 units. */
function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a, (character) => character.codePointAt(0)!);
  const right = Array.from(b, (character) => character.codePointAt(0)!);
  for (let i = 0; i < Math.min(left.length, right.length); i++)
    if (left[i] !== right[i]) return left[i]! - right[i]!;
  return left.length - right.length;
}

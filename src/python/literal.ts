/** Values and calls as Python source. Knows the language, nothing of training. */
import type { ConfigValue } from '../adapters/config';
import { quoted } from '../formats/markdown';

/** Columns of a line, as Black and the studio's own scripts have them. */
const lineLength = 88;

/** The text as it stands: what is said elsewhere in the script, such as a name. */
export class Expression {
  constructor(readonly text: string) {}
}

export type PythonValue = ConfigValue | Expression;

/** A literal that Python reads as the same value; numbers that are whole are ints. */
export function literal(value: PythonValue): string {
  if (value instanceof Expression) return value.text;
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return String(value);
  if (isList(value)) return bracketed('[', value.map(literal), ']');
  const items = Object.entries(value).map(([key, item]) => `${quoted(key)}: ${literal(item)}`);
  return bracketed('{', items, '}');
}

const isList = (value: ConfigValue): value is readonly ConfigValue[] => Array.isArray(value);

/** `name(first, key=value, …)`, over several lines where one is too long. `used` columns stand before it. */
export function call(
  name: string,
  positional: readonly PythonValue[],
  named: Readonly<Record<string, PythonValue>> = {},
  used = 0,
): string {
  const items = [
    ...positional.map(literal),
    ...Object.entries(named).map(([key, value]) => `${key}=${literal(value)}`),
  ];
  return bracketed(`${name}(`, items, ')', used);
}

/** `target = name(…)` */
export const assign = (
  target: string,
  name: string,
  positional: readonly PythonValue[],
  named: Readonly<Record<string, PythonValue>> = {},
): string => `${target} = ${call(name, positional, named, target.length + 3)}`;

function bracketed(open: string, items: readonly string[], close: string, used = 0): string {
  const line = open + items.join(', ') + close;
  if (items.length === 0 || (!line.includes('\n') && used + line.length <= lineLength)) return line;
  return `${open}\n${items.map((item) => `${indented(item)},`).join('\n')}\n${close}`;
}

/** One level in. No literal has a line end within: `quoted` escapes them. */
const indented = (text: string) => text.replace(/^(?=.)/gm, '    ');

/** From a form's values to a configuration. Plain data, so that the page can do it without the methods themselves. */
import type { AdapterConfig, ConfigValue } from './config';
import { fieldsOfMember } from './member-fields';
import type { MethodDescription, MethodField } from './method';

type Values = Readonly<Record<string, ConfigValue>>;
type Described = Pick<MethodDescription, 'fields' | 'defaultConfig'>;
type Member = Described & Pick<MethodDescription, 'id' | 'title'>;

/**
 * Fields of the method's form: its own, and those of the members that are chosen for a union, keyed by the member's id
 * (`configs.lora.r`) so that their values outlast a change of the choice.
 */
export function fieldsOf(
  { fields }: Pick<Described, 'fields'>,
  values: Values,
  methods: readonly Member[],
): readonly MethodField[] {
  return fields.flatMap((field) => [
    field,
    ...(field.kind === 'members'
      ? membersOf(field, values, methods).flatMap(({ id, title, fields: own }) =>
          fieldsOfMember(id, title, own),
        )
      : []),
  ]);
}

function membersOf(
  field: Extract<MethodField, { readonly kind: 'choices' | 'members' }>,
  values: Values,
  methods: readonly Member[],
): readonly Member[] {
  const ids = (values[field.key] ?? field.default) as readonly string[];
  return ids.flatMap((id) => methods.filter((method) => method.id === id));
}

/**
 * A method's configuration with a form's values: by key, `configs.0.r` within a member of a union, `configs.lora.r` within a
 * member that was chosen.
 */
export function configWith(method: Described, values: Values, methods: readonly Member[]): AdapterConfig {
  const config = structuredClone(method.defaultConfig ?? {}) as Record<string, ConfigValue>;
  for (const field of method.fields) {
    const { key } = field;
    const place = /^configs\.(\d+)\.(.+)$/.exec(key);
    if (field.kind === 'members') {
      config[key] = membersOf(field, values, methods).map((member) =>
        configWith(member, valuesWithin(values, `${key}.${member.id}.`), methods),
      );
      continue;
    }
    const value = values[key];
    if (value === undefined) continue;
    if (place) {
      const members = config.configs as Record<string, ConfigValue>[];
      members[Number(place[1])]![place[2]!] = value;
    } else {
      config[key] = value;
    }
  }
  return config;
}

function valuesWithin(values: Values, prefix: string): Values {
  const own = Object.entries(values).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
}

/** Form fields of the members of a union. Plain data: the page uses it too. */
import type { MethodField } from './method';

/** The same fields for a member of a union, `place` its index or, in a form, its method's id. */
export function fieldsOfMember(
  place: number | string,
  title: string,
  fields: readonly MethodField[],
): readonly MethodField[] {
  return fields.map((field) => ({ ...field, key: `configs.${place}.${field.key}`, group: title }));
}

/** From a form's values to a configuration. Plain data, so that the page can do it without the methods themselves. */
import type { AdapterConfig, ConfigValue } from './config';
import type { MethodDescription } from './method';

/**
 * A method's configuration with a form's values: by key, `configs.0.r` within a member of a union, and the ids of a union's
 * members as the default configurations that `methods` has for them.
 */
export function configWith(
  method: Pick<MethodDescription, 'fields' | 'defaultConfig'>,
  values: Readonly<Record<string, ConfigValue>>,
  methods: readonly Pick<MethodDescription, 'id' | 'defaultConfig'>[],
): AdapterConfig {
  const config = structuredClone(method.defaultConfig ?? {}) as Record<string, ConfigValue>;
  for (const { key, kind } of method.fields) {
    const value = values[key];
    if (value === undefined) continue;
    const place = /^configs\.(\d+)\.(.+)$/.exec(key);
    if (kind === 'members') {
      const ids = value as readonly string[];
      config[key] = ids.map((id) => methods.find((m) => m.id === id)?.defaultConfig ?? {});
    } else if (place) {
      const members = config.configs as Record<string, ConfigValue>[];
      members[Number(place[1])]![place[2]!] = value;
    } else {
      config[key] = value;
    }
  }
  return config;
}

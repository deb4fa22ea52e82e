/**
 * The cases that stand for all where all of them cost too much: in the order they were recorded in, each that has something no
 * case before it has. Of methods that is the class of an adapter's configuration, a block of a composition, the form of a head; of
 * PEFT's cases and saved adapters the library's kind; of whole runs the first.
 */
import type { MethodFixture } from './method-case';
import { type FixtureSource, readJson } from './source';

export interface CaseIds {
  readonly methods: readonly string[];
  readonly peft: readonly string[];
  readonly formats: readonly string[];
  readonly runs: readonly string[];
}

export async function oneOfEach(
  source: FixtureSource,
  { methods, peft, formats, runs }: CaseIds,
): Promise<CaseIds> {
  const fixtures = await Promise.all(
    methods.map((id) => readJson<MethodFixture>(source, `methods/${id}/fixture.json`)),
  );
  const peftTypes = await Promise.all(
    peft.map(async (id) => {
      const { config } = await readJson<{ config: { peft_type: string } }>(source, `peft/${id}/fixture.json`);
      return config.peft_type;
    }),
  );
  return {
    methods: firstOfEach(methods, (_, i) => featuresOf(fixtures[i]!)),
    peft: firstOfEach(peft, (_, i) => [peftTypes[i]!]),
    formats: firstOfEach(formats, (id) => [id.split('/')[0]!]),
    runs: runs.slice(0, 1),
  };
}

function featuresOf({ kind, adapters, setup, heads }: MethodFixture): readonly string[] {
  return [
    kind,
    ...Object.values(adapters).map(({ config_class }) => config_class),
    ...(JSON.stringify(setup).match(/"type":"\w+"/g) ?? []),
    ...heads.map(({ name: _, id2label: __, ...form }) => JSON.stringify(form)),
  ];
}

/** The items that have a feature which none before them has. */
function firstOfEach<T>(
  items: readonly T[],
  features: (item: T, index: number) => readonly string[],
): readonly T[] {
  const seen = new Set<string>();
  return items.filter((item, i) => {
    const before = seen.size;
    for (const feature of features(item, i)) seen.add(feature);
    return seen.size > before;
  });
}

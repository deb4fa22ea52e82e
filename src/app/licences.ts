/** `licences.json`, which the build writes: whose work is in it, and under which terms. */

export interface Licence {
  readonly kind: 'studio' | 'model' | 'data' | 'package';
  readonly name: string;
  /** Empty where there are none. */
  readonly version: string;
  /** SPDX expression; empty where the terms are only in the text. */
  readonly licence: string;
  readonly text: string;
}

/** Throws where the file is not there: while developing, before a build, there is none. */
export async function fetchLicences(): Promise<readonly Licence[]> {
  const response = await fetch(`${import.meta.env.BASE_URL}licences.json`);
  if (!response.ok) throw new Error(`licences.json: the server answered ${response.status}`);
  return (await response.json()) as readonly Licence[];
}

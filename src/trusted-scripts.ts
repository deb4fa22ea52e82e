/**
 * Trusted Types: which scripts may be started as workers, and whether the policy that demands it is in force. Knows nothing of
 * the policy's text, which is `policy.ts`'s.
 */

// TypeScript's libraries have no Trusted Types yet.
interface TrustedTypesFactory {
  createPolicy(
    name: 'default',
    rules: {
      readonly createScript: (text: string) => string | null;
      readonly createScriptURL: (address: string) => string | null;
    },
  ): unknown;
  readonly defaultPolicy: unknown;
}

/** Never run: it is only offered as a timer's text. */
const probe = '/* Would this be run? */';

/**
 * Makes the default policy, which admits these addresses and refuses all else, and tells whether it is asked here, that is,
 * whether the Content Security Policy has arrived with this page or worker. Null where the browser has no Trusted Types.
 * The default policy and none by name: a browser asks it only where the policy is in force, so its being asked is the proof, without a violation.
 */
export function guardScripts(isAdmitted: (address: URL) => boolean): boolean | null {
  const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypesFactory };
  if (!trustedTypes) return null;
  let isAsked = false;
  if (!trustedTypes.defaultPolicy)
    trustedTypes.createPolicy('default', {
      createScript: (text) => {
        if (text !== probe) return null;
        isAsked = true;
        throw new Error('asked');
      },
      createScriptURL: (address) => (isAdmitted(new URL(address, location.href)) ? address : null),
    });
  try {
    clearTimeout(setTimeout(probe));
  } catch {
    // What the policy throws comes through.
  }
  return isAsked;
}

/** One of the build's own scripts, with or without parameters. */
export const isAt = (address: URL, script: string): boolean => {
  const { origin, pathname } = new URL(script, location.href);
  return address.origin === origin && address.pathname === pathname;
};

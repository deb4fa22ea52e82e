/** The fixtures' measure of error and the tolerances their README §7 allows a float32 executor. */

/** max|a − b| / max(max|b|, floor). Infinite where a value is not finite or the lengths differ. */
export function relativeError(got: ArrayLike<number>, expected: ArrayLike<number>, floor = 0): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let largest = floor;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(got[i]! - expected[i]!);
    if (!(error <= Number.MAX_VALUE)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, error);
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return largest === 0 ? difference : difference / largest;
}

export function largestAbsolute(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}

export const allowed = {
  output: 5e-5,
  hidden: 5e-5,
  /** Of every gradient together: the loosest of the families below but fusion's. */
  gradientNorm: 5e-4,
  /** Sixty steps of float32 (README §7): losses relative, final logits absolute; gradient norms as a trajectory's. */
  runLoss: 2e-4,
  runLogits: 2e-3,
  runGradientNorm: 5e-4,
  /** Final parameters of a whole run, relative to the tensor's largest: what 2e-3 on the logits leaves room for. */
  runFinal: 2e-3,
} as const;

/** Tolerance of a parameter's gradient by the family of its name (README §7); the first pattern that fits. */
const gradientFamilies: readonly (readonly [RegExp, number])[] = [
  [/\.adapter_fusion_layer\..*\.(query|key)\./, 3e-3],
  // Sums that cancel.
  [/^heads\..*bias$|\.scaling$|\.(gate|prefix_gates\.[^.]+)\.(weight|bias)$/, 5e-4],
  [
    /lora_[AB]$|vera_[BD]$|\.(phm_rule|W)(_|$)|\.W_(left|right|down|up)|\.phm_rule|\.adapter_(down\.\d+|up)\.b$|\.refts\.|\.loras\..*\.(weights|values)$/,
    2e-4,
  ],
];

export function allowedGradient(name: string): number {
  return gradientFamilies.find(([pattern]) => pattern.test(name))?.[1] ?? 1e-4;
}

/** One named check: its error as a share of what is allowed decides. */
export interface Check {
  readonly what: string;
  readonly error: number;
  readonly allowed: number;
}

export function failures(checks: readonly Check[]): readonly string[] {
  return checks
    .filter((c) => !(c.error <= c.allowed))
    .map((c) => `${c.what}: error ${c.error.toExponential(2)}, allowed ${c.allowed.toExponential(1)}`);
}

/** An exact check that holds uses nothing of its tolerance. */
const share = ({ error, allowed: limit }: Check) => (error === 0 ? 0 : error / limit);

export function worst(checks: readonly Check[]): Check {
  return checks.reduce((a, b) => (share(b) > share(a) ? b : a));
}

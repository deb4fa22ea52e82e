/** Training along a recorded trajectory: every loss, every gradient norm, the parameters and moments. */
import type { ParameterLayout } from '../../src/graph/parameters';
import { scheduleFactor } from '../../src/runs/schedule';
import type { Session, TrainingState } from '../../src/runtime/executor';
import { allowed, allowedGradient, type Check, largestAbsolute, relativeError } from './compare';
import { type MethodCase, type State, writeParameters } from './method-case';

/** Names of the recorded trajectories that begin at a state. */
export function trajectoriesFrom({ fixture }: MethodCase, state: State): readonly string[] {
  return Object.entries(fixture.trajectories)
    .filter(([, { start }]) => start === state)
    .map(([name]) => name);
}

/** What a step reports of its micro-batches' losses. */
export const recordedLoss = (loss: number | readonly number[], mode: 'mean' | 'sum') => {
  if (typeof loss === 'number') return loss;
  const sum = loss.reduce((a, b) => a + b, 0);
  return mode === 'sum' ? sum : sum / loss.length;
};

/** Trains along a recorded trajectory and compares all that is recorded of it. */
export async function checkTrajectory(
  session: Session,
  method: MethodCase,
  name: string,
): Promise<readonly Check[]> {
  const { fixture, tensors, batches } = method;
  const { config, start, log, f32_vs_f64: rounding } = fixture.trajectories[name]!;
  writeParameters(session, method, start);
  const accumulation = config.accumulation ?? 1;
  const mode = config.accumulation_mode ?? 'mean';
  const checks: Check[] = [];
  for (let t = 0; t < config.steps; t++) {
    const micro = config.batch_order.slice(t * accumulation, (t + 1) * accumulation).map((i) => batches[i]!);
    const learningRate = config.lr * scheduleFactor('linear', t, config.steps, config.warmup_steps);
    checks.push({
      what: `${name} step ${t + 1} learning rate`,
      error: relativeError([learningRate], [log[t]!.learning_rate]),
      allowed: 1e-9,
    });
    await session.ready();
    await session.trainStep(micro, {
      step: t + 1,
      learningRate,
      weightDecay: config.weight_decay,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      maxGradNorm: config.max_grad_norm ?? 0,
      seed: 0,
      microStep: t * accumulation,
      accumulation: mode,
    });
    if (t === 0 && [...tensors.keys()].some((key) => key.startsWith(`traj/${name}/step1/`)))
      checks.push(...parameterChecks(method, name, 'step1', (await session.readState()).parameters));
  }
  const metrics = await session.takeMetrics(true);
  if (metrics.length !== config.steps)
    throw new Error(`${fixture.id} ${name}: ${metrics.length} steps, expected ${config.steps}`);
  metrics.forEach(({ loss, gradientNorm, skipped }, t) => {
    if (skipped) throw new Error(`${fixture.id} ${name}: step ${t + 1} was skipped`);
    const at = `${name} step ${t + 1}`;
    checks.push({
      what: `${at} loss`,
      error: relativeError([loss], [recordedLoss(log[t]!.loss, mode)]),
      allowed: Math.max(1e-4, 20 * rounding.loss_rel),
    });
    checks.push({
      what: `${at} gradient norm`,
      error: relativeError([gradientNorm], [log[t]!.grad_norm]),
      allowed: Math.max(5e-4, 20 * rounding.grad_norm_rel),
    });
  });
  const state = await session.readState();
  return [
    ...checks,
    ...parameterChecks(method, name, 'final', state.parameters),
    ...momentChecks(method, name, state),
  ];
}

type Layout = ParameterLayout['parameters'];

/**
 * Parameters after the first or the last step. What rounding dominates is left out, since the reference's own float32 and float64
 * differ there; anything else that is not recorded is an error of the suite.
 */
function parameterChecks(
  { fixture, tensors, built }: MethodCase,
  name: string,
  when: 'step1' | 'final',
  values: Float32Array,
): readonly Check[] {
  const { config, final } = fixture.trajectories[name]!;
  const layout: Layout = built.programs.parameters.parameters;
  return layout.flatMap(({ name: parameter, offset, length }) => {
    const [expected, recorded] = [tensors.get(`traj/${name}/${when}/${parameter}`), final[parameter]];
    if (recorded?.rounding_dominated) return [];
    if (!expected || !recorded) throw new Error(`${fixture.id} ${name}: no recorded ${when} ${parameter}`);
    const own = values.subarray(offset, offset + length);
    return {
      what: `${name} ${when} ${parameter}`,
      error: largestAbsolute(own.map((value, i) => value - expected.data[i]!)),
      allowed: Math.max(0.05 * config.lr, 20 * recorded.f32_vs_f64_abs),
    };
  });
}

/** Adam's moments at the end, where they are recorded. */
function momentChecks(
  { tensors, built, fixture }: MethodCase,
  name: string,
  state: TrainingState,
): readonly Check[] {
  const layout: Layout = built.programs.parameters.parameters;
  const moments = [
    ['exp_avg', state.exponentialAverage, 1],
    ['exp_avg_sq', state.exponentialAverageSquared, 2],
  ] as const;
  return moments.flatMap(([moment, values, power]) => {
    const place = `traj/${name}/opt/${moment}/`;
    const recorded = layout.filter((parameter) => tensors.has(place + parameter.name));
    if (recorded.length === 0) return [];
    if (recorded.length < layout.length) throw new Error(`${fixture.id} ${name}: some ${moment} are missing`);
    const largest = Math.max(...recorded.map((p) => largestAbsolute(tensors.get(place + p.name)!.data)));
    return recorded.map(({ name: parameter, offset, length }) => ({
      what: `${name} ${moment} ${parameter}`,
      error: relativeError(
        values.subarray(offset, offset + length),
        tensors.get(place + parameter)!.data,
        1e-3 ** power * largest,
      ),
      allowed: power * Math.max(allowed.gradientNorm, allowedGradient(parameter)),
    }));
  });
}

/**
 * MTL-LoRA (Yang et al. 2024, arXiv:2410.09437) as AdapterHub has it:
 *   W x + b + (alpha / r) Σ_u softmax(w / sharpness)_u B_u diag(t) A x,
 * A [r, in], B_u [out, r] for each of the `n_up_projection` up-projections, t [r] the task's values, w [n_up]. In a `MultiTask`
 * block with shared parameters, A and B are one tensor for all tasks.
 */

import { linearSites } from '../../models/encoder';
import type { EncoderConfig, LinearSite } from '../../models/hooks';
import { addProduct, linear, matmul } from '../../ops/gemm/gemm';
import { reshaped } from '../../ops/reshape/reshape';
import { multiply, multiplySequences, timesConstant } from '../../ops/scale/scale';
import { softmaxOfRows } from '../../ops/softmax/softmax';
import { type AdapterConfig, readInteger, readNumber, requireValue } from '../config';
import { gateOf, gateParameters } from './gate';
import { factorInitializers, parseLowRank } from './low-rank';
import type { AdapterParameter, AdapterParts, LinearPart } from './parts';

/** `shared`: the name under which A and B of several adapters are one tensor, e.g. "a,b". */
export function mtlLoraParts(
  config: AdapterConfig,
  model: EncoderConfig,
  adapterName: string,
  shared?: string,
): AdapterParts {
  const id = 'mtl_lora';
  requireValue(id, config, 'task_specific_matrix_type', 'singular_values');
  requireValue(id, config, 'composition_mode', 'add');
  requireValue(id, config, 'use_dora', false);
  const { rank, alpha, dropout, gated, initWeights, adapts } = parseLowRank(id, config);
  const ups = readInteger(id, config, 'n_up_projection', 1);
  const sharpness = readNumber(id, config, 'weights_sharpness', 0.05);
  const placeOf = (site: LinearSite) => `${site.module}.loras.${adapterName}`;
  const factorPlace = (site: LinearSite) =>
    shared ? `${site.module}.shared_parameters.${shared}` : placeOf(site);
  const one = { kind: 'constant', value: 1 } as const;
  const parameters = linearSites(model)
    .filter(adapts)
    .flatMap((site): AdapterParameter[] => {
      const place = placeOf(site);
      const initial = factorInitializers(initWeights, site.into, rank);
      return [
        { name: `${factorPlace(site)}.lora_A`, shape: [rank, site.into], initializer: initial.a },
        { name: `${factorPlace(site)}.lora_B`, shape: [ups, site.out, rank], initializer: initial.b },
        { name: `${place}.weights`, shape: [ups], initializer: one },
        { name: `${place}.task_specific.values`, shape: [rank], initializer: one },
        ...(gated ? gateParameters(`${place}.gate`, site.into, 1) : []),
      ];
    });
  const linearPart = (site: LinearSite): LinearPart => ({
    update(context, x, state) {
      const { graph } = context;
      const place = placeOf(site);
      const a = context.parameter(`${factorPlace(site)}.lora_A`, [rank, site.into]);
      const b = context.parameter(`${factorPlace(site)}.lora_B`, [ups, site.out, rank]);
      const task = context.parameter(`${place}.task_specific.values`, [rank]);
      const weights = timesConstant(
        graph,
        context.parameter(`${place}.weights`, [ups]),
        1 / sharpness,
        'mtl.sharp',
      );
      // Σ_u softmax(w)_u B_u once, instead of one product of all tokens for each up-projection.
      const flat = reshaped(graph, b, { rows: ups, cols: site.out * rank }, 'mtl.ups');
      const mixed = matmul(graph, softmaxOfRows(graph, weights, 'mtl.weights'), flat, {}, 'mtl.mixed');
      const up = reshaped(graph, mixed, { rows: site.out, cols: rank }, 'mtl.up');
      const input = context.dropout(state ?? x, dropout, `${place}.dropout`);
      const down = multiply(
        graph,
        linear(graph, input, a, undefined, `${site.kind}.mtl.down`),
        task,
        'row',
        'mtl.task',
      );
      const scaling = gated ? 1 : alpha / rank;
      const out = matmul(graph, down, up, { transposeB: true, alpha: scaling }, `${site.kind}.mtl.out`);
      return gated
        ? multiplySequences(graph, out, gateOf(context, `${place}.gate`, x, 1), context, 'mtl.gated')
        : out;
    },
    combine: ({ graph }, y, state) => addProduct(graph, y, state, `${site.kind}.mtl`),
  });
  return { parameters, linear: (site) => (adapts(site) ? linearPart(site) : null) };
}

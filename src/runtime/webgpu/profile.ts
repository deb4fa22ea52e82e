/** Time of each dispatch by timestamp queries, one pass a dispatch. For the benchmark, not for training. */
import type { Extents } from '../../graph/graph';
import { kept } from './device-lost';
import type { PlannedDispatch } from './program-plan';

/** A query set holds this many timestamps at most. */
const queriesPerSet = 4096;

export async function profileDispatches(
  device: GPUDevice,
  work: readonly PlannedDispatch[],
  extents: Extents,
): Promise<readonly { readonly label: string; readonly ms: number; readonly flops: number }[]> {
  const count = 2 * Math.min(work.length, queriesPerSet / 2);
  const querySet = device.createQuerySet({ type: 'timestamp', count });
  const resolved = device.createBuffer({
    size: 8 * count,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  const readback = device.createBuffer({
    size: 8 * count,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  try {
    const encoder = device.createCommandEncoder();
    const timed = work.slice(0, count / 2);
    timed.forEach(({ pipeline, bindGroup, workgroups }, i) => {
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
      });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...workgroups(extents));
      pass.end();
    });
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, readback, 0, 8 * count);
    device.queue.submit([encoder.finish()]);
    await kept(device, readback.mapAsync(GPUMapMode.READ));
    const times = new BigInt64Array(readback.getMappedRange());
    return timed.map(({ label, flops }, i) => ({
      label,
      ms: Number(times[2 * i + 1]! - times[2 * i]!) / 1e6,
      flops: flops(extents),
    }));
  } finally {
    querySet.destroy();
    resolved.destroy();
    readback.destroy();
  }
}

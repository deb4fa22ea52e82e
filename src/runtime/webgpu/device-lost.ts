/** A device that is gone, said the same way wherever it is noticed. */
import { StudioError } from '../../errors';

/** A promise of the device is broken before the device says that it is lost; by so much, on a machine that is busy. */
const patienceMs = 5000;

export function deviceLost({ reason, message }: GPUDeviceLostInfo): StudioError {
  return new StudioError(
    'device-lost',
    `The graphics device was lost (${reason || 'unknown'}${message ? `: ${message}` : ''}).`,
    'Reload the page and resume the run from its last checkpoint.',
  );
}

/**
 * What `device` promised. Every promise of WebGPU is awaited through this: browsers break them in words of their own when the
 * graphics process is gone (Chrome: "A valid external Instance reference no longer exists."). Rejects with `device-lost` where
 * that is why, and else as the promise did.
 */
export async function kept<Answer>(device: GPUDevice, promise: Promise<Answer>): Promise<Answer> {
  try {
    return await promise;
  } catch (cause) {
    const patience = new Promise<null>((resolve) => setTimeout(resolve, patienceMs, null));
    const lost = await Promise.race([device.lost, patience]);
    throw lost ? deviceLost(lost) : cause;
  }
}

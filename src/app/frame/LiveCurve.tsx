/** The training loss of the run that trains, or trained last, as small as a word: seen in every place. */
import { useMemo } from 'react';
import { type Curve, xRangeOf, yRangeOf } from '../charts/curve';
import { pathOf, placer } from '../charts/plot';
import { smooth } from '../charts/smooth';
import { thin } from '../charts/thin';
import { useThrottled } from '../charts/use-throttled';
import { formatLoss } from '../format';
import { useStudio, useStudioState } from '../store/context';

const size = { width: 150, height: 34, edge: 3 };

/** As the large chart at its widest. */
const intervalMs = 450;

export function LiveCurve() {
  const { series } = useStudio();
  const runId = useStudioState((s) => s.live?.runId);
  const name = useStudioState((s) => s.runs.find(({ id }) => id === s.live?.runId)?.name);
  const smoothing = useStudioState((s) => s.chart.smoothing);
  const version = useThrottled(
    useStudioState((s) => s.seriesVersion),
    intervalMs,
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the series are mutable; their version says when to look
  const drawn = useMemo(() => {
    const points = runId === undefined ? undefined : series.get(runId);
    return points ? drawCurve({ x: points.steps, y: smooth(points.losses, smoothing) }) : null;
  }, [runId, smoothing, version]);
  if (!drawn || !name) return null;
  const { path, last } = drawn;
  return (
    <div className="live-curve" role="img" aria-label={`Training loss of ${name}, now ${formatLoss(last)}`}>
      <svg viewBox={`0 0 ${size.width} ${size.height}`} aria-hidden>
        <path d={path} />
      </svg>
      <span>
        <b>{formatLoss(last)}</b> loss
      </span>
    </div>
  );
}

/** Null before there are two points to join. */
function drawCurve(curve: Curve): { readonly path: string; readonly last: number } | null {
  const x = xRangeOf([curve]);
  const y = x && yRangeOf([curve], x, false);
  if (!x || !y || x.min === x.max) return null;
  const { width, height, edge } = size;
  // A level line is drawn in the middle.
  const air = y.min === y.max ? 1 : 0;
  const at = placer({
    left: edge,
    top: edge,
    width: width - 2 * edge,
    height: height - 2 * edge,
    xMin: x.min,
    xMax: x.max,
    yMin: y.min - air,
    yMax: y.max + air,
    logScale: false,
  });
  const last = curve.y.findLast(Number.isFinite)!;
  return { path: pathOf(curve, thin(curve, x, width, false), at), last };
}

/** An adapter with its base model as ONNX: what it will weigh, the download, and the proof that it computes the same. */
import { Download } from 'lucide-react';
import {
  type AdapterSummary,
  type DatasetSummary,
  type OnnxVerification,
  onnxBytes,
  type Precision,
  pageBytes,
  precisions,
} from '../../protocol/types';
import { formatBytes, formatCount, formatMainMetric, formatPercent, formatRate } from '../format';
import { useStudio, useStudioState } from '../store/context';
import type { StudioState } from '../store/state';
import { useDraft } from '../store/use-draft';
import { BusyButton } from './BusyButton';
import { ProgressBar } from './ProgressBar';

const choices = ['f32', 'f16', 'int8', 'all'] as const;

const bits: Readonly<Record<Precision, string>> = { f32: '32-bit', f16: '16-bit', int8: '8-bit' };

const nameOf = (choice: (typeof choices)[number]) =>
  choice === 'all' ? 'ONNX, all' : `ONNX ${bits[choice]}`;

export function OnnxExport({
  adapter,
  dataset,
}: {
  readonly adapter: AdapterSummary;
  readonly dataset: DatasetSummary | undefined;
}) {
  const studio = useStudio();
  const base = useStudioState((s) => s.library?.baseModels.find(({ id }) => id === adapter.baseModel));
  const making = useStudioState((s) => s.pending.includes(`onnx ${adapter.id}`));
  const verifying = useStudioState((s) => s.pending.includes(`verify ${adapter.id}`));
  const progress = useStudioState((s) => s.verifying);
  const verifications = useStudioState((s) => s.verifications[adapter.id]);
  const [choice, setChoice] = useDraft<(typeof choices)[number]>(`onnx ${adapter.id}`, 'f32');
  const chosen: readonly Precision[] = choice === 'all' ? precisions : [choice];
  return (
    <section className="onnx-export" aria-label={`${adapter.name} as ONNX`}>
      <div className="actions">
        <select
          aria-label={`Weights of ${adapter.name} as ONNX`}
          value={choice}
          onChange={(event) => setChoice(event.target.value as typeof choice)}
        >
          {choices.map((id) => (
            <option key={id} value={id}>
              {nameOf(id)}
            </option>
          ))}
        </select>
        <BusyButton
          className="button"
          disabled={!base}
          isBusy={making}
          title="Base model, adapter and head as one model for transformers.js, Node and Python, with a page that classifies without a network"
          onClick={() => void studio.downloadOnnx(adapter.id, chosen)}
        >
          <Download size={14} aria-hidden /> Download ONNX
        </BusyButton>
        <BusyButton
          className="button"
          disabled={!base || !dataset}
          isBusy={verifying}
          title="Runs the files through transformers.js on the validation rows and compares the logits with the trainer’s"
          onClick={() => dataset && void studio.verifyOnnx(adapter.id, dataset.id, chosen)}
        >
          Verify
        </BusyButton>
      </div>
      <p className="field-help">
        {base
          ? describeSize(chosen, base.parameterCount, adapter.parameterCount)
          : 'Its base model is not here.'}
      </p>
      {making && <p className="field-help">Making the files…</p>}
      {verifying && dataset && (
        <VerifyRow adapter={adapter} dataset={dataset} progress={ofAdapter(progress, adapter.id)} />
      )}
      {verifications && !verifying && <Verifications task={adapter.task} verifications={verifications} />}
    </section>
  );
}

type Progress = StudioState['verifying'];

const ofAdapter = (progress: Progress, adapterId: string): Progress =>
  progress?.adapterId === adapterId ? progress : null;

/** How far it is, and the way to end it. The trainer evaluates the rows first, and tells nothing of it. */
function VerifyRow({
  adapter,
  dataset,
  progress,
}: {
  readonly adapter: AdapterSummary;
  readonly dataset: DatasetSummary;
  readonly progress: Progress;
}) {
  const studio = useStudio();
  const percent = progress ? Math.floor((100 * progress.doneRows) / progress.rows) : 0;
  return (
    <div className="download">
      <ProgressBar label={`Verification of ${adapter.name}`} percent={percent} />
      <div className="download-text">
        <span className="kept-name">
          {progress ? `${nameOf(progress.precision)} in transformers.js` : 'Evaluating the adapter'}
        </span>
        <span className="muted">
          {progress
            ? `${formatCount(progress.doneRows)} of ${formatCount(progress.rows)} rows`
            : `Validation rows of ${dataset.name}`}
        </span>
        <button type="button" className="button small" onClick={() => void studio.cancelVerify(adapter.id)}>
          Cancel
        </button>
      </div>
    </div>
  );
}

function describeSize(chosen: readonly Precision[], base: number, trained: number): string {
  const models = chosen.reduce((total, precision) => total + onnxBytes(precision, base, trained), 0);
  return `A zip of about ${formatBytes(models + pageBytes)}: ${formatBytes(models)} of weights, ${formatBytes(pageBytes)} for the page that runs them.`;
}

function Verifications({
  task,
  verifications,
}: {
  readonly task: AdapterSummary['task'];
  readonly verifications: readonly OnnxVerification[];
}) {
  const [first] = verifications;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it
    <section className="table-scroll" aria-label="Verification" tabIndex={0}>
      <p className="field-help">
        transformers.js on {formatCount(first!.rows)} validation rows, beside the trainer’s logits
      </p>
      <table>
        <thead>
          <tr>
            <th>File</th>
            <th>Difference</th>
            <th>Same answer</th>
            <th>Figure</th>
            <th>Rows/s</th>
          </tr>
        </thead>
        <tbody>
          {verifications.map((of) => (
            <tr key={of.precision}>
              <th scope="row">
                {bits[of.precision]}, {formatBytes(of.fileBytes)}
              </th>
              <td title="The largest of any logit">{of.largestDifference.toExponential(1)}</td>
              <td>{of.agreement === null ? '–' : formatPercent(of.agreement)}</td>
              <td>{formatMainMetric(task, of.metrics)}</td>
              <td>{formatRate(of.rowsPerSecond)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

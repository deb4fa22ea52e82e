/** A file on its way: how much of it is read or stored, and the way to end it. */
import type { ImportProgress } from '../../protocol/types';
import { formatBytes, formatCount } from '../format';
import { useStudio } from '../store/context';
import { ProgressBar } from './ProgressBar';

const phaseNames: Readonly<Record<ImportProgress['phase'], string>> = {
  reading: 'Reading',
  storing: 'Storing',
  checking: 'Checking',
};

export function ImportRow({ progress }: { readonly progress: ImportProgress }) {
  const studio = useStudio();
  const { fileName, phase, done, total } = progress;
  const percent = total > 0 ? Math.floor((100 * done) / total) : 0;
  const amount =
    phase === 'checking'
      ? `${formatCount(done)} of ${formatCount(total)} rows`
      : `${formatBytes(done)} of ${formatBytes(total)}`;
  return (
    <div className="download">
      <ProgressBar label={`Import of ${fileName}`} percent={percent} />
      <div className="download-text">
        <span className="kept-name">
          {phaseNames[phase]} {fileName}
        </span>
        <span className="muted">{amount}</span>
        <button type="button" className="button small" onClick={() => void studio.cancelImport()}>
          Cancel
        </button>
      </div>
    </div>
  );
}

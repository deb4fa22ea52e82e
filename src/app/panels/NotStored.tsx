/** Adapters that were trained but found no room: why, a way to take each away, and another attempt. */
import { CircleAlert, Download, Save } from 'lucide-react';
import { type ExportFormat, exportFormats, type UnstoredAdapter } from '../../protocol/types';
import { useStudio, useStudioState } from '../store/context';

const formatNames: Readonly<Record<ExportFormat, string>> = {
  adapterhub: 'Download the adapter',
  peft: 'As PEFT',
  merged: 'As a merged model',
};

export function NotStored() {
  const unstored = useStudioState((s) => s.unstored);
  if (unstored.length === 0) return null;
  return (
    <section className="panel not-stored" aria-label="Not stored">
      <div className="panel-head">
        <h2>Not stored</h2>
        <p className="muted">Trained, and only in this tab: closing or reloading it loses it.</p>
      </div>
      <ul>
        {unstored.map((each) => (
          <Unstored key={each.runId} unstored={each} />
        ))}
      </ul>
    </section>
  );
}

function Unstored({ unstored: { runId, adapter, error } }: { readonly unstored: UnstoredAdapter }) {
  const studio = useStudio();
  const storing = useStudioState((s) => s.pending.includes(`store ${runId}`));
  const downloading = useStudioState((s) => s.pending.includes(`download ${adapter.id}`));
  return (
    <li aria-label={adapter.name}>
      <div className="message" data-tone="bad" role="alert">
        <CircleAlert size={18} aria-hidden />
        <p>
          <strong>The adapter {adapter.name} is trained but not stored.</strong> {error.message} {error.hint}
        </p>
      </div>
      <div className="actions">
        {exportFormats
          .filter((format) => adapter.exports[format] === null)
          .map((format, i) => (
            <button
              key={format}
              type="button"
              className={i === 0 ? 'button primary' : 'button'}
              disabled={downloading}
              onClick={() => void studio.downloadAdapter(adapter.id, format)}
            >
              <Download size={14} aria-hidden /> {formatNames[format]}
            </button>
          ))}
        <button
          type="button"
          className="button"
          disabled={storing}
          onClick={() => void studio.storeAdapter(runId)}
        >
          <Save size={14} aria-hidden /> {storing ? 'Storing…' : 'Try to store it again'}
        </button>
      </div>
    </li>
  );
}

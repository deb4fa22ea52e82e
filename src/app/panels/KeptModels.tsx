/** Base models that take room in this browser: with sizes, a way to go on with a download, and to delete. */
import { Play, Trash2 } from 'lucide-react';
import type { BaseModelDescription, UnfinishedDownload } from '../../protocol/types';
import { formatBytes, formatTime } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { deleteButtonId } from '../store/deletions';
import { useBaseModels, useUnfinishedDownloads } from '../store/present';
import { isActive } from '../store/state';

export function KeptModels() {
  const library = useStudioState((s) => s.library);
  const downloading = useStudioState((s) => s.download?.modelId);
  const kept = useBaseModels().filter((model) => model.kept !== null);
  const unfinished = useUnfinishedDownloads().filter(({ id }) => id !== downloading);
  if (!library) return null;
  if (kept.length + unfinished.length === 0) return null;
  return (
    <section className="kept" aria-label="Base models in this browser">
      <h3>Kept in this browser</h3>
      <ul>
        {kept.map((model) => (
          <Kept key={model.id} model={model} />
        ))}
        {unfinished.map((download) => (
          <Unfinished key={download.id} download={download} />
        ))}
      </ul>
      <Room {...library.storage} />
    </section>
  );
}

function Kept({ model }: { readonly model: BaseModelDescription }) {
  const studio = useStudio();
  const inUse = useStudioState(
    (s) =>
      isActive(s.live) &&
      s.runs.some(({ id, settings }) => id === s.live?.runId && settings.baseModel === model.id),
  );
  const deleting = useStudioState((s) => s.pending.includes(`delete ${model.id}`));
  const { origin } = model.kept!;
  const source = origin.kind === 'hub' ? `${origin.commit?.slice(0, 8) ?? origin.revision}` : 'from disk';
  return (
    <li>
      <span className="kept-name" title={`Kept since ${formatTime(model.kept!.storedAt)}`}>
        {model.title}
      </span>
      <span className="muted">
        {source} · {formatBytes(model.downloadBytes)}
      </span>
      <button
        type="button"
        className="icon-button"
        aria-label={`Delete base model ${model.title}`}
        title={inUse ? 'A run is training on it' : 'Delete this base model'}
        disabled={inUse || deleting}
        id={deleteButtonId({ kind: 'model', id: model.id })}
        onClick={() => studio.deleteSoon('model', model.id)}
      >
        <Trash2 size={15} aria-hidden />
      </button>
    </li>
  );
}

function Unfinished({ download }: { readonly download: UnfinishedDownload }) {
  const studio = useStudio();
  const busy = useStudioState((s) => s.pending.includes('bring model'));
  const { id, request, doneBytes, totalBytes } = download;
  return (
    <li>
      <span className="kept-name">{request.repo}</span>
      <span className="muted">
        {formatBytes(doneBytes)} of {formatBytes(totalBytes)}
      </span>
      <span className="kept-actions">
        <button
          type="button"
          className="icon-button"
          aria-label={`Go on with the download of ${request.repo}`}
          title="Go on with the download"
          disabled={busy}
          onClick={() => void studio.continueDownload(id)}
        >
          <Play size={15} aria-hidden />
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label={`Delete the unfinished download of ${request.repo}`}
          title="Delete what is here of it"
          disabled={busy}
          id={deleteButtonId({ kind: 'model', id })}
          onClick={() => studio.deleteSoon('model', id)}
        >
          <Trash2 size={15} aria-hidden />
        </button>
      </span>
    </li>
  );
}

interface RoomProps {
  readonly usedBytes: number;
  readonly quotaBytes: number | null;
  readonly isPersistent: boolean;
}

function Room({ usedBytes, quotaBytes, isPersistent }: RoomProps) {
  return (
    <p className="field-help">
      {formatBytes(usedBytes)} used
      {quotaBytes === null ? '' : ` of ${formatBytes(quotaBytes)} that this browser offers`}.{' '}
      {isPersistent
        ? 'The browser has promised to keep it.'
        : 'The browser was asked to keep it, and may still clear it when the disk is full.'}
    </p>
  );
}

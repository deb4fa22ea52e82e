/** Getting a base model: by its name on the hub, or from a folder on disk. */
import { Download, FolderOpen, Pause, Search, X } from 'lucide-react';
import { useId } from 'react';
import type { FoundModel, HubModelRequest } from '../../protocol/types';
import { chosenModel } from '../dropped-files';
import { formatBytes, formatDuration } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { useDraft } from '../store/use-draft';
import { TextField } from './fields';
import { HubSettings } from './HubSettings';
import { ProgressBar } from './ProgressBar';

const suggestions = [
  'roberta-base',
  'distilroberta-base',
  'roberta-large',
  'xlm-roberta-base',
  'camembert-base',
  'bert-base-uncased',
  'distilbert-base-uncased',
];

export function HubModel() {
  const studio = useStudio();
  const [repo, setRepo] = useDraft('hub model', '');
  const [revision, setRevision] = useDraft('hub revision', 'main');
  const finding = useStudioState((s) => s.pending.includes('find model'));
  const busy = useStudioState((s) => s.pending.includes('bring model'));
  const found = useStudioState((s) => s.found);
  const listId = useId();
  const request: HubModelRequest = { repo: repo.trim(), revision: revision.trim() || 'main' };
  const find = (event: { preventDefault(): void }) => {
    event.preventDefault();
    if (request.repo) void studio.findModel(request);
  };
  return (
    <div className="hub">
      <div className="hub-name">
        <TextField
          label="Model on the hub"
          value={repo}
          placeholder="roberta-base or owner/name"
          list={listId}
          onChange={setRepo}
          onEnter={find}
        />
        <TextField
          label="Revision"
          value={revision}
          placeholder="main"
          onChange={setRevision}
          onEnter={find}
        />
      </div>
      <datalist id={listId}>
        {suggestions.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <div className="actions">
        <button
          type="button"
          className="button small"
          disabled={finding || busy || request.repo === ''}
          onClick={find}
        >
          <Search size={14} aria-hidden /> {finding ? 'Looking…' : 'Find model'}
        </button>
        <label className="button small file-button" data-disabled={busy}>
          <FolderOpen size={14} aria-hidden /> Model folder
          <input
            type="file"
            multiple
            disabled={busy}
            // React knows no such attribute by type.
            {...{ webkitdirectory: '' }}
            onChange={(event) => {
              const files = [...(event.target.files ?? [])];
              event.target.value = '';
              void studio.takeFiles(chosenModel(files));
            }}
          />
        </label>
      </div>
      {found && !busy && <Found found={found} />}
      <p className="field-help">
        Any model of the RoBERTa or BERT family, by the name on its page. A folder from disk can also be
        dropped on the page. What is downloaded is kept in this browser and works offline.
      </p>
      <HubSettings />
    </div>
  );
}

function Found({ found }: { readonly found: FoundModel }) {
  const studio = useStudio();
  const { request, layers, hiddenSize, totalBytes, doneBytes, commit, isKept, modelType } = found;
  return (
    <section className="found" aria-label={`Found ${request.repo}`}>
      <div className="found-head">
        <strong>{request.repo}</strong>
        <button
          type="button"
          className="icon-button"
          aria-label="Put the found model away"
          onClick={() => studio.forgetFound()}
        >
          <X size={14} aria-hidden />
        </button>
      </div>
      <p className="field-help">
        {modelType}, {layers} layers of {hiddenSize}, {formatBytes(totalBytes)}
        {commit ? `, commit ${commit.slice(0, 8)}` : ''}
      </p>
      {isKept ? (
        <button
          type="button"
          className="button small"
          onClick={() => {
            studio.edit({ baseModel: found.id, startFrom: '' });
            studio.forgetFound();
          }}
        >
          Use it: it is here
        </button>
      ) : (
        <button
          type="button"
          className="button small primary"
          onClick={() => void studio.downloadModel(request)}
        >
          <Download size={14} aria-hidden /> Download {formatBytes(totalBytes - doneBytes)}
        </button>
      )}
    </section>
  );
}

/** Of the model on its way; there is one at most. */
export function DownloadRow() {
  const studio = useStudio();
  const busy = useStudioState((s) => s.pending.includes('bring model'));
  const download = useStudioState((s) => s.download);
  if (!busy) return null;
  const {
    doneBytes = 0,
    totalBytes = 0,
    bytesPerSecond = 0,
    remainingSeconds = null,
    waiting = null,
  } = download ?? {};
  const percent = totalBytes > 0 ? Math.floor((100 * doneBytes) / totalBytes) : 0;
  return (
    <div className="download">
      <ProgressBar label="Download of the base model" percent={percent} isWaiting={waiting !== null} />
      <div className="download-text">
        <span className="kept-name">{download ? download.modelId.split('@')[0] : 'Asking the hub…'}</span>
        <span className="muted">
          {totalBytes > 0 && `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`}
        </span>
        <span className="muted">
          {waiting ??
            [
              bytesPerSecond > 0 ? `${formatBytes(bytesPerSecond)}/s` : '',
              remainingSeconds === null ? '' : `${formatDuration(remainingSeconds)} left`,
            ]
              .filter((text) => text !== '')
              .join(' · ')}
        </span>
        <button
          type="button"
          className="icon-button"
          aria-label="Pause download"
          title="Pause: what is here is kept"
          onClick={() => void studio.pauseDownload()}
        >
          <Pause size={16} aria-hidden />
        </button>
      </div>
    </div>
  );
}

/** A person's own file: choosing or dropping it, then its columns. */
import { FileUp } from 'lucide-react';
import { useLayoutEffect, useRef } from 'react';
import { datasetFileId } from '../actions/page-actions';
import { useStudio, useStudioState } from '../store/context';
import { ColumnMapping } from './ColumnMapping';
import { ImportRow } from './ImportRow';

export function DatasetFile() {
  const studio = useStudio();
  const importing = useStudioState((s) => s.importing);
  const reading = useStudioState((s) => s.pending.includes('inspect'));
  const progress = useStudioState((s) => s.importProgress);
  const input = useRef<HTMLInputElement>(null);
  const takesFocus = useRef(false);
  // The field is there again only after what had the focus is gone.
  useLayoutEffect(() => {
    if (!takesFocus.current || !input.current) return;
    takesFocus.current = false;
    input.current.focus({ preventScroll: true });
  });
  const onGone = () => {
    takesFocus.current = true;
  };
  if (importing) return <ColumnMapping key={importing.importId} preview={importing} onGone={onGone} />;
  if (progress) return <ImportRow progress={progress} />;
  return (
    <div className="dropzone">
      <FileUp size={18} aria-hidden />
      <label htmlFor={datasetFileId}>Dataset file</label>
      <input
        ref={input}
        id={datasetFileId}
        type="file"
        accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values"
        onChange={(event) => {
          const file = event.target.files?.[0];
          // The same file can be chosen again after it was corrected.
          event.target.value = '';
          if (file) void studio.inspectFile(file);
        }}
      />
      <p className="field-help">
        {reading ? 'Reading…' : 'CSV or TSV with a text and a label column. Choose it, or drop it anywhere.'}
      </p>
    </div>
  );
}

/** How long a run has taken, and still takes, in a few words that open into the parts of it: by a pointer over them, or as details. */
import { type KeyboardEvent, useState } from 'react';
import { isWhole, type RunTimes, timePartIds, timeParts, totalSeconds } from '../../runs/times';
import { formatDuration } from '../format';

interface TimesProps {
  readonly times: Partial<RunTimes>;
  /** Null of a run that has ended, and where it cannot be told. */
  readonly remaining: RunTimes | null;
}

export function RunTime({ words, ...times }: TimesProps & { readonly words: string }) {
  const [isPinned, setIsPinned] = useState(false);
  const [isUnderPointer, setIsUnderPointer] = useState(false);
  const close = () => {
    setIsPinned(false);
    setIsUnderPointer(false);
  };
  return (
    <details
      className="run-time"
      open={isPinned || isUnderPointer}
      onPointerEnter={({ pointerType }) => setIsUnderPointer(pointerType === 'mouse')}
      onPointerLeave={() => setIsUnderPointer(false)}
      onBlur={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget)) setIsPinned(false);
      }}
      onKeyDown={({ key }: KeyboardEvent) => {
        if (key === 'Escape') close();
      }}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it is the details' own button */}
      <summary
        onClick={(event) => {
          // Whether it is open is also the pointer's matter.
          event.preventDefault();
          setIsPinned(!isPinned);
        }}
      >
        {words}
      </summary>
      <div className="run-time-parts">
        <TimesTable {...times} />
      </div>
    </details>
  );
}

export function TimesTable({ times, remaining }: TimesProps) {
  const known = timePartIds.filter((part) => times[part] !== undefined);
  const row = (title: string, seconds: number, toCome?: number) => (
    <>
      <th scope="row">{title}</th>
      <td>{formatDuration(seconds)}</td>
      {toCome !== undefined && <td>{toCome > 0 ? formatDuration(toCome) : '–'}</td>}
    </>
  );
  return (
    <>
      <table className="times">
        <caption className="visually-hidden">Where the time goes</caption>
        <thead>
          <tr>
            <th scope="col">Part</th>
            <th scope="col">{remaining ? 'So far' : 'Time'}</th>
            {remaining && <th scope="col">To come, about</th>}
          </tr>
        </thead>
        <tbody>
          {known.map((part) => (
            <tr key={part}>{row(timeParts[part], times[part]!, remaining?.[part])}</tr>
          ))}
        </tbody>
        {isWhole(times) && (
          <tfoot>
            <tr>{row('Together', totalSeconds(times), remaining ? totalSeconds(remaining) : undefined)}</tr>
          </tfoot>
        )}
      </table>
      {!isWhole(times) && (
        <p className="field-help">
          The run was begun by an older studio, which kept the time of the training steps alone.
        </p>
      )}
    </>
  );
}

/** Where the pointer is on the charts: a place that all of them mark, since they share the x axis. */
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import { createStore, type StoreApi } from 'zustand/vanilla';

export interface Cursor {
  /** The chart under the pointer. */
  readonly chart: string;
  /** Of the measured point nearest to it. */
  readonly place: number;
  /** Of the pointer, in pixels from the chart's corner. */
  readonly left: number;
  readonly top: number;
  /** Where a drag began, on the x axis; null where none is under way. */
  readonly dragFrom: number | null;
  /** Under the pointer itself. */
  readonly x: number;
  /** How far from the place a point is still told of; 0 where only those at the very place are. */
  readonly reach: number;
}

export type CursorStore = StoreApi<{ readonly cursor: Cursor | null }>;

export const createCursorStore = (): CursorStore => createStore(() => ({ cursor: null }));

export const CursorContext = createContext<CursorStore>(createCursorStore());

export const useCursorStore = (): CursorStore => useContext(CursorContext);
export const useCursor = (): Cursor | null => useStore(useCursorStore(), (s) => s.cursor);

/** How components reach the studio: one object for the page's life, selected from piece by piece. */
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import { invariant } from '../../errors';
import type { StudioState } from './state';
import type { Studio } from './studio';

export const StudioContext = createContext<Studio | null>(null);

export function useStudio(): Studio {
  const studio = useContext(StudioContext);
  invariant(studio, 'useStudio outside of StudioContext');
  return studio;
}

/** Re-renders only when the selected piece changes (by identity). */
export function useStudioState<T>(select: (state: StudioState) => T): T {
  return useStore(useStudio().store, select);
}

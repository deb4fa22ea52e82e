/** Methods as the page calls them: by their titles. The worker knows those; where it could not open, their ids stand instead. */
import { useCallback } from 'react';
import { useStudioState } from './context';

/** Of words as `describeMethodIn` gives them, which begin with a method's id or with none. */
export type Titled = (words: string) => string;

export function useMethodTitles(): Titled {
  const methods = useStudioState((s) => s.description?.methods);
  return useCallback<Titled>(
    (words) => words.replace(/^\S+/, (id) => methods?.find((method) => method.id === id)?.title ?? id),
    [methods],
  );
}

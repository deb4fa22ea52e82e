/** State of a component that outlives it: what a person has begun is found again after a look at another place. */
import { type Dispatch, type SetStateAction, useEffect, useState } from 'react';
import { useStudio } from './context';

/** As `useState`, kept under a key of its own while the page is open. */
export function useDraft<T>(key: string, initial: T): [T, Dispatch<SetStateAction<T>>] {
  const { drafts } = useStudio();
  const [value, setValue] = useState(() => (drafts.has(key) ? (drafts.get(key) as T) : initial));
  useEffect(() => {
    drafts.set(key, value);
  }, [drafts, key, value]);
  return [value, setValue];
}

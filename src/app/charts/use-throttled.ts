/** Keeps what changes fast from being drawn as often. */
import { useEffect, useRef, useState } from 'react';

/** The latest value, handed on at most once an interval, however often it changes in between; the last one always comes. */
export function useThrottled<T>(value: T, waitMs: number): T {
  const [shown, setShown] = useState(value);
  const latest = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  latest.current = value;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the value is what starts the timer; the timer reads the latest
  useEffect(() => {
    timer.current ??= setTimeout(() => {
      timer.current = null;
      setShown(latest.current);
    }, waitMs);
  }, [value]);
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
      timer.current = null;
    },
    [],
  );
  return shown;
}

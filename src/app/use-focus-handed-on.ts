/** Keeps the focus with the person where what has it is taken away: it would fall to the page otherwise. */
import { type RefObject, useLayoutEffect, useRef } from 'react';

/** `onGone` is called when the component goes with the focus inside of `box`; it gives the focus to what comes next. */
export function useFocusHandedOn(box: RefObject<HTMLElement | null>, onGone: () => void): void {
  const gone = useRef(onGone);
  gone.current = onGone;
  // Its end runs before the elements are taken away, while it is known where the focus is.
  useLayoutEffect(() => {
    const element = box.current;
    return () => {
      if (element?.contains(document.activeElement)) gone.current();
    };
  }, [box]);
}

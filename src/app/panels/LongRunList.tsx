/** A list of so many runs that only those in view are in the page, in a window of their own to scroll in. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useRef } from 'react';
import { type Item, itemProps } from './run-item';

interface LongRunListProps {
  readonly items: readonly Item[];
  readonly row: (item: Item) => ReactNode;
}

export default function LongRunList({ items, row }: LongRunListProps) {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => 76,
    getItemKey: (i) => items[i]!.key,
    overscan: 6,
  });
  return (
    <div className="run-scroll" ref={box}>
      <ul className="run-list" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => {
          const item = items[index]!;
          return (
            <li
              key={key}
              {...itemProps(item)}
              ref={virtual.measureElement}
              data-index={index}
              aria-setsize={items.length}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${start}px)` }}
            >
              {row(item)}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

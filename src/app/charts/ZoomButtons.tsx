/** What a drag over a chart does, for whoever does not drag. */
import { ChevronsLeft, ChevronsRight, type LucideIcon, Maximize2, ZoomIn, ZoomOut } from 'lucide-react';
import type { Range } from './curve';
import { moved, scaled } from './zoom';

interface ZoomButtonsProps {
  /** All places that there are. */
  readonly all: Range;
  /** The part that is seen; null for all. */
  readonly zoom: Range | null;
  readonly onZoom: (places: Range | null) => void;
}

export function ZoomButtons({ all, zoom, onZoom }: ZoomButtonsProps) {
  const seen = zoom ?? all;
  const isZoomed = zoom !== null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form's fields
    <div className="zoom" role="group" aria-label="Zoom">
      <IconButton icon={ZoomIn} name="Zoom in" onClick={() => onZoom(scaled(seen, all, 0.5))} />
      <IconButton
        icon={ZoomOut}
        name="Zoom out"
        isOff={!isZoomed}
        onClick={() => onZoom(scaled(seen, all, 2))}
      />
      <IconButton
        icon={ChevronsLeft}
        name="Earlier"
        isOff={!isZoomed || seen.min <= all.min}
        onClick={() => onZoom(moved(seen, all, -0.5))}
      />
      <IconButton
        icon={ChevronsRight}
        name="Later"
        isOff={!isZoomed || seen.max >= all.max}
        onClick={() => onZoom(moved(seen, all, 0.5))}
      />
      <IconButton icon={Maximize2} name="Reset zoom" isOff={!isZoomed} onClick={() => onZoom(null)} />
    </div>
  );
}

interface IconButtonProps {
  readonly icon: LucideIcon;
  readonly name: string;
  /** Does nothing now. It keeps the focus, so that one does not lose it at the end of the range. */
  readonly isOff?: boolean;
  readonly onClick: () => void;
}

function IconButton({ icon: Icon, name, isOff = false, onClick }: IconButtonProps) {
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={name}
      aria-disabled={isOff}
      title={name}
      onClick={() => {
        if (!isOff) onClick();
      }}
    >
      <Icon size={14} aria-hidden />
    </button>
  );
}

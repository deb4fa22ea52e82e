/** What answers the page's commands. Each subject has those of its own; `host.ts` has them together. */
import type { CommandName, Commands } from '../protocol/types';

export type HandlersOf<N extends CommandName> = {
  readonly [K in N]: (request: Commands[K]['request']) => Promise<Commands[K]['answer']>;
};

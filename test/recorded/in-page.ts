/** The recording's functions as one script for a page that has nothing else: `scripts/record-storage.ts` and journeys load it. */
import * as recording from './recording';
import { Story } from './story';

const inPage = { ...recording, Story };

export type InPage = typeof inPage;

Object.assign(globalThis, { recorded: inPage });

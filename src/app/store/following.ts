/**
 * The run that another tab trains, in this one's state; and this one's, for the others. A part of `Studio`, which gives it its state
 * and its worker. A live run of another tab names that tab: nothing of it is this worker's to pause, end or lose.
 */
import type { StoreApi } from 'zustand/vanilla';
import { type ErrorReport, StudioError } from '../../errors';
import type { EventMessage, ListedRun } from '../../protocol/types';
import { isUnderWay } from '../../runs/life';
import { reduceEvent } from './reduce';
import type { SeriesStore } from './series';
import { withNewest } from './shown-runs';
import { isActive, isHere, type LiveRun, newLive, type RunSummary, type StudioState } from './state';
import type { LiveCommand, Told, ToldAll, ToldLive } from './tab-message';
import type { Tabs } from './tabs';

/** How long a tab is waited for that has a run and does not say so, and how often it is looked at again. */
const silentMs = { first: 1000, again: 10_000 };

/** Of a tab that does not say who it is. */
const silent = '';

export interface FollowingParts {
  readonly store: StoreApi<StudioState>;
  readonly series: SeriesStore;
  /** By the worker; `ended` is a run whose tab is gone. */
  readonly listRuns: (ended?: string) => Promise<readonly ListedRun[]>;
  /** In the name of a command, as `Studio` runs them all: what goes wrong becomes a problem on the page. */
  readonly run: (name: string, work: () => Promise<void>) => Promise<void>;
  /** Steps that wait to be shown are in the series after it. */
  readonly flushSteps: () => void;
  /** What is stored of the run's curve is to be asked for anew. */
  readonly forgetLoading: (runId: string) => void;
  /** As if the person had asked for it here. */
  readonly act: (command: LiveCommand, runId: string) => void;
}

export class Following {
  readonly #tabs: Tabs;
  readonly #parts: FollowingParts;
  /** How far this tab's run is stored: other tabs have that from the store. */
  #stored: { readonly runId: string; readonly step: number } | null = null;
  #silenceTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(tabs: Tabs, parts: FollowingParts) {
    this.#tabs = tabs;
    this.#parts = parts;
    parts.store.subscribe((state, before) => {
      this.#tellLive(state.live, before.live);
      if (state.runs !== before.runs) this.#lookForSilentTab(state);
    });
    tabs.begin({
      leads: () => isHere(this.#state.live),
      all: () => this.#all(),
      obey: (command, runId) => this.#obey(command, runId),
      heard: (message, tab) => this.#heard(message, tab),
      gone: (tab) => this.#gone(tab),
    });
  }

  get #state(): StudioState {
    return this.#parts.store.getState();
  }

  /** As this tab's worker says it: a page in the background is told late of its own steps. */
  tell(event: EventMessage): void {
    if (event.type === 'steps' || event.type === 'evaluation') this.#tabs.tell(event);
    if (event.type !== 'run' || !isUnderWay(event.run.status)) return;
    const { id: runId, step } = event.run;
    this.#stored = { runId, step };
    if (this.#state.live?.runId === runId) this.#tabs.tell({ type: 'cut', runId, step });
  }

  /** Another tab's run: that tab takes it up, and tells how it goes. Throws what it says, `other-tab`, `tab-silent`. */
  async ask(command: LiveCommand, { runId, tab, status }: LiveRun): Promise<void> {
    try {
      if (!tab) throw elsewhere();
      await this.#tabs.ask(tab, command, runId);
    } catch (error) {
      const { live } = this.#state;
      if (live?.runId === runId && live.asked) this.#set({ live: { ...live, status, asked: null } });
      throw error;
    }
  }

  /** The page is looked at again: it may have been asleep. */
  lookAgain(): void {
    this.#tabs.hello();
  }

  #set(changes: Partial<StudioState>): void {
    this.#parts.store.setState(changes);
  }

  /** At once, with what the person asked for; its steps are told as they come. */
  #tellLive(live: LiveRun | null, before: LiveRun | null): void {
    const [now, then] = [ownOf(live), ownOf(before)];
    if (JSON.stringify(now) === JSON.stringify(then)) return;
    // Another tab's run took its place here once it was over.
    if (now || !live) this.#tabs.tell({ type: 'live', live: now });
  }

  #all(): ToldAll {
    this.#parts.flushSteps();
    const { live } = this.#state;
    const own = ownOf(live);
    if (!live || !own) return { type: 'all', run: null };
    const { runId, progress } = live;
    const from = this.#stored?.runId === runId ? this.#stored.step : 0;
    return { type: 'all', run: { live: own, progress, ...this.#parts.series.since(runId, from) } };
  }

  #obey(command: LiveCommand, runId: string): ErrorReport | null {
    const { live } = this.#state;
    if (!isHere(live) || live.runId !== runId) return notActive;
    this.#parts.act(command, runId);
    return null;
  }

  #heard(message: Told, tab: string): void {
    const { series, forgetLoading } = this.#parts;
    const state = this.#state;
    switch (message.type) {
      case 'all':
        if (message.run) {
          const { live, progress, ...newest } = message.run;
          forgetLoading(live.runId);
          series.renew(live.runId, newest);
          this.#follow({ ...live, tab, progress });
        } else this.#gone(tab);
        break;
      case 'live':
        if (message.live) {
          const isSame = state.live?.runId === message.live.runId;
          this.#follow({ ...message.live, tab, progress: isSame ? state.live.progress : null });
        } else this.#gone(tab);
        break;
      case 'steps':
      case 'evaluation':
        this.#set(reduceEvent(state, message, series, tab));
        break;
      case 'cut':
        series.cut({ id: message.runId, step: message.step });
        this.#set({ seriesVersion: state.seriesVersion + 1 });
        break;
      default:
        message satisfies never;
    }
  }

  #follow(live: LiveRun): void {
    const { live: before, shownRuns, seriesVersion } = this.#state;
    this.#set({
      live,
      seriesVersion: seriesVersion + 1,
      shownRuns: before?.runId === live.runId ? shownRuns : withNewest(shownRuns, live.runId),
    });
  }

  /** The tab that trained is gone, or its worker: the run is as after a reload, and what waits goes on here. */
  #gone(tab: string): void {
    const { live } = this.#state;
    if (isActive(live) && live.tab === tab) void this.#parts.run('list', () => this.#listLeft(live));
  }

  async #listLeft({ runId, tab }: LiveRun): Promise<void> {
    const { series, listRuns } = this.#parts;
    const runs = await listRuns(runId);
    const { live, seriesVersion } = this.#state;
    const run = runs.find(({ id }) => id === runId);
    // Another tab may have gone on with it meanwhile.
    const isLeft = live?.runId === runId && live.tab === tab;
    if (run && isLeft) series.cut(run);
    this.#set({
      runs,
      seriesVersion: seriesVersion + 1,
      ...(isLeft && { live: run ? recorded(run, tab) : null }),
    });
  }

  /**
   * A run that another tab has, as its record and the locks say, though that tab does not tell of it: it may be of an older studio. It
   * is shown as it is recorded, and looked at again.
   */
  #lookForSilentTab({ runs, live, unstored, openError }: StudioState): void {
    // There is nobody to ask any more.
    if (openError?.code === 'worker-crashed') return;
    // What a tab has said of its run is newer than the record.
    const isOther = ({ id, status }: RunSummary) =>
      isUnderWay(status) &&
      !unstored.some(({ runId }) => runId === id) &&
      !(live?.runId === id && live.tab !== silent);
    const follows = isActive(live) && live.tab !== silent;
    const isShown = isActive(live) && live.tab === silent;
    if (this.#silenceTimer !== null || follows || !(isShown || runs.some(isOther))) return;
    if (isShown) this.#tabs.hello();
    const look = async () => {
      this.#silenceTimer = null;
      const listed = await this.#parts.listRuns();
      const { live: now } = this.#state;
      if (isActive(now) && now.tab !== silent) return;
      const run = listed.find(isOther) ?? listed.find(({ id }) => now?.tab === silent && id === now.runId);
      this.#set({ runs: listed, ...(run && { live: recorded(run, silent) }) });
      this.#lookForSilentTab(this.#state);
    };
    this.#silenceTimer = setTimeout(
      () => void this.#parts.run('list', look),
      isShown ? silentMs.again : silentMs.first,
    );
  }
}

/** What is told of this tab's run: null where it has none. */
function ownOf(live: LiveRun | null): ToldLive | null {
  if (live?.tab !== null) return null;
  const { tab: _t, progress: _p, ...own } = live;
  return own;
}

const recorded = ({ id, status }: RunSummary, tab: string | null): LiveRun => ({
  ...newLive(id, tab),
  status,
});

const notActive: ErrorReport = {
  code: 'run-not-active',
  message: 'This run is not training any more.',
  hint: 'See the list of runs for what became of it.',
};

const elsewhere = () =>
  new StudioError(
    'other-tab',
    'Another tab of the studio has this run, and does not say how it goes: it may be of an older version.',
    'Go to that tab to pause or stop the run.',
  );

import { describe, expect, it } from 'vitest';
import { listedRun } from '../../../test/listed-run';
import { initialState, newLive, type StudioState } from '../store/state';
import { addressOf, withAddress } from './address';

const runs = ['c', 'b', 'a'].map((id) => listedRun({ id }));
/** After the list of runs has come. */
const listed: StudioState = { ...initialState, runs, shownRuns: ['c'], askedRuns: null };

describe('the address', () => {
  it('of the page as it opens is its place', () => {
    expect(addressOf(initialState)).toBe('#/train');
    expect(addressOf(listed)).toBe('#/train');
    expect(withAddress(listed, '')).toEqual(listed);
    expect(withAddress(listed, '#/train')).toEqual(listed);
  });

  it('has what is looked at, and gives it back', () => {
    const state: StudioState = {
      ...listed,
      place: 'compare',
      shownRuns: ['a', 'c'],
      chart: { axis: 'epoch', smoothing: 0.25, logScale: true, measures: ['loss', 'gradientNorm'] },
    };
    const address = addressOf(state);
    expect(address).toBe('#/compare?runs=a,c&axis=epoch&smoothing=0.25&log=true&charts=loss,gradientNorm');
    expect(withAddress(listed, address)).toEqual(state);
    expect(addressOf(state, 'use')).toBe(address.replace('compare', 'use'));
  });

  it('has how the list of runs is searched, ordered and filtered', () => {
    const state: StudioState = {
      ...listed,
      place: 'compare',
      runView: {
        ...listed.runView,
        search: 'seed 7, "keep" & more',
        order: 'best',
        grouping: 'tag',
        filters: { status: 'failed', method: '', dataset: 'moods.csv' },
        showsArchived: true,
        columns: ['method', 'notes'],
      },
    };
    const address = addressOf(state);
    expect(address).toContain('sort=best&group=tag&status=failed&dataset=moods.csv&archived=true');
    expect(withAddress(listed, address)).toEqual(state);
    expect(withAddress(state, '#/compare').runView).toEqual(initialState.runView);
    expect(withAddress(listed, '#/compare?sort=sideways&group=colour&columns=cake').runView).toEqual({
      ...initialState.runView,
      columns: [],
    });
  });

  it('tells no run and no chart from what the page opens with', () => {
    const none: StudioState = { ...listed, shownRuns: [], chart: { ...listed.chart, measures: [] } };
    expect(addressOf(none)).toBe('#/train?runs=&charts=');
    expect(withAddress(listed, addressOf(none))).toEqual(none);
  });

  it('asks for runs before they are listed, and keeps what it asks for', () => {
    const asked = withAddress(initialState, '#/use?runs=a,gone');
    expect(asked).toMatchObject({ place: 'use', askedRuns: ['a', 'gone'], shownRuns: [] });
    expect(addressOf(asked)).toBe('#/use?runs=a,gone');
  });

  it('shows the newest run where none of those it names is there', () => {
    expect(withAddress(listed, '#/compare?runs=gone').shownRuns).toEqual(['c']);
    expect(withAddress(listed, '#/compare?runs=gone,a').shownRuns).toEqual(['a']);
  });

  it('of before a run began does not hide it', () => {
    const training: StudioState = { ...listed, live: { ...newLive('c'), status: 'training' } };
    expect(withAddress(training, '#/train?runs=a').shownRuns).toEqual(['a', 'c']);
  });

  it.each([
    '#',
    '#try-it',
    '#/nowhere',
    '#/train?axis=sideways&smoothing=2&log=maybe&charts=cake',
    '#/train?smoothing=',
  ])('that makes no sense opens the page: %s', (hash) => {
    const { chart, place } = withAddress(listed, hash);
    expect(place).toBe('train');
    expect(chart).toEqual({
      ...initialState.chart,
      measures: hash.includes('cake') ? [] : initialState.chart.measures,
    });
  });
});

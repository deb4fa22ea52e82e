/** The places of the page, in the order of the work. */
export const places = { data: 'Data', train: 'Train', compare: 'Compare', use: 'Use' } as const;

export type Place = keyof typeof places;

export const isPlace = (name: string): name is Place => Object.hasOwn(places, name);

/** Where the focus goes where there is nothing nearer. */
export const placeHeadingId = 'place-heading';

/** The package comes without types. */
declare module 'csv-spectrum' {
  interface SpectrumCase {
    readonly name: string;
    readonly csv: Buffer;
    /** Rows as objects by the header's names. */
    readonly json: Buffer;
  }
  export default function spectrum(done: (error: Error | null, cases: readonly SpectrumCase[]) => void): void;
}

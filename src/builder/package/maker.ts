// What every package is made with, whatever its format.
export interface Maker {
  version: string;
  /** Name and mail address. */
  maintainer: string;
  /** The time of every file, seconds since 1970. */
  epoch: number;
  /** Directory that gets the packages. */
  out: string;
  /** The text of the licence of Kronos, as a file. */
  copying: string;
  signal: AbortSignal;
  /** Renders a template below packaging/. */
  render: (template: string, variables: Readonly<Record<string, unknown>>) => string;
}

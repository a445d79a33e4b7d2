/** Milliseconds as every bench prints them. */
export function ms(value: number): string {
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  return value < 10 ? `${value.toFixed(2)} ms` : `${value.toFixed(0)} ms`;
}
/** A ratio as every bench prints it. */
export const ratio = (value: number): string => `${value.toFixed(1)}x`;

interface Line {
  readonly what: string;
  readonly value: string;
  readonly target: string;
  readonly met: boolean;
}
const targets: Line[] = [];

/** Prints one figure, with its target when it has one. */
export function report(what: string, value: string, target?: string, met?: boolean): void {
  if (target !== undefined) targets.push({ what, value, target, met: met === true });
  console.log(`${what.padEnd(58)} ${value.padStart(22)}${target === undefined ? '' : `   target ${target}: ${met ? 'met' : 'MISSED'}`}`);
}

/** Prints how many targets were met, and those that were missed. */
export function printSummary(): void {
  const missed = targets.filter(({ met }) => !met).map(({ what, value, target }) => `\n  ${what.trim()}: ${value}, target ${target}`);
  console.log(`\n${targets.length - missed.length} targets met, ${missed.length} missed${missed.join('')}`);
}

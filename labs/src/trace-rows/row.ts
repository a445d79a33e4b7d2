import { winrmTrace, wmiTrace } from './story.ts';
import type { TraceRow, TraceStep, TraceStory } from './types.ts';

/** A row of the table out of its events. */
export function row({
  steps,
  build,
  ...rest
}: Omit<TraceRow, 'trace' | 'story'> & { readonly steps: readonly TraceStep[]; readonly build?: number }): TraceRow {
  const story: TraceStory = { side: rest.side, steps, ...(build === undefined ? {} : { build }) };
  return { ...rest, story, trace: () => (rest.side === 'wmi' ? wmiTrace(story) : winrmTrace(story)) };
}

import type { InputProblem } from '../model/observation.ts';
import type { HostState } from './hosts.ts';

/** Names listed in one problem; more do not help. */
const MAX_NAMES = 20;

/** At most so many names, with the number of the others. */
export function namesText(names: readonly string[]): string {
  const more = names.length - MAX_NAMES;
  return more > 0 ? `${names.slice(0, MAX_NAMES).join(', ')} (+${more})` : names.join(', ');
}

/** Sources of which it cannot be said whose state they show. */
export function hostProblems(hosts: readonly HostState[]): InputProblem[] {
  return hosts.flatMap(({ host, hives, texts, candidates }) => {
    if (host !== undefined) return [];
    const paths = new Set([...hives.flatMap(({ units }) => units), ...texts].map(({ path }) => path));
    const what = candidates.length === 0 ? {} : { what: namesText(candidates) };
    return [...paths].map((path): InputProblem => ({ code: 'EXPOSURE_HOST_UNKNOWN', path, severity: 'note', ...what }));
  });
}

/** Hives of which a newer copy of the same host was given. */
export function olderStateProblems({ hives }: HostState): InputProblem[] {
  const newest = hives[0]?.units.map(({ path }) => path).join(', ') ?? '';
  return hives
    .slice(1)
    .flatMap(({ units }) =>
      units.map(({ path }): InputProblem => ({ code: 'EXPOSURE_OLDER_STATE', path, severity: 'note', what: newest })),
    );
}

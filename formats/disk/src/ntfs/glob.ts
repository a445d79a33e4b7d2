/** A glob over one name: `*` any characters, `?` one. */
export interface NamePattern {
  readonly kind: 'name';
  /** In upper case. */
  readonly text: string;
  /** Upper-case text every match begins with. */
  readonly prefix: string;
}

/** One step of a glob over paths: a name, or `**`, any number of folders. */
export type GlobStep = NamePattern | { readonly kind: 'any-folders' };

/**
 * A glob in steps. `**` counts as any number of folders only where it is a whole step; elsewhere it is the same as `*`.
 * @param upCase upper case as the volume compares. @returns one step for a glob over names.
 */
export function parseGlob(glob: string, upCase: (text: string) => string): GlobStep[] {
  const steps: GlobStep[] = [];
  for (const part of glob.split(/[\\/]/)) {
    if (part === '') continue;
    if (part === '**') {
      if (steps.at(-1)?.kind !== 'any-folders') steps.push({ kind: 'any-folders' });
      continue;
    }
    const text = upCase(part).replace(/\*+/g, '*');
    const wild = text.search(/[*?]/);
    steps.push({ kind: 'name', text, prefix: wild < 0 ? text : text.slice(0, wild) });
  }
  return steps;
}

/**
 * Whether a name in upper case fits a pattern. Only the last `*` is ever tried again, so that a match takes at most (length of name) x (length of pattern)
 * steps whatever the pattern.
 */
export function matchesName(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let starName = 0;
  while (n < name.length) {
    const c = pattern[p];
    if (c === '*') {
      star = p++;
      starName = n;
    } else if (p < pattern.length && (c === '?' || c === name[n])) {
      p++;
      n++;
    } else if (star >= 0) {
      p = star + 1;
      n = ++starName;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** Which steps of a path glob may come next: `**` stands for nothing too. */
export function enterSteps(steps: readonly GlobStep[], from: readonly number[]): number[] {
  const active = new Set<number>();
  for (const step of from) {
    active.add(step);
    if (steps[step]?.kind === 'any-folders') active.add(step + 1);
  }
  return [...active];
}

/**
 * Takes one name of a path.
 * @param active steps from {@link enterSteps}. @param name in upper case. @returns whether the path up to here fits the whole glob, and the steps for what lies below.
 */
export function takeName(
  steps: readonly GlobStep[],
  active: readonly number[],
  name: string,
): { readonly matches: boolean; readonly below: number[] } {
  const next = new Set<number>();
  let matches = false;
  for (const at of active) {
    const step = steps[at];
    if (step === undefined) continue;
    if (step.kind === 'any-folders') {
      next.add(at);
      // A glob that ends in `**` is everything below.
      if (at === steps.length - 1) matches = true;
    } else if (matchesName(step.text, name)) {
      if (at === steps.length - 1) matches = true;
      else next.add(at + 1);
    }
  }
  // `folder\**` is not the folder itself, but `a\**\b` is also `a\b`: enterSteps has made that step active.
  return { matches, below: enterSteps(steps, [...next]) };
}

import type { CheckFinding } from './types.ts';

/** Findings kept of one check: a volume of random bytes has millions. What follows is only counted. */
const MAX_FINDINGS = 1000;

/** Collects what a check finds. */
export class Findings {
  readonly #kept: CheckFinding[] = [];
  #more = 0;

  /** Something that contradicts the file system's rules. */
  error(code: string, what: string, where: Omit<CheckFinding, 'code' | 'severity' | 'what'> = {}): void {
    this.#add({ code, severity: 'error', what, ...where });
  }

  /** Something Windows lives with: nothing that is stored depends on it. */
  warning(code: string, what: string, where: Omit<CheckFinding, 'code' | 'severity' | 'what'> = {}): void {
    this.#add({ code, severity: 'warning', what, ...where });
  }

  /** All findings in the order they were made. */
  list(): CheckFinding[] {
    if (this.#more === 0) return this.#kept;
    return [...this.#kept, { code: 'CHECK_MORE', severity: 'error', what: 'findings', have: this.#more }];
  }

  #add(finding: CheckFinding): void {
    if (this.#kept.length < MAX_FINDINGS) this.#kept.push(finding);
    else this.#more++;
  }
}

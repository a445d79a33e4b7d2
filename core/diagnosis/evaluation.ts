import type { Localized } from '@winmedic/knowledge/model';
import type { Observation } from '../model/observation.ts';
import type { Evaluation, Missing } from '../model/verdict.ts';
import { joinTexts } from './text.ts';

/** An evaluation that holds, with what it rests on. */
export function isTrue(because: Localized, evidence: readonly Observation[] = []): Evaluation {
  return { value: 'true', evidence, because, missing: [] };
}

/** An evaluation that does not hold, with what says so. */
export function isFalse(because: Localized, evidence: readonly Observation[] = []): Evaluation {
  return { value: 'false', evidence, because, missing: [] };
}

/** An evaluation nobody can decide, with what would decide it. */
export function isUnknown(because: Localized, missing: readonly Missing[] = [], evidence: readonly Observation[] = []): Evaluation {
  return { value: 'unknown', evidence, because, missing };
}

/** An unknown for which something speaks that is contradicted, or whose time is not certain. */
export function isDisputed(because: Localized, missing: readonly Missing[], evidence: readonly Observation[]): Evaluation {
  return { ...isUnknown(because, missing, evidence), disputed: true };
}

/** Each observation once, in the order met. */
export function distinct(observations: readonly Observation[]): Observation[] {
  return [...new Set(observations)];
}

/** Each missing thing once, by kind and name. */
export function distinctMissing(missing: readonly Missing[]): Missing[] {
  return [...new Map(missing.map((m) => [`${m.kind}\0${m.name}`, m])).values()];
}

/** True when all are true, false when one is false. */
export function both(parts: readonly Evaluation[]): Evaluation {
  const no = parts.find((p) => p.value === 'false');
  if (no !== undefined) return isFalse(no.because, no.evidence);
  const open = parts.filter((p) => p.value === 'unknown');
  if (open.length > 0) {
    const plain = isUnknown(joinTexts(open.map((p) => p.because)), distinctMissing(open.flatMap((p) => p.missing)));
    // Something must speak for each part: a part nobody knows anything of leaves the whole a plain unknown.
    return open.every((p) => p.disputed) ? { ...plain, disputed: true } : plain;
  }
  return isTrue(joinTexts(parts.map((p) => p.because)), distinct(parts.flatMap((p) => p.evidence)));
}

/** True when one is true, false when all are false. */
export function either(parts: readonly Evaluation[]): Evaluation {
  const yes = parts.filter((p) => p.value === 'true');
  if (yes.length > 0) return isTrue(joinTexts(yes.map((p) => p.because)), distinct(yes.flatMap((p) => p.evidence)));
  const open = parts.filter((p) => p.value === 'unknown');
  if (open.length > 0) {
    const plain = isUnknown(joinTexts(open.map((p) => p.because)), distinctMissing(open.flatMap((p) => p.missing)));
    return open.some((p) => p.disputed) ? { ...plain, disputed: true } : plain;
  }
  return isFalse(joinTexts(parts.map((p) => p.because)), distinct(parts.flatMap((p) => p.evidence)));
}

import type { Damage, FormatError } from '@winmedic/bytes';

/** An error of a protocol's parser as a damage, with the code of this package. What was needed and found stands in `what` already. */
export function damageOf(code: string, error: FormatError<string>): Damage {
  return { code, offset: error.offset, what: error.what };
}

import type { Damage, FormatError, WireError } from '@winmedic/bytes';

/** An error of a protocol's parser as a damage: place and numbers of the error, with the code of this package. */
export function damageOf(code: string, error: FormatError<string> | WireError<string>): Damage {
  const { need, have } = error as Partial<WireError<string>>;
  return { code, offset: error.offset, what: error.what, ...(need === undefined ? {} : { need }), ...(have === undefined ? {} : { have }) };
}

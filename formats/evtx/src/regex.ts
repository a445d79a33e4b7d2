import { EvtxError } from './errors.ts';
import { MAX_REGEX_LENGTH, MAX_REGEX_SUBJECT } from './limits.ts';
import type { TextTest } from './pattern.ts';

/** Test of a user's regular expression. */
export function compileRegex(source: string, cased: boolean): TextTest {
  if (source.length > MAX_REGEX_LENGTH) throw new EvtxError('EVTX_QUERY', `regular expression of ${source.length} characters`);
  let pattern: RegExp;
  try {
    pattern = new RegExp(source, cased ? 's' : 'is');
  } catch (cause) {
    throw new EvtxError('EVTX_QUERY', `regular expression ${JSON.stringify(source)}`, 0, { cause });
  }
  return (text) => pattern.test(text.length > MAX_REGEX_SUBJECT ? text.slice(0, MAX_REGEX_SUBJECT) : text);
}

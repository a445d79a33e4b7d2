import { expect, it } from 'vitest';
import { WireError, type WireErrorPlace } from './errors.ts';

class SomeError extends WireError<'SOME_CODE'> {
  constructor(what: string, where: WireErrorPlace) {
    super('SOME_CODE', what, where);
  }
}

it.each<[WireErrorPlace, string]>([
  [{}, 'disk'],
  [{ need: 4, have: 2 }, 'disk (need 4, have 2)'],
  [{ need: 0 }, 'disk (need 0)'],
  [{ have: 'mounted /mnt' }, 'disk (have mounted /mnt)'],
])('says what is known of what was needed and what was there: %j', (where, what) => {
  expect(new SomeError('disk', where)).toMatchObject({ what, need: where.need, have: where.have });
});

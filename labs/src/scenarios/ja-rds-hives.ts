import { unixMsToTicks } from '@winmedic/bytes';
import { hostHives, TROUBLE_A } from '../host-state/index.ts';

/** FILETIME ticks of a time in Japan. */
const at = (time: string): bigint => unixMsToTicks(Date.parse(`${time}+09:00`));

/**
 * SYSTEM and SOFTWARE of the host of the power-off example as they were copied on 2018-07-12 at 17:30 JST: Remote Desktop on, Network Level
 * Authentication not required, shutdown without logon allowed; all set on 2018-06-04, before the first stop.
 */
export function jaRdsHives(): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
  const { SYSTEM, SOFTWARE } = hostHives({
    ...TROUBLE_A,
    computer: 'RDS01',
    installedAt: at('2018-05-14T10:22:33'),
    settingsAt: at('2018-06-04T18:40:12'),
    newestAt: at('2018-07-12T17:28:51'),
  });
  return [
    { name: 'SYSTEM', bytes: SYSTEM },
    { name: 'SOFTWARE', bytes: SOFTWARE },
  ];
}

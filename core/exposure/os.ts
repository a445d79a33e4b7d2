import type { StateAddress } from '@winmedic/knowledge/model';
import type { OsInfo } from '../model/audit.ts';
import type { InstantNs } from '../model/observation.ts';
import type { StateObservation } from '../model/state.ts';
import { buildNumber, type HostState } from './hosts.ts';
import { BUILD_PLACES, OS_NAME_PLACES, PRODUCT_PLACES } from './interest.ts';
import type { Unit } from './unit.ts';

/**
 * Values of `ProductOptions\ProductType`, and those of `os:product-type`.
 * @source Samba merge request 4063 (LanmanNT on domain controllers of any type); WinNT and ServerNT: field
 */
const PRODUCT_TYPES: ReadonlyMap<string, NonNullable<OsInfo['product']>> = new Map([
  ['winnt', 'client'],
  ['servernt', 'server'],
  ['lanmannt', 'dc'],
  ['client', 'client'],
  ['server', 'server'],
  ['dc', 'dc'],
]);

/**
 * Which Windows it is: from the state itself, the newest first; else from event logs and dumps of the host.
 * @param units sources that show the host at the time in question.
 * @param agreeing take event logs and dumps only when all of them name the same, since they may be of another time.
 */
export function osOf(units: readonly Unit[], host: Pick<HostState, 'builds' | 'products'>, agreeing: boolean): OsInfo {
  const build = find(units, BUILD_PLACES, buildNumber);
  const product = find(units, PRODUCT_PLACES, (text) => PRODUCT_TYPES.get(text.trim().toLowerCase()));
  const name = find(units, OS_NAME_PLACES, (text) => text.trim() || undefined);
  const otherBuild = witness(
    host.builds.map((w) => ({ value: w.build, ...time(w.time) })),
    agreeing,
  );
  const otherProduct = witness(
    host.products.map((w) => ({ value: w.product, ...time(w.time) })),
    agreeing,
  );
  const theBuild = build?.value ?? otherBuild;
  const theProduct = product?.value ?? otherProduct;
  return {
    ...(theBuild !== undefined && { build: theBuild }),
    ...(theProduct !== undefined && { product: theProduct }),
    ...(name !== undefined && { name: name.value }),
    from: [...new Set([name, build, product].flatMap((found) => (found === undefined ? [] : [found.from])))],
  };
}

const time = (at: InstantNs | undefined): { readonly time?: InstantNs } => (at === undefined ? {} : { time: at });

/** The newest value of the first of these places that has a usable one. */
function find<T>(
  units: readonly Unit[],
  places: readonly StateAddress[],
  read: (text: string) => T | undefined,
): { readonly value: T; readonly from: StateObservation } | undefined {
  for (const place of places) {
    let best: { readonly value: T; readonly from: StateObservation } | undefined;
    for (const unit of units) {
      for (const from of unit.at(place)) {
        const value = typeof from.value === 'string' ? read(from.value) : undefined;
        if (value !== undefined && (best === undefined || (from.until ?? -1n) > (best.from.until ?? -1n))) best = { value, from };
      }
    }
    if (best !== undefined) return best;
  }
  return undefined;
}

function witness<T>(list: readonly { readonly value: T; readonly time?: InstantNs }[], agreeing: boolean): T | undefined {
  let best = list[0];
  for (const one of list) {
    if (best === undefined) break;
    if (agreeing && one.value !== best.value) return undefined;
    if ((one.time ?? -1n) > (best.time ?? -1n)) best = one;
  }
  return best?.value;
}

import type { SettingDefinition, StateAddress } from '@winmedic/knowledge/model';
import { addressKey, ancestors, hasWildcard, keyPart, Pattern } from './address.ts';

const TCPIP = 'reg:HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters';
const NAME = 'reg:HKLM\\SYSTEM\\CurrentControlSet\\Control\\ComputerName';
const VERSION = 'reg:HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion';

/** Places of the host's name, the surest first: the NetBIOS name of ComputerName is cut to 15 characters. */
export const HOST_NAME_PLACES = [
  `${TCPIP}!Hostname`,
  `${TCPIP}!NV Hostname`,
  'host:name',
  `${NAME}\\ComputerName!ComputerName`,
  `${NAME}\\ActiveComputerName!ComputerName`,
] as const satisfies readonly StateAddress[];

/** Places of the host's DNS domain. */
export const DOMAIN_PLACES = [`${TCPIP}!Domain`, `${TCPIP}!NV Domain`, 'host:domain'] as const satisfies readonly StateAddress[];

/** Places of the kind of Windows. */
export const PRODUCT_PLACES = [
  'os:product-type',
  'reg:HKLM\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions!ProductType',
] as const satisfies readonly StateAddress[];

/** Places of the build; the registry stores it as text. */
export const BUILD_PLACES = [
  'os:build',
  'os:version',
  `${VERSION}!CurrentBuild`,
  `${VERSION}!CurrentBuildNumber`,
] as const satisfies readonly StateAddress[];

/** Places of the name of this Windows. */
export const OS_NAME_PLACES = ['os:name', `${VERSION}!ProductName`] as const satisfies readonly StateAddress[];

/** Which addresses are looked at; all others are passed over. */
export class Interest {
  readonly #literals = new Set<string>();
  readonly #patterns = new Map<string, Pattern>();
  /** What can stand above an address of interest: keys that are asked for as such, and stems of patterns. */
  readonly #above = new Map<string, { key: boolean; readonly patterns: Pattern[] }>();
  readonly #lengths = new Set<number>();

  /** @param settings what is judged; the places of the host's name, build and kind are always of interest. */
  constructor(settings: readonly SettingDefinition[]) {
    for (const place of [...HOST_NAME_PLACES, ...DOMAIN_PLACES, ...PRODUCT_PLACES, ...BUILD_PLACES, ...OS_NAME_PLACES]) this.#add(place);
    for (const setting of settings) for (const { address } of setting.places) this.#add(address);
  }

  #add(address: StateAddress): void {
    const key = addressKey(address);
    if (!hasWildcard(key)) {
      this.#literals.add(key);
      if (keyPart(key) === key) this.#aboveOf(key).key = true;
      return;
    }
    if (this.#patterns.has(key)) return;
    const pattern = new Pattern(key);
    this.#patterns.set(key, pattern);
    this.#aboveOf(pattern.stem).patterns.push(pattern);
  }

  #aboveOf(key: string): { key: boolean; readonly patterns: Pattern[] } {
    const known = this.#above.get(key) ?? { key: false, patterns: [] };
    this.#above.set(key, known);
    this.#lengths.add(key.length);
    return known;
  }

  /** The pattern of a place with wildcards. */
  pattern(key: string): Pattern | undefined {
    return this.#patterns.get(key);
  }

  /**
   * Keys of the places an observed address belongs to; mostly none.
   * @param there something is there: then every key above it is, too, also when the source does not list the keys themselves.
   */
  placesOf(key: string, there: boolean): readonly string[] {
    const found = this.#literals.has(key) ? [key] : [];
    for (const prefix of ancestors(key, this.#lengths)) {
      const above = this.#above.get(prefix);
      if (above === undefined) continue;
      if (there && above.key && prefix !== key) found.push(prefix);
      for (const pattern of above.patterns) if (pattern.matches(key)) found.push(pattern.key);
    }
    return found;
  }
}

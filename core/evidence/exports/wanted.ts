/** Most components of a registry path; Windows allows 512 levels. */
const MAX_COMPONENTS = 520;

/** Tells whether a registry address is one of those asked for; `*` stands for one whole component, or for the value name. */
export class WantedKeys {
  readonly #exact = new Set<string>();
  /** Keys that have an exact address, or values with one. */
  readonly #keys = new Set<string>();
  /** Patterns by the number of components of their key. */
  readonly #patterns = new Map<number, { readonly path: readonly string[]; readonly name: string | undefined }[]>();

  constructor(addresses: readonly string[]) {
    for (const address of addresses) {
      const key = address.toLowerCase();
      if (!key.startsWith('reg:')) continue;
      const { path, name } = split(key);
      if (!path.includes('*') && name !== '*') {
        this.#exact.add(key);
        this.#keys.add(path.join('\\'));
      } else {
        const list = this.#patterns.get(path.length);
        if (list === undefined) this.#patterns.set(path.length, [{ path, name }]);
        else list.push({ path, name });
      }
    }
  }

  /** Is anything asked of this key: whether it exists, or any of its values? */
  concerns(keyAddress: string): boolean {
    const key = keyAddress.toLowerCase();
    if (this.#keys.has(key)) return true;
    const { path } = split(key);
    return (this.#patterns.get(path.length) ?? []).some((p) => p.path.every((part, i) => part === '*' || part === path[i]));
  }

  /** Is this very address asked for? */
  has(address: string): boolean {
    const key = address.toLowerCase();
    if (this.#exact.has(key)) return true;
    const { path, name } = split(key);
    const patterns = this.#patterns.get(path.length) ?? [];
    return patterns.some(
      (p) => (p.name === '*' ? name !== undefined : p.name === name) && p.path.every((part, i) => part === '*' || part === path[i]),
    );
  }
}

function split(key: string): { readonly path: readonly string[]; readonly name: string | undefined } {
  const mark = key.indexOf('!');
  return {
    path: (mark < 0 ? key : key.slice(0, mark)).split('\\', MAX_COMPONENTS),
    name: mark < 0 ? undefined : key.slice(mark + 1),
  };
}

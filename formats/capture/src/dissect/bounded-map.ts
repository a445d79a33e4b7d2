/** Puts an entry into a map of at most `most` entries; the oldest one goes when there is no room. */
export function remember<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  if (map.size >= most && !map.has(key)) map.delete(map.keys().next().value as K);
  map.set(key, value);
}

/** Whether the bytes a file begins with are those of a trace. */
export function recogniseEtl(_head: Uint8Array): boolean {
  return false;
}

/** An object as `{}` makes it. */
export type PlainObject = Record<string, unknown>;

/** Making the roomy kind costs some microseconds per kind: worth it only for what is made often. */
const ROOMY_AFTER = 100;

/** A maker of empty plain objects for one kind of record; once it is used often, of roomy ones. */
export function plainObjectMaker(): () => PlainObject {
  let made = 0;
  let Roomy: (new () => PlainObject) | undefined;
  return () => {
    if (Roomy !== undefined) return new Roomy();
    if (++made === ROOMY_AFTER) Roomy = roomyObject();
    return {};
  };
}

/** A maker of empty plain objects with room for these members, in any number of them. */
export function roomyMaker(members: readonly string[]): () => PlainObject {
  const Roomy = roomyObject();
  const largest = new Roomy();
  for (const member of members) largest[member] = undefined;
  return () => new Roomy();
}

/**
 * What this makes equals `{}` in every respect (prototype, keys), but the engine reserves room inside the object for the members
 * that will be added, and learns from the first few how many that are: filling an object of 15 members so takes 140 ns instead
 * of 330 (Node 24), because `{}` has room for four.
 *
 * The assignments below never run; the engine counts them when it sizes the object.
 */
function roomyObject(): new () => PlainObject {
  function Shape(this: PlainObject): void {
    if (Shape === undefined) {
      this.a = this.b = this.c = this.d = this.e = this.f = this.g = this.h = 0;
      this.i = this.j = this.k = this.l = this.m = this.n = this.o = this.p = 0;
      this.q = this.r = this.s = this.t = this.u = this.v = this.w = this.x = 0;
    }
  }
  Shape.prototype = Object.prototype;
  return Shape as unknown as new () => PlainObject;
}

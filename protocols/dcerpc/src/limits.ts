/** Bytes of one fragment we offer to take and to send: what Windows and Samba offer (5840 and 4280); larger ones are read up to the field's own limit. */
export const OFFERED_FRAGMENT_BYTES = 5840;
/** Smallest fragment a peer must be able to take (C706 section 12.6.3.1: MustRecvFragSize). */
export const LEAST_FRAGMENT_BYTES = 1432;
/** Bytes of the stub data of one answer: activation and endpoint lists have some KiB; Windows itself takes no more in a request (MS-RPCE 3.3.3.5.4). */
export const MAX_STUB_BYTES = 4 * 1024 * 1024;
/** Fragments of one call: a peer that sends tiny ones must not hold us for ever. */
export const MAX_FRAGMENTS = 8192;
/** Presentation contexts read of one bind or its answer: Windows sends two or three; the count is one byte. */
export const MAX_CONTEXTS = 255;
/** Transfer syntaxes read of one context: the count is one byte. */
export const MAX_TRANSFERS = 255;
/** Legs of one login: NTLM has three, SPNEGO with a mechanism change five. */
export const MAX_LOGIN_LEGS = 8;
/** Bytes of one tower (MS-RPCE 2.2.1.2.2: range 0 to 2000). */
export const MAX_TOWER_BYTES = 2000;
/** Floors of one tower: TCP has five. */
export const MAX_FLOORS = 16;
/** Towers of one answer (MS-RPCE 2.2.1.2.5: range 0 to 500). */
export const MAX_TOWERS = 500;
/** Rounds of one walk through the endpoint map: `MAX_TOWERS` entries each are far more than any host registers. */
export const MAX_LOOKUP_ROUNDS = 64;
/** Bytes of an annotation (C706 Appendix O: EPT_MAX_ANNOTATION_SIZE). */
export const MAX_ANNOTATION_BYTES = 64;
/** Activation properties of one BLOB (MS-DCOM 2.2.28.1: MAX_ACTPROP_LIMIT). */
export const MAX_PROPERTIES = 10;
/** Interfaces of one activation. MS-DCOM allows 0x8000; WMI asks for one, and each costs memory. */
export const MAX_INTERFACES = 256;
/** Protocol sequences of one activation; MS-DCOM allows 0x8000, Windows sends one. */
export const MAX_PROTOCOLS = 256;
/** Bytes of one marshalled object reference. */
export const MAX_OBJREF_BYTES = 1024 * 1024;

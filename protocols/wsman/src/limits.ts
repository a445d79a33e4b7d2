/**
 * Caps on what a peer may make this package do. A Windows host answers with at most MaxEnvelopeSizekb (default 500 KiB, configurable up to
 * 1 039 440 KiB); what is larger than these caps is not read.
 */
export const LIMITS = {
  /** Bytes of an envelope: sixty-four times Windows' default, enough for hosts with a raised MaxEnvelopeSizekb. */
  envelopeBytes: 32 * 1024 * 1024,
  /** Nested elements: WMI instances with embedded instances stay below 20. */
  depth: 100,
  /** Elements of one document: 32 000 instances (the largest batch) of 30 properties. */
  elements: 1_000_000,
  /** Attributes of one element: SOAP envelopes declare about ten namespaces. */
  attributes: 256,
  /** Namespace declarations in force at one element: an envelope has about fifteen; each prefix is looked for among them. */
  namespaces: 512,
  /** Characters of one element or attribute name. */
  nameLength: 1024,
  /** Pieces of a sealed body: 32 MiB in pieces of 16 KiB are 2048. */
  parts: 4096,
  /** Bytes of the headers of one part. */
  partHeaderBytes: 4096,
  /** Bytes before the sealed data: NTLM 16, Kerberos up to 76, a TLS trailer below 300. */
  sealHeaderBytes: 4096,
  /** Requests of one login: CredSSP with TLS 1.2 and NTLM inside takes 6. */
  loginSteps: 16,
  /** Pulls of one enumeration: a batch of one each for 100 000 instances. */
  pulls: 100_000,
  /** Schemes of WWW-Authenticate that are kept. */
  schemes: 32,
} as const;

import { ANONYMOUS, NS } from './namespaces.ts';
import type { Selectors } from './request.ts';
import type { WsmanReference } from './values.ts';
import type { XmlElement } from './xml-element.ts';
import type { XmlWriter } from './xml-write.ts';

/**
 * Reads an endpoint reference: the element itself, or an `a:EndpointReference` inside it. Servers before 2008 write ReferenceProperties
 * instead of ReferenceParameters.
 * @returns `undefined` when the element is none.
 */
export function readReference(element: XmlElement): WsmanReference | undefined {
  const inner = element.child('EndpointReference', NS.a);
  if (inner !== undefined) return readReference(inner);
  const address = element.child('Address', NS.a);
  if (address === undefined) return undefined;
  const parameters = element.child('ReferenceParameters', NS.a) ?? element.child('ReferenceProperties', NS.a);
  return {
    address: address.text.trim(),
    resourceUri: parameters?.child('ResourceURI', NS.w)?.text.trim() ?? '',
    selectors: readSelectors(parameters?.child('SelectorSet', NS.w)),
  };
}

/** Selectors by name; the first of a name counts. */
export function readSelectors(set: XmlElement | undefined): Map<string, string | WsmanReference> {
  const selectors = new Map<string, string | WsmanReference>();
  for (const selector of set?.childrenOf('Selector', NS.w) ?? []) {
    const name = selector.attribute('Name') ?? selector.attribute('Name', NS.w);
    if (name !== undefined && !selectors.has(name)) selectors.set(name, readReference(selector) ?? selector.text);
  }
  return selectors;
}

/** Writes a selector set; nothing when it is empty. */
export function writeSelectors(writer: XmlWriter, selectors: Selectors): void {
  if (selectors.size === 0) return;
  writer.open('w:SelectorSet');
  for (const [name, value] of selectors) {
    if (typeof value === 'string') writer.leaf('w:Selector', value, [['Name', name]]);
    else {
      writer.open('w:Selector', [['Name', name]]).open('a:EndpointReference');
      writeReferenceParts(writer, value);
      writer.close().close();
    }
  }
  writer.close();
}

/** Writes what stands inside an endpoint reference; the prefix `a` must be declared. */
export function writeReferenceParts(writer: XmlWriter, reference: WsmanReference): void {
  writer
    .leaf('a:Address', reference.address === '' ? ANONYMOUS : reference.address)
    .open('a:ReferenceParameters', [['xmlns:w', NS.w]])
    .leaf('w:ResourceURI', reference.resourceUri);
  writeSelectors(writer, reference.selectors);
  writer.close();
}
